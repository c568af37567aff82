#include "libsql/local/connection.hpp"
#include "libsql/remote/connection.hpp"

#include <libsql/database.hpp>

#include <mutex>

namespace libsql {

struct database::state {
    libsql::options chosen;
    std::mutex mutex;
    std::shared_ptr<detail::backend> first;  ///< opened by `open`, until `connect` takes it
};

namespace {

result<std::shared_ptr<detail::backend>> open_backend(const libsql::options& chosen) {
    if (chosen.uri.empty()) {
        return local::connection::open(chosen);
    }
    if (chosen.database.empty()) {
        return remote::connection::open(chosen).transform(
            [](std::shared_ptr<remote::connection>&& c) -> std::shared_ptr<detail::backend> {
                return std::move(c);
            });
    }
    return error(error_kind::unsupported, "replica mode is not built yet");
}

}  // namespace

result<database> database::open(libsql::options chosen) {
    if (auto valid = validate(chosen); !valid) {
        return valid.error();
    }
    auto first = open_backend(chosen);
    if (!first) {
        return first.error();
    }
    auto shared = std::make_shared<state>();
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
    auto opened = open_backend(state_->chosen);
    if (!opened) {
        return opened.error();
    }
    return connection(*std::move(opened));
}

const libsql::options& database::options() const noexcept {
    return state_->chosen;
}

}  // namespace libsql
