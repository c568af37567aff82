#include "libsql/local_features/blob_handle.hpp"

#include <libsql/identifier.hpp>

#include <utility>

namespace libsql::local {

blob_handle::blob_handle(std::shared_ptr<detail::backend> owner, blob_place where,
                         blob_access access) noexcept
    : keep_owner_(std::move(owner)),
      owner_(static_cast<connection&>(*keep_owner_->local_part())),
      where_(std::move(where)),
      access_(access) {}

blob_handle::~blob_handle() {
    if (owner_.is_foreign()) {
        return;
    }
    const forced_call inside(owner_.engine().gate());
    owner_.engine().dependants().remove(*this);
    sqlite3_blob_close(engine_);
}

void blob_handle::connection_closing() noexcept {
    sqlite3_blob_close(std::exchange(engine_, nullptr));
    is_open_ = false;
}

std::optional<error> blob_handle::refused(const connection::call& inside) const {
    if (auto why = inside.refused()) {
        return why;
    }
    if (!is_open_) {
        return error(error_kind::closed, "the blob is closed");
    }
    return std::nullopt;
}

std::optional<error> blob_handle::out_of_range(std::size_t size, std::size_t offset) const {
    if (expired_) {
        return error(
            error_kind::closed,
            "the blob's row was changed or deleted, or its transaction rolled back; reopen it");
    }
    const auto present = static_cast<std::size_t>(sqlite3_blob_bytes(engine_));
    if (offset > present || size > present - offset) {
        return error(error_kind::invalid_argument,
                     std::to_string(size) + " bytes from offset " + std::to_string(offset) +
                         " are beyond the end of a blob of " + std::to_string(present) + " bytes");
    }
    return std::nullopt;
}

result<void> blob_handle::check(int rc) {
    if (rc == SQLITE_OK) {
        return {};
    }
    if ((rc & 0xff) == SQLITE_ABORT) {
        expired_ = true;
        return *out_of_range(0, 0);
    }
    return owner_.make_error(rc);
}

result<void> blob_handle::open() {
    const connection::call inside(owner_);
    if (auto why = inside.refused()) {
        return *std::move(why);
    }
    if (auto opened = open_inside(); !opened) {
        return opened;
    }
    is_open_ = true;
    owner_.engine().dependants().add(*this);
    return {};
}

result<void> blob_handle::open_inside() {
    const auto open = [this] {
        return sqlite3_blob_open(owner_.handle(), where_.schema.c_str(), where_.table.c_str(),
                                 where_.column.c_str(), where_.rowid,
                                 access_ == blob_access::read_write ? 1 : 0, &engine_);
    };
    int rc = open();
    if (rc == SQLITE_ERROR) {
        // Opening a blob does not check whether the schema in memory is still the file's. A
        // statement does.
        static_cast<void>(owner_.execute_inside(
            "SELECT 1 FROM " + qualify(where_.schema, "sqlite_schema") + " LIMIT 0", {}));
        rc = open();
    }
    expired_ = rc != SQLITE_OK;
    if (expired_) {
        return owner_.make_error(rc);
    }
    return {};
}

result<std::size_t> blob_handle::size() {
    const connection::call inside(owner_);
    if (auto why = refused(inside)) {
        return *std::move(why);
    }
    if (auto why = out_of_range(0, 0)) {
        return *std::move(why);
    }
    return static_cast<std::size_t>(sqlite3_blob_bytes(engine_));
}

template <class Bytes, class Transfer>
result<void> blob_handle::transfer(Bytes bytes, std::size_t offset, Transfer* by) {
    if (auto why = out_of_range(bytes.size(), offset)) {
        return *std::move(why);
    }
    if (bytes.empty()) {
        return {};
    }
    return check(
        by(engine_, bytes.data(), static_cast<int>(bytes.size()), static_cast<int>(offset)));
}

result<void> blob_handle::read(std::span<std::byte> into, std::size_t offset) {
    const connection::call inside(owner_);
    if (auto why = refused(inside)) {
        return *std::move(why);
    }
    return transfer(into, offset, &sqlite3_blob_read);
}

result<void> blob_handle::write(blob_view from, std::size_t offset) {
    const connection::call inside(owner_);
    if (auto why = refused(inside)) {
        return *std::move(why);
    }
    if (access_ == blob_access::read_only) {
        return error(error_kind::read_only, "the blob is open for reading only");
    }
    return transfer(from, offset, &sqlite3_blob_write);
}

result<void> blob_handle::reopen(std::int64_t rowid) {
    const connection::call inside(owner_);
    if (auto why = refused(inside)) {
        return *std::move(why);
    }
    where_.rowid = rowid;
    if (!expired_) {
        const int rc = sqlite3_blob_reopen(engine_, rowid);
        if ((rc & 0xff) != SQLITE_ABORT) {
            expired_ = rc != SQLITE_OK;
            return expired_ ? result<void>(owner_.make_error(rc)) : result<void>();
        }
    }
    // The engine never revives an expired handle, so a new one is opened.
    sqlite3_blob_close(std::exchange(engine_, nullptr));
    return open_inside();
}

result<void> blob_handle::close() {
    const connection::call inside(owner_);
    if (auto why = refused(inside)) {
        return *std::move(why);
    }
    owner_.engine().dependants().remove(*this);
    is_open_ = false;
    const int rc = sqlite3_blob_close(std::exchange(engine_, nullptr));
    // An expired handle returns an error that was already reported.
    if (rc != SQLITE_OK && !expired_) {
        return owner_.make_error(rc);
    }
    return {};
}

}  // namespace libsql::local
