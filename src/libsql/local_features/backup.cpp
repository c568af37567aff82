#include "libsql/local_features/backup_handle.hpp"
#include "libsql/local_features/on_local.hpp"

#include <libsql/backup.hpp>
#include <libsql/database.hpp>
#include <libsql/identifier.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace libsql {

backup::backup(std::unique_ptr<local::backup_handle> started) noexcept
    : handle_(std::move(started)) {}

backup::backup(backup&&) noexcept = default;
backup& backup::operator=(backup&&) noexcept = default;
backup::~backup() = default;

result<backup> backup::start(connection& source, connection& destination,
                             const backup_schemas& schemas) {
    if (auto local = local::connection_of(source, "a backup"); !local) {
        return local.error();
    }
    if (auto local = local::connection_of(destination, "a backup into this database",
                                          local::below_sql::writes);
        !local) {
        return local.error();
    }
    const auto& from = detail::access::shared(source);
    const auto& to = detail::access::shared(destination);
    if (from == to) {
        return error(error_kind::invalid_argument,
                     "the source and the destination of a backup cannot be the same connection");
    }
    auto handle = std::make_unique<local::backup_handle>(from, to);
    if (auto started = handle->start(schemas); !started) {
        return started.error();
    }
    return backup(std::move(handle));
}

namespace {

error moved_from() {
    return error(error_kind::closed, "the backup was moved from");
}

}  // namespace

result<bool> backup::step(int pages, deadline until) {
    return handle_ ? handle_->step(pages, until) : moved_from();
}

backup_progress backup::progress() const noexcept {
    return handle_ ? handle_->progress() : backup_progress();
}

result<void> backup::finish() {
    return handle_ ? handle_->finish() : moved_from();
}

bool backup::is_interrupted() const noexcept {
    return handle_ && handle_->is_interrupted();
}

namespace {

bool is_worth_retrying(const error& why) {
    return why.kind() == error_kind::busy || why.kind() == error_kind::locked;
}

result<void> wait(std::chrono::milliseconds pause, deadline until) {
    const auto now = deadline::clock::now();
    std::this_thread::sleep_until(until.is_set() ? std::min(until.at(), now + pause) : now + pause);
    if (until.passed()) {
        return error(error_kind::timeout, "backup: the deadline passed");
    }
    return {};
}

/// Steps until the copy is complete.
result<backup_progress> run(backup& copy, std::chrono::milliseconds busy_timeout,
                            const backup_options& chosen) {
    constexpr std::chrono::milliseconds retry_pause(5);
    auto give_up = deadline::in(busy_timeout);
    for (;;) {
        if (copy.is_interrupted()) {
            return error(error_kind::interrupted, "the backup was interrupted");
        }
        const auto done = copy.step(chosen.pages_per_step, chosen.until);
        if (!done &&
            (!is_worth_retrying(done.error()) || (!chosen.until.is_set() && give_up.passed()))) {
            return done.error();
        }
        if (done) {
            give_up = deadline::in(busy_timeout);
            const bool go_on = !chosen.on_progress || chosen.on_progress(copy.progress());
            if (*done) {
                return copy.progress();
            }
            if (!go_on) {
                return error(error_kind::interrupted, "the progress callback stopped the backup");
            }
        }
        if (auto rested = wait(done ? chosen.pause : retry_pause, chosen.until); !rested) {
            return rested.error();
        }
    }
}

}  // namespace

result<backup_progress> back_up(connection& source, connection& destination,
                                const backup_options& chosen) {
    if (chosen.pages_per_step == 0) {
        return error(error_kind::invalid_argument, "pages_per_step cannot be 0");
    }
    // Running a statement clears an interrupt that arrived while the connection was idle.
    for (auto* const end : {&source, &destination}) {
        if (auto alive = end->ping(chosen.until); !alive) {
            return alive.error();
        }
    }
    auto started = backup::start(source, destination, chosen.schemas);
    if (!started) {
        return started.error();
    }
    return run(*started, detail::access::shared(source)->options().busy_timeout, chosen);
}

result<backup_progress> back_up(connection& source, const std::string& path, const std::string& key,
                                const backup_options& chosen) {
    auto local = local::connection_of(source, "a backup");
    if (!local) {
        return local.error();
    }
    const auto page_size =
        source.fetch_one<int>("PRAGMA " + qualify(chosen.schemas.source, "page_size"));
    if (!page_size) {
        return page_size.error();
    }
    std::error_code ignored;
    const bool is_new = !std::filesystem::exists(path, ignored);
    options opening{.database = path, .encryption_key = key};
    opening.busy_timeout = (*local)->options().busy_timeout;
    if (is_new) {
        // A log would only be written in addition to the file.
        opening.journal_mode = journal_mode::delete_file;
        opening.page_size = *page_size;
    }
    const auto copy = [&]() -> result<backup_progress> {
        return database::open(std::move(opening)).and_then([&](database&& db) {
            return db.connect().and_then(
                [&](connection&& destination) { return back_up(source, destination, chosen); });
        });
    };
    try {
        auto outcome = copy();
        if (!outcome && is_new) {
            std::filesystem::remove(path, ignored);
        }
        return outcome;
    } catch (...) {  // thrown by `on_progress`
        if (is_new) {
            std::filesystem::remove(path, ignored);
        }
        throw;
    }
}

}  // namespace libsql
