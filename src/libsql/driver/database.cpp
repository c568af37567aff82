#include "libsql/core/database_path.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/remote/connection.hpp"
#include "libsql/replication/connection.hpp"
#include "libsql/replication/sync_coordinator.hpp"

#include <libsql/database.hpp>

#include <mutex>

namespace libsql {

struct database::state {
    detail::process_mark process;
    libsql::options chosen;
    std::mutex mutex;
    std::shared_ptr<detail::backend> first;  ///< made by `open`; `connect` returns it
    std::shared_ptr<remote::server> server;  ///< remote mode: the state shared by all connections
    std::shared_ptr<replication::sync_coordinator>
        sync_coordinator;  ///< replica mode: syncs the file

    [[nodiscard]] result<std::shared_ptr<detail::backend>> open_connection(
        const libsql::options& how) const {
        if (sync_coordinator) {
            return replication::connection::open(how, server, sync_coordinator);
        }
        if (!server) {
            return local::connection::open(how).transform(
                [](std::shared_ptr<local::connection>&& opened) {
                    return std::shared_ptr<detail::backend>(std::move(opened));
                });
        }
        return std::shared_ptr<detail::backend>(
            detail::make_marked<remote::connection>(how, server));
    }
};

result<database> database::open(libsql::options chosen) {
    if (auto valid = validate(chosen); !valid) {
        return valid.error();
    }
    chosen.database = detail::absolute_database(std::move(chosen.database));
    auto shared = std::make_shared<state>();
    if (!chosen.uri.empty()) {
        // The files beside a replica belong to the target of a symbolic link.
        chosen.database = detail::followed_links(std::move(chosen.database));
        auto server = remote::server::make(chosen);
        if (!server) {
            return server.error();
        }
        shared->server = *std::move(server);
    }
    if (shared->server && !chosen.database.empty()) {
        auto sync_coordinator = replication::sync_coordinator::open(chosen, shared->server);
        if (!sync_coordinator) {
            return sync_coordinator.error();
        }
        shared->sync_coordinator = *std::move(sync_coordinator);
    }
    shared->chosen = std::move(chosen);
    auto first = shared->open_connection(shared->chosen);
    if (!first) {
        return first.error();
    }
    if (shared->server && !shared->sync_coordinator) {
        // Fails early if the server cannot be reached or rejects the token.
        if (auto reached = (*first)->ping(deadline()); !reached) {
            return reached.error();
        }
    }
    shared->first = *std::move(first);
    return database(std::move(shared));
}

namespace {

error moved_from() {
    return error(error_kind::closed, "this database was moved from");
}

}  // namespace

result<connection> database::connect() const {
    if (!state_) {
        return moved_from();
    }
    if (state_->process.is_foreign()) {
        return detail::made_by_parent();
    }
    std::shared_ptr<detail::backend> first;
    {
        const std::lock_guard lock(state_->mutex);
        first = std::move(state_->first);
    }
    if (first) {
        return connection(std::move(first));
    }
    auto opened = state_->open_connection(state_->chosen);
    if (!opened) {
        return opened.error();
    }
    return connection(*std::move(opened));
}

result<connection> database::connect_reader() const {
    auto how = state_->chosen;
    how.mode = open_mode::read_only;
    auto opened = state_->open_connection(how);
    if (!opened) {
        return opened.error();
    }
    return connection(*std::move(opened));
}

result<libsql::replica> database::replica() const {
    if (!state_) {
        return moved_from();
    }
    if (state_->sync_coordinator && state_->sync_coordinator->is_foreign()) {
        return detail::made_by_parent();
    }
    if (!state_->sync_coordinator) {
        return error(error_kind::unsupported,
                     "the database is not a replica, which needs the options uri and database");
    }
    return libsql::replica(state_->sync_coordinator);
}

const libsql::options& database::options() const noexcept {
    static const libsql::options none;
    return state_ ? state_->chosen : none;
}

}  // namespace libsql
