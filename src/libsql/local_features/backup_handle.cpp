#include "libsql/local_features/backup_handle.hpp"

#include "libsql/backend/backend_error.hpp"
#include "libsql/engine/engine_error.hpp"
#include "libsql/local/open_work.hpp"
#include "libsql/local_features/on_local.hpp"

#include <filesystem>
#include <utility>

namespace libsql::local {

namespace {

connection& as_local(const std::shared_ptr<detail::backend>& backend) {
    // The caller has checked that it has one.
    return static_cast<connection&>(*backend->local_part());
}

bool is_same_file(const char* a, const char* b) {
    std::error_code ignored;
    return a != nullptr && b != nullptr && *a != '\0' && *b != '\0' &&
           std::filesystem::equivalent(a, b, ignored);
}

/// The first column of a pragma's result; -1 if it cannot be read.
std::int64_t read_pragma(sqlite3* db, const std::string& schema, const char* name) {
    sqlite3_stmt* statement = nullptr;
    std::int64_t value = -1;
    char* const sql = sqlite3_mprintf("PRAGMA \"%w\".%s", schema.c_str(), name);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    return value;
}

/// An error if the page sizes differ, unless the destination is empty and not encrypted: then the
/// engine adapts its page size.
std::optional<error> page_size_clash(sqlite3* from, sqlite3* to, const backup_schemas& schemas) {
    const auto wanted = read_pragma(from, schemas.source, "page_size");
    const auto present = read_pragma(to, schemas.destination, "page_size");
    const bool empty = read_pragma(to, schemas.destination, "page_count") == 0;
    if (wanted == present ||
        (empty && libsql_engine_cipher(to, schemas.destination.c_str()) == nullptr)) {
        return std::nullopt;
    }
    return error(error_kind::unsupported, "the source of the backup has pages of " +
                                              std::to_string(wanted) +
                                              " bytes, but the destination has pages of " +
                                              std::to_string(present) + " bytes");
}

}  // namespace

backup_handle::backup_handle(std::shared_ptr<detail::backend> source,
                             std::shared_ptr<detail::backend> destination) noexcept
    : keep_source_(std::move(source)),
      keep_destination_(std::move(destination)),
      source_(as_local(keep_source_)),
      destination_(as_local(keep_destination_)) {}

backup_handle::~backup_handle() {
    static_cast<void>(end());
}

std::optional<error> backup_handle::refused(const backup_schemas& schemas) {
    auto* const from = source_.handle();
    auto* const to = destination_.handle();
    if (from == nullptr || to == nullptr) {
        return detail::connection_closed();
    }
    if (sqlite3_db_readonly(from, schemas.source.c_str()) < 0) {
        return no_schema(schemas.source);
    }
    const int read_only = sqlite3_db_readonly(to, schemas.destination.c_str());
    if (read_only < 0) {
        return no_schema(schemas.destination);
    }
    if (read_only > 0) {
        return error(error_kind::read_only,
                     "the destination of the backup is open for reading only");
    }
    if (is_same_file(sqlite3_db_filename(from, schemas.source.c_str()),
                     sqlite3_db_filename(to, schemas.destination.c_str()))) {
        return error(error_kind::invalid_argument,
                     "the source and the destination of the backup are the same file");
    }
    if (auto busy = check_no_open_work(destination_, "a backup into this database")) {
        return busy;
    }
    return page_size_clash(from, to, schemas);
}

result<void> backup_handle::start(const backup_schemas& schemas) {
    const connection::call inside(source_);
    if (!inside || !destination_.engine().hold(*this)) {
        return detail::connection_in_use();
    }
    if (auto why = refused(schemas)) {
        destination_.engine().let_go();
        return *std::move(why);
    }
    engine_ = sqlite3_backup_init(destination_.handle(), schemas.destination.c_str(),
                                  source_.handle(), schemas.source.c_str());
    if (engine_ == nullptr) {
        auto why = destination_.make_error(sqlite3_errcode(destination_.handle()));
        destination_.engine().let_go();
        return why;
    }
    source_schema_ = schemas.source;
    source_.engine().dependants().add(*this);
    return {};
}

result<bool> backup_handle::step(int pages, deadline until) {
    if (complete_) {
        return true;
    }
    if (engine_ == nullptr) {
        return error(error_kind::closed,
                     "the backup is over: it was finished, it failed, or a connection was closed");
    }
    if (pages == 0) {
        return error(error_kind::invalid_argument, "a backup step cannot copy 0 pages");
    }
    int rc = SQLITE_OK;
    {
        const connection::call inside(source_, until);
        if (!inside) {
            return detail::connection_in_use();
        }
        if (sqlite3_txn_state(source_.handle(), source_schema_.c_str()) == SQLITE_TXN_WRITE) {
            return error(error_kind::transaction,
                         "the source of the backup is in a write transaction");
        }
        destination_.engine().interruption().arm(until);
        rc = sqlite3_backup_step(engine_, pages);
        progress_ = {sqlite3_backup_remaining(engine_), sqlite3_backup_pagecount(engine_)};
    }
    if (rc == SQLITE_OK) {
        return false;
    }
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) {
        return step_error(rc, until);
    }
    const int ended = end();
    if (rc != SQLITE_DONE || ended != SQLITE_OK) {
        return step_error(rc != SQLITE_DONE ? rc : ended, until);
    }
    complete_ = true;
    return true;
}

error backup_handle::step_error(int rc, deadline until) const {
    // The connections' own error messages are unrelated to the step.
    error::fields all{.kind = detail::kind_of(rc),
                      .code = rc & 0xff,
                      .extended_code = rc,
                      .message = sqlite3_errstr(rc)};
    if (all.kind == error_kind::busy && until.passed()) {
        all.kind = error_kind::timeout;
        all.message = "the deadline passed";
    }
    all.message = "backup: " + all.message;
    return error(std::move(all));
}

result<void> backup_handle::finish() {
    if (source_.is_foreign()) {
        return detail::connection_in_use();
    }
    if (complete_) {
        return {};
    }
    if (engine_ == nullptr) {
        return error(error_kind::closed, "the backup is already over");
    }
    static_cast<void>(end());  // it returns the last step's error again
    return {};
}

int backup_handle::end() noexcept {
    if (engine_ == nullptr || source_.is_foreign()) {
        return SQLITE_OK;
    }
    int rc = SQLITE_OK;
    {
        const forced_call inside(source_.engine().gate());
        source_.engine().dependants().remove(*this);
        rc = sqlite3_backup_finish(std::exchange(engine_, nullptr));
    }
    destination_.engine().let_go();
    return rc;
}

bool backup_handle::is_interrupted() const noexcept {
    return engine_ != nullptr && (sqlite3_is_interrupted(source_.handle()) != 0 ||
                                  sqlite3_is_interrupted(destination_.handle()) != 0);
}

}  // namespace libsql::local
