#include <libsql/savepoint.hpp>

#include <libsql/identifier.hpp>

#include "libsql/backend.hpp"

namespace libsql {

namespace {

/// The name that SQLite sees. The serial makes it unique: a handle means its own savepoint whatever
/// names others have.
std::string engine_name(const std::string& name, std::uint64_t serial) {
    return quote_identifier(name + "#" + std::to_string(serial));
}

}  // namespace

result<savepoint> detail::open_savepoint(std::shared_ptr<backend> owner, result<backend*> target,
                                         std::uint64_t transaction, std::string_view name) {
    if (!target) {
        return target.error();
    }
    if (name.find('\0') != std::string_view::npos) {
        return error(error_kind::invalid_argument, "a savepoint's name cannot hold a NUL");
    }
    const std::uint64_t serial = (*target)->savepoint_opened();
    std::string kept(name);
    if (auto done = (*target)->execute("SAVEPOINT " + engine_name(kept, serial), {}, deadline()); !done) {
        (*target)->savepoints_ended(serial, true);
        return done.error();
    }
    return savepoint(std::move(owner), transaction, serial, std::move(kept));
}

savepoint& savepoint::operator=(savepoint&& other) noexcept {
    if (this != &other) {
        drop();
        executor::operator=(std::move(other));
        serial_ = std::exchange(other.serial_, 0);
        name_ = std::move(other.name_);
    }
    return *this;
}

savepoint::~savepoint() { drop(); }

void savepoint::drop() noexcept {
    if (is_active() && rollback()) {
        static_cast<void>(release());
    }
}

result<detail::backend*> savepoint::usable_savepoint() const {
    auto target = usable();
    if (target && !(*target)->savepoint_is_open(serial_)) {
        return error(error_kind::transaction, "the savepoint \"" + name_ + "\" is over");
    }
    return target;
}

result<void> savepoint::release() {
    auto target = usable_savepoint();
    if (!target) {
        return target.error();
    }
    if (auto done = (*target)->execute("RELEASE " + engine_name(name_, serial_), {}, deadline()); !done) {
        return done.error();
    }
    (*target)->savepoints_ended(serial_, true);
    return {};
}

result<void> savepoint::rollback() {
    auto target = usable_savepoint();
    if (!target) {
        return target.error();
    }
    if (auto done = (*target)->execute("ROLLBACK TO " + engine_name(name_, serial_), {}, deadline()); !done) {
        return done.error();
    }
    (*target)->savepoints_ended(serial_, false);
    return {};
}

result<savepoint> savepoint::nest(std::string_view name) {
    return detail::open_savepoint(backend_, usable_savepoint(), transaction_, name);
}

bool savepoint::is_active() const noexcept {
    return backend_ && backend_->is_open() && backend_->current_transaction() == transaction_ &&
           backend_->savepoint_is_open(serial_);
}

}  // namespace libsql
