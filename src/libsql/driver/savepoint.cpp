#include "libsql/core/out_of_memory.hpp"
#include "libsql/core/sql_text.hpp"
#include "libsql/driver/commit_error.hpp"
#include "libsql/driver/reported_call.hpp"

#include <libsql/identifier.hpp>
#include <libsql/savepoint.hpp>

#include <new>

namespace libsql {

namespace {

/// The name in SQL. The depth makes it unique among the open savepoints, so a handle always refers
/// to its own savepoint. The text is the same each time for the same place in a program, so the
/// statement cache finds it.
std::string engine_name(std::string_view name, std::size_t depth) {
    return quote_identifier(std::string(name) + "#" + std::to_string(depth));
}

/// Runs `sql`, which ends the savepoints inside savepoint `serial`, and that one if `inclusive`.
result<void> end_savepoints(result<detail::backend*> target, const std::string& sql,
                            std::uint64_t serial, bool inclusive, deadline until) {
    if (!target) {
        return target.error();
    }
    if (auto done = detail::execute_on(**target, sql, {}, until); !done) {
        return done.error();
    }
    (*target)->savepoints_ended(serial, inclusive);
    return {};
}

}  // namespace

result<savepoint> detail::open_savepoint(std::shared_ptr<backend> owner, result<backend*> target,
                                         std::uint64_t transaction, std::string_view name,
                                         deadline until) {
    if (!target) {
        return target.error();
    }
    if (name.find('\0') != std::string_view::npos) {
        return error(error_kind::invalid_argument, "a savepoint's name cannot contain a NUL");
    }
    if (find_invalid_utf8(name)) {
        return error(error_kind::invalid_argument, "a savepoint's name must be UTF-8");
    }
    // Copied before the savepoint is open: if copying threw later, nothing would end the savepoint.
    std::string given(name);
    const auto [serial, depth] = (*target)->savepoint_opened();
    std::string identifier;
    try {
        identifier = engine_name(name, depth);
    } catch (const std::bad_alloc&) {
        (*target)->savepoints_ended(serial, true);
        throw;
    }
    if (auto done = detail::execute_on(**target, "SAVEPOINT " + identifier, {}, until); !done) {
        (*target)->savepoints_ended(serial, true);
        return done.error();
    }
    return savepoint(std::move(owner), transaction, serial, std::move(given),
                     std::move(identifier));
}

result<void> detail::keep(savepoint& open, deadline until) {
    const bool was_over = !open.is_active();
    return open.release(until).or_else(
        [&](const error& why) -> result<void> { return commit_error(why, was_over); });
}

savepoint& savepoint::operator=(savepoint&& other) noexcept {
    if (this != &other) {
        drop();
        executor::operator=(static_cast<executor&&>(other));
        name_ = std::move(other.name_);
        identifier_ = std::move(other.identifier_);
    }
    return *this;
}

savepoint::~savepoint() {
    drop();
}

void savepoint::drop() noexcept {
    if (is_active()) {
        const auto until = deadline::in(detail::longest_drop);
        bool undone = false;
        detail::insist([&] {
            const auto done = rollback(until).and_then([&] { return release(until); });
            undone = done.has_value();
            return done;
        });
        if (!undone && is_active() && !backend_->is_autocommit()) {
            // The engine's savepoint may be gone, because a statement ended an outer one. The
            // changes must not be committed, so the whole transaction is rolled back.
            detail::insist([&] { return detail::execute_on(*backend_, "ROLLBACK", {}, until); });
        }
    }
}

result<void> savepoint::release(deadline until) {
    return end_savepoints(usable(), "RELEASE " + identifier_, savepoint_, true, until);
}

result<void> savepoint::rollback(deadline until) {
    return end_savepoints(usable(), "ROLLBACK TO " + identifier_, savepoint_, false, until);
}

result<savepoint> savepoint::nest(std::string_view name) {
    return detail::open_savepoint(backend_, usable(), transaction_, name);
}

bool savepoint::is_active() const noexcept {
    return backend_ && !backend_->is_foreign() && backend_->is_open() &&
           backend_->current_transaction() == transaction_ &&
           backend_->savepoint_is_open(savepoint_);
}

}  // namespace libsql
