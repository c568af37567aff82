#include "libsql/replication/sync_coordinator.hpp"

#include <libsql/replica.hpp>

namespace libsql {

replica::replica(std::shared_ptr<replication::sync_coordinator> owner)
    : owner_(std::move(owner)), caller_(std::make_shared<replication::sync_caller>()) {}

/// The reason why `owner` cannot be used, if any.
static std::optional<error> unusable(const std::shared_ptr<replication::sync_coordinator>& owner) {
    if (!owner) {
        return error(error_kind::closed, "this replica was moved from");
    }
    return owner->is_foreign() ? std::optional(detail::made_by_parent()) : std::nullopt;
}

result<sync_result> replica::sync(deadline until) {
    auto why = unusable(owner_);
    return why ? *std::move(why) : owner_->sync(*caller_, until);
}

result<sync_result> replica::sync_until(std::uint64_t frame, deadline until) {
    auto why = unusable(owner_);
    return why ? *std::move(why) : owner_->sync_until(frame, *caller_, until);
}

std::optional<std::uint64_t> replica::frame_number() const noexcept {
    return owner_ ? owner_->frame_number() : std::nullopt;
}

std::optional<std::uint64_t> replica::max_write_frame() const noexcept {
    return owner_ ? owner_->max_write_frame() : std::nullopt;
}

result<void> replica::flush() {
    auto why = unusable(owner_);
    return why ? *std::move(why) : owner_->flush(*caller_);
}

result<void> replica::freeze() {
    auto why = unusable(owner_);
    return why ? *std::move(why) : owner_->freeze(*caller_);
}

replica_status replica::status() const {
    auto why = unusable(owner_);
    return why ? replica_status{.last_error = *std::move(why)} : owner_->status();
}

void replica::interrupt() noexcept {
    if (owner_ && !owner_->is_foreign()) {
        owner_->interrupt(*caller_);
    }
}

}  // namespace libsql
