#include "libsql/local/connection.hpp"
#include "libsql/remote/connection.hpp"
#include "libsql/replica/connection.hpp"
#include "libsql/replica/follower.hpp"

#include <libsql/database.hpp>

#include <mutex>

namespace libsql {

struct database::state {
    libsql::options chosen;
    std::mutex mutex;
    std::shared_ptr<detail::backend> first;  ///< opened by `open`, until `connect` takes it
    std::shared_ptr<replication::follower> follower;  ///< in replica mode
};

namespace {

result<std::shared_ptr<detail::backend>> open_backend(
    const libsql::options& chosen, const std::shared_ptr<replication::follower>& follower) {
    if (follower) {
        return replication::connection::open(chosen, follower);
    }
    if (chosen.uri.empty()) {
        return local::connection::open(chosen);
    }
    return remote::connection::open(chosen).transform(
        [](std::shared_ptr<remote::connection>&& c) -> std::shared_ptr<detail::backend> {
            return std::move(c);
        });
}

}  // namespace

result<database> database::open(libsql::options chosen) {
    if (auto valid = validate(chosen); !valid) {
        return valid.error();
    }
    auto shared = std::make_shared<state>();
    if (!chosen.uri.empty() && !chosen.database.empty()) {
        auto follower = replication::follower::open(chosen);
        if (!follower) {
            return follower.error();
        }
        shared->follower = *std::move(follower);
    }
    auto first = open_backend(chosen, shared->follower);
    if (!first) {
        return first.error();
    }
    shared->chosen = std::move(chosen);
    shared->first = *std::move(first);
    return database(std::move(shared));
}

result<connection> database::connect() const {
    std::shared_ptr<detail::backend> first;
    {
        const std::lock_guard lock(state_->mutex);
        first = std::move(state_->first);
    }
    if (first) {
        return connection(std::move(first));
    }
    auto opened = open_backend(state_->chosen, state_->follower);
    if (!opened) {
        return opened.error();
    }
    return connection(*std::move(opened));
}

result<libsql::replica> database::replica() const {
    if (!state_->follower) {
        return error(error_kind::unsupported,
                     "replica() is unsupported in this mode: a replica has both uri and database");
    }
    return libsql::replica(state_->follower);
}

const libsql::options& database::options() const noexcept {
    return state_->chosen;
}

}  // namespace libsql
