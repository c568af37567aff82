#include "libsql/pool/state.hpp"

#include <libsql/pool.hpp>

namespace libsql {

// --- pooled_connection ---

pooled_connection::pooled_connection(std::shared_ptr<detail::pool_state> owner,
                                     detail::pool_slot& slot,
                                     std::chrono::nanoseconds queue_time) noexcept
    : owner_(std::move(owner)),
      slot_(&slot),
      connection_(std::move(slot.idle_connection)),
      queue_time_(queue_time),
      idle_time_(slot.taken_at - slot.idle_since) {
    slot.target->note_queue_time(queue_time);
}

pooled_connection& pooled_connection::operator=(pooled_connection&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::move(other.owner_);
        slot_ = other.slot_;
        connection_ = std::move(other.connection_);
        queue_time_ = other.queue_time_;
        idle_time_ = other.idle_time_;
    }
    return *this;
}

pooled_connection::~pooled_connection() {
    release();
}

void pooled_connection::release() noexcept {
    if (const auto owner = std::move(owner_); owner && !owner->is_foreign()) {
        owner->check_in(*slot_, std::move(connection_));
    }
}

// --- pool ---

namespace {

/// The reason why the pool cannot be used, if any.
std::optional<error> unusable(const std::shared_ptr<detail::pool_state>& state) {
    if (!state) {
        return error(error_kind::pool, "the pool is closed");
    }
    return state->is_foreign() ? std::optional(detail::made_by_parent()) : std::nullopt;
}

}  // namespace

result<pool> pool::open(options database, pool_options how) {
    return detail::pool_state::open(std::move(database), std::move(how))
        .and_then([](std::shared_ptr<detail::pool_state>&& state) -> result<pool> {
            return pool(std::move(state));
        });
}

pool& pool::operator=(pool&& other) noexcept {
    if (this != &other) {
        const pool closing(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}

pool::~pool() {
    if (state_ && !state_->is_foreign() && state_->is_open()) {
        static_cast<void>(state_->close(deadline::in(state_->settings().close_timeout)));
    }
}

result<pooled_connection> pool::checkout_reader(deadline until) {
    auto why = unusable(state_);
    return why ? *std::move(why) : state_->checkout_reader(until);
}

result<pooled_connection> pool::checkout_writer(deadline until) {
    auto why = unusable(state_);
    return why ? *std::move(why) : state_->checkout_writer(until);
}

pool_metrics pool::metrics() const {
    return unusable(state_) ? pool_metrics() : state_->metrics();
}

result<void> pool::close(deadline until) {
    auto why = unusable(state_);
    return why ? *std::move(why) : state_->close(until);
}

bool pool::is_open() const noexcept {
    return state_ && state_->is_open();
}

const detail::pool_queue& pool::queue_of(const pooled_connection& taken) noexcept {
    return *taken.slot_->queue;
}

}  // namespace libsql
