#include "libsql/pool_state.hpp"

#include <libsql/pool.hpp>

namespace libsql {

// --- pooled_connection ---

pooled_connection::pooled_connection(std::shared_ptr<detail::pool_state> owner,
                                     detail::pool_slot& slot,
                                     std::chrono::nanoseconds queue_time) noexcept
    : owner_(std::move(owner)),
      slot_(&slot),
      connection_(std::move(slot.home)),
      queue_time_(queue_time),
      idle_time_(slot.taken_at - slot.idle_since) {}

pooled_connection& pooled_connection::operator=(pooled_connection&& other) noexcept {
    if (this != &other) {
        give_back();
        owner_ = std::move(other.owner_);
        slot_ = other.slot_;
        connection_ = std::move(other.connection_);
        queue_time_ = other.queue_time_;
        idle_time_ = other.idle_time_;
    }
    return *this;
}

pooled_connection::~pooled_connection() {
    give_back();
}

void pooled_connection::give_back() noexcept {
    if (const auto owner = std::move(owner_)) {
        owner->check_in(*slot_, std::move(connection_));
    }
}

// --- pool ---

namespace {

error closed() {
    return error(error_kind::pool, "the pool is closed");
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
    if (state_ && state_->is_open()) {
        static_cast<void>(state_->close(deadline::in(state_->settings().close_timeout)));
    }
}

result<pooled_connection> pool::checkout_reader(deadline until) {
    return state_ ? state_->checkout_reader(until) : closed();
}

result<pooled_connection> pool::checkout_writer(deadline until) {
    return state_ ? state_->checkout_writer(until) : closed();
}

pool_metrics pool::metrics() const {
    return state_ ? state_->metrics() : pool_metrics();
}

result<void> pool::close(deadline until) {
    return state_ ? state_->close(until) : closed();
}

bool pool::is_open() const noexcept {
    return state_ && state_->is_open();
}

const detail::pool_lane& pool::lane_of(const pooled_connection& taken) noexcept {
    return *taken.slot_->lane;
}

}  // namespace libsql
