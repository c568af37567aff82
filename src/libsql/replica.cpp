#include "libsql/replica/follower.hpp"

#include <libsql/replica.hpp>

namespace libsql {

replica::replica(std::shared_ptr<replication::follower> owner)
    : owner_(std::move(owner)), caller_(std::make_shared<replication::sync_caller>()) {}

result<sync_result> replica::sync(deadline until) {
    return owner_->sync(*caller_, until);
}

result<sync_result> replica::sync_until(std::uint64_t frame, deadline until) {
    return owner_->sync_until(frame, *caller_, until);
}

std::optional<std::uint64_t> replica::frame_number() const noexcept {
    return owner_->frame_number();
}

std::optional<std::uint64_t> replica::max_write_frame() const noexcept {
    return owner_->max_write_frame();
}

result<void> replica::flush() {
    return owner_->flush(*caller_);
}

result<void> replica::freeze() {
    return owner_->freeze(*caller_);
}

replica_status replica::status() const {
    return owner_->status();
}

void replica::interrupt() noexcept {
    owner_->interrupt(*caller_);
}

}  // namespace libsql
