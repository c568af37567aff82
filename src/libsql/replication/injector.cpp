#include "libsql/replication/injector.hpp"

#include "libsql/backend/backend_error.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <thread>

namespace libsql::replication {

namespace {

constexpr std::size_t long_log = 4000;         ///< frames; a checkpoint waits for the disk
constexpr std::size_t very_long_log = 16'384;  ///< frames; beyond this the log file is truncated

libsql::options options_of_injector(const libsql::options& chosen) {
    libsql::options mine;
    mine.database = chosen.database;
    mine.encryption_key = chosen.encryption_key;
    mine.busy_timeout = chosen.busy_timeout;
    mine.synchronous = synchronous_mode::full;  // except for commits with durability::later
    return mine;
}

error interrupted() {
    return error(error_kind::interrupted, "interrupted");
}

result<std::int64_t> answer(detail::backend& on, std::string_view pragma) {
    auto rows = on.query(pragma, {}, deadline());
    if (!rows) {
        return rows.error();
    }
    auto& source = **rows;
    const auto status = source.step();
    result<std::int64_t> value =
        status == detail::step_status::row
            ? result<std::int64_t>(source.cells()[0].integer)
            : result<std::int64_t>(error(error_kind::internal, "a pragma returned no row"));
    source.release();
    return value;
}

void put_big_endian(char* to, std::uint32_t value) noexcept {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        *to++ = static_cast<char>((value >> (shift - 8)) & 0xff);
    }
}

}  // namespace

injector::injector(std::shared_ptr<local::connection> opened) : connection_(std::move(opened)) {}

injector::~injector() {
    end();
    connection_->close_noexcept();
}

result<std::unique_ptr<injector>> injector::open(const libsql::options& chosen,
                                                 local::connection::file_use use) {
    auto opened = local::connection::open(options_of_injector(chosen), use);
    if (!opened) {
        return opened.error();
    }
    auto page_size = answer(**opened, "PRAGMA page_size");
    if (!page_size) {
        return page_size.error();
    }
    if (*page_size != frame::page_size) {
        return error(error_kind::unsupported, "\"" + chosen.database + "\" has pages of " +
                                                  std::to_string(*page_size) +
                                                  " bytes, but the pages of a primary have 4096");
    }
    {
        const local::connection::call inside(**opened);
        sqlite3_busy_timeout((*opened)->handle(), 0);  // `begin` does the waiting
    }
    return std::make_unique<injector>(*std::move(opened));
}

result<bool> injector::is_blank() {
    // Switching a new file to WAL creates SQLite's own first page.
    return answer(*connection_, "PRAGMA page_count").transform([](std::int64_t pages) {
        return pages <= 1;
    });
}

result<void> injector::begin(deadline until) {
    using namespace std::chrono_literals;
    for (auto wait = 1ms;; wait = std::min(wait * 2, 50ms)) {
        {
            const local::connection::call inside(*connection_);
            const int rc = libsql_wal_insert_begin(connection_->handle());
            if (rc == SQLITE_OK) {
                begun_ = true;
                return {};
            }
            error why = connection_->make_error(rc);
            // The call may have begun a read transaction.
            libsql_wal_insert_end(connection_->handle());
            if ((rc & 0xff) != SQLITE_BUSY) {
                return why;
            }
        }
        if (interrupted_.load()) {
            return interrupted();
        }
        if (until.passed()) {
            return detail::deadline_passed();
        }
        std::this_thread::sleep_for(wait);
    }
}

log_mark injector::log() {
    const local::connection::call inside(*connection_);
    std::array<unsigned char, 8> salts{};
    libsql_engine_log_salts(connection_->handle(), salts.data());
    log_mark mark{.end = libsql_engine_log_end(connection_->handle())};
    std::memcpy(&mark.salts, salts.data(), salts.size());
    return mark;
}

result<void> injector::restart_log() {
    const local::connection::call inside(*connection_);
    const int rc = libsql_engine_restart_log(connection_->handle());
    return rc == SQLITE_OK ? result<void>() : result<void>(connection_->make_error(rc));
}

result<std::string> injector::read(std::uint32_t page) {
    const local::connection::call inside(*connection_);
    std::string content(frame::page_size, '\0');
    const int rc = libsql_engine_page(connection_->handle(), page,
                                      reinterpret_cast<unsigned char*>(content.data()));
    if (rc != SQLITE_OK) {
        return connection_->make_error(rc);
    }
    return content;
}

result<void> injector::insert(const frame& page, std::uint32_t size_after) {
    put_big_endian(buffer_.data(), page.page);
    put_big_endian(buffer_.data() + 4, size_after);
    std::memcpy(buffer_.data() + 24, page.content.data(), frame::page_size);
    const local::connection::call inside(*connection_);
    int conflict = 0;
    // A number beyond the log's end means: append.
    const int rc =
        libsql_wal_insert_frame(connection_->handle(), std::numeric_limits<unsigned>::max(),
                                buffer_.data(), static_cast<unsigned>(buffer_.size()), &conflict);
    if (rc != SQLITE_OK) {
        return connection_->make_error(rc);
    }
    ++since_checkpoint_;
    return {};
}

result<void> injector::add(const frame& page) {
    return insert(page, 0);
}

result<void> injector::commit(const frame& page, durability how) {
    {
        const local::connection::call inside(*connection_);
        libsql_engine_sync_commits(connection_->handle(), how == durability::now ? 1 : 0);
    }
    return insert(page, page.size_after).and_then([&]() -> result<void> {
        has_log_ = true;
        return {};
    });
}

result<void> injector::sync_log() {
    const local::connection::call inside(*connection_);
    const int rc = libsql_engine_sync_log(connection_->handle());
    return rc == SQLITE_OK ? result<void>() : result<void>(connection_->make_error(rc));
}

void injector::end() noexcept {
    if (begun_) {
        begun_ = false;
        const local::connection::call inside(*connection_);
        libsql_wal_insert_end(connection_->handle());
    }
}

result<void> injector::checkpoint(int mode) {
    const local::connection::call inside(*connection_);
    since_checkpoint_ = 0;
    const int rc =
        sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, mode, nullptr, nullptr);
    if (rc != SQLITE_OK) {
        return connection_->make_error(rc);
    }
    return {};
}

void injector::checkpoint_if_long() {
    if (since_checkpoint_ >= long_log) {
        // If a reader prevents the checkpoint, the next one continues it.
        static_cast<void>(checkpoint(since_checkpoint_ >= very_long_log
                                         ? SQLITE_CHECKPOINT_TRUNCATE
                                         : SQLITE_CHECKPOINT_PASSIVE));
    }
}

result<void> injector::checkpoint_all() {
    auto done = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
    has_log_ = !done;
    return done;
}

}  // namespace libsql::replication
