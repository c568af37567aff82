#include "libsql/pool/queue.hpp"

#include "libsql/core/out_of_memory.hpp"

#include <algorithm>
#include <string>

namespace libsql::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_short_use = 500us;       ///< uses up to this are short
constexpr auto left_to_running_threads = 50us;  ///< an idle connection is left to running threads
constexpr auto longest_barging = 5ms;     ///< running threads may overtake the queue this long
constexpr auto all_barging = 20ms;        ///< as above, for all of the queue together
constexpr auto longest_inspection = 1ms;  ///< between two checks by the first in the queue

thread_local const pool_scope* innermost_scope = nullptr;

error closed_error() {
    return error(error_kind::pool, "the pool is closed");
}

}  // namespace

pool_scope::pool_scope(const pool_queue& queue) noexcept : queue_(&queue), outer_(innermost_scope) {
    innermost_scope = this;
}

pool_scope::~pool_scope() {
    innermost_scope = outer_;
}

const pool_scope* pool_scope::innermost() noexcept {
    return innermost_scope;
}

namespace {

std::size_t scopes_of(const pool_queue& queue) noexcept {
    std::size_t n = 0;
    for (const auto* s = pool_scope::innermost(); s != nullptr; s = s->outer()) {
        n += &s->queue() == &queue ? 1U : 0U;
    }
    return n;
}

}  // namespace

bool pool_queue::is_used_by_this_thread() const noexcept {
    return scopes_of(*this) != 0;
}

bool pool_queue::is_held_by_this_thread() const {
    return scopes_of(*this) >= slots_.size();
}

void pool_queue::add(pool_slot& slot) {
    slot.target = access::shared(slot.idle_connection);
    slot.idle_since = clock::now();
    slots_.push_back(&slot);
    idle_.push_back(&slot);
    down_.reserve(slots_.size());  // releasing a slot must not fail
    counters_.size = slots_.size();
}

// --- acquiring ---

result<pool_slot*> pool_queue::acquire(clock::time_point since, deadline until, bool again) {
    std::unique_lock lock(mutex_);
    if (closed_) {
        return closed_error();
    }
    const auto now = again ? clock::now() : since;
    if (queue_.empty() || again || is_left_to_running_threads(now)) {
        if (auto* const slot = pick(now)) {
            if (slot->idle_connection.is_open()) [[likely]] {
                count_checkout(*slot, since, now);
            }
            return slot;
        }
    }
    if (is_held_by_this_thread()) {
        return error(
            error_kind::misuse,
            "this thread already holds every such connection, in the callables that it is running");
    }
    request r{since};
    if (again) {
        queue_.push_front(&r);
    } else {
        queue_.push_back(&r);
    }
    return wait(lock, r, until);
}

result<pool_slot*> pool_queue::wait(std::unique_lock<std::mutex>& lock, request& r,
                                    deadline until) {
    for (;;) {
        const auto now = clock::now();
        serve(now);
        if (r.slot != nullptr) {
            return r.slot;
        }
        if (r.refused) {
            return *std::move(r.refused);
        }
        if (until.is_set() && now >= until.at()) {
            std::erase(queue_, &r);
            if (!queue_.empty()) {
                queue_.front()->signal.notify_one();
            }
            ++counters_.timeouts;
            return unavailable(": the deadline passed in the queue after ", now - r.since);
        }
        const auto wakes_at =
            queue_.front() == &r ? std::min(until.at(), front_wakes_at(r, now)) : until.at();
        if (wakes_at == clock::time_point::max()) {
            r.signal.wait(lock);
        } else {
            r.signal.wait_until(lock, wakes_at);
        }
    }
}

/// When running threads may no longer take connections ahead of the first in the queue.
pool_queue::clock::time_point pool_queue::barging_ends_at() const {
    const auto barging = std::min<clock::duration>(
        longest_barging, all_barging / static_cast<clock::rep>(queue_.size()));
    return std::max(queue_.front()->since, last_served_) + barging;
}

/// Whether a connection is free, but the first in the queue must not take it yet.
bool pool_queue::is_left_to_running_threads(clock::time_point now) const {
    return short_use_ && !idle_.empty() && now < barging_ends_at() &&
           now < idle_.front()->idle_since + left_to_running_threads;
}

/// When the first in the queue wakes up. It also checks for a stalled queue, for slots that are due
/// to be reopened, and for connections that nobody took.
pool_queue::clock::time_point pool_queue::front_wakes_at(request& first,
                                                         clock::time_point now) const {
    auto at = control_.next_check(first.since);
    first.look_again = {};
    if (short_use_) {
        first.look_again =
            std::clamp<clock::duration>((now - std::max(first.since, last_served_)) / 2,
                                        left_to_running_threads, longest_inspection);
        at = std::min(at, now + first.look_again);
    }
    for (const auto* slot : down_) {
        at = std::min(at, slot->ready_at);
    }
    return at;
}

pool_slot* pool_queue::pick(clock::time_point now) {
    if (!idle_.empty()) [[likely]] {
        auto* const slot = idle_.back();
        idle_.pop_back();
        take(*slot, now);
        return slot;
    }
    const auto due = std::find_if(down_.begin(), down_.end(),
                                  [&](const pool_slot* s) { return s->ready_at <= now; });
    if (due == down_.end()) {
        return nullptr;
    }
    auto* const slot = *due;
    down_.erase(due);
    take(*slot, now);
    return slot;
}

void pool_queue::take(pool_slot& slot, clock::time_point now) {
    slot.out = true;
    slot.taken_at = now;
}

void pool_queue::count_checkout(pool_slot& slot, clock::time_point since, clock::time_point now) {
    slot.taken_at = now;
    const auto waited = now - since;
    ++counters_.checkouts;
    counters_.queue_time_total += waited;
    counters_.queue_time_max = std::max<std::chrono::nanoseconds>(counters_.queue_time_max, waited);
}

void pool_queue::serve(clock::time_point now) {
    const auto* const first_before = queue_.empty() ? nullptr : queue_.front();
    while (!queue_.empty() && !is_left_to_running_threads(now)) {
        auto* const slot = pick(now);
        if (slot == nullptr) {
            break;
        }
        while (!queue_.empty() && !control_.should_serve(now, now - queue_.front()->since)) {
            drop_front(now);
        }
        if (queue_.empty()) {
            put(*slot);
            control_.nobody_waits(now);
            return;
        }
        auto& first = *queue_.front();
        queue_.pop_front();
        last_served_ = now;
        if (slot->idle_connection.is_open()) {
            count_checkout(*slot, first.since, now);
        }
        first.slot = slot;
        first.signal.notify_one();
    }
    if (queue_.empty()) {
        return;
    }
    if (control_.stalled(now, now - queue_.front()->since)) {
        while (!queue_.empty() && now - queue_.front()->since > control_.limit()) {
            drop_front(now);
        }
    }
    if (!queue_.empty() && queue_.front() != first_before) {
        // Its wake-up time now depends on more than its deadline.
        queue_.front()->signal.notify_one();
    }
}

void pool_queue::drop_front(clock::time_point now) {
    auto& first = *queue_.front();
    queue_.pop_front();
    ++counters_.dropped;
    first.refused = made([&] {
        return unavailable(" and request was dropped from queue after ", now - first.since);
    });
    first.signal.notify_one();
}

error pool_queue::unavailable(const char* why, clock::duration waited) const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
    std::string message =
        "connection not available" + std::string(why) + std::to_string(ms) + " ms";
    if (last_failure_) {
        message += "; the last attempt to reconnect failed: " + last_failure_->message();
    }
    return error(error_kind::pool, std::move(message));
}

// --- releasing ---

void pool_queue::put(pool_slot& slot) {
    slot.out = false;
    if (slot.idle_connection.is_open()) {
        idle_.push_back(&slot);
    } else {
        down_.push_back(&slot);
        if (!queue_.empty()) {
            queue_.front()->signal.notify_one();  // it reopens the slot when that is due
        }
    }
    if (closed_) {
        all_returned_.notify_all();
    }
}

void pool_queue::release(pool_slot& slot) noexcept {
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    slot.idle_since = now;
    if (!std::exchange(slot.in_maintenance, false)) {
        const auto used = now - slot.taken_at;
        counters_.use_time_total += used;
        counters_.use_time_max = std::max<std::chrono::nanoseconds>(counters_.use_time_max, used);
        short_use_ = used <= longest_short_use;
    }
    if (!slot.idle_connection.is_open()) {
        slot.target.reset();
    }
    put(slot);
    if (queue_.empty()) {
        control_.nobody_waits(now);
        return;
    }
    serve(now);
    if (!queue_.empty() && queue_.front()->look_again == clock::duration::zero()) {
        queue_.front()->look_again = left_to_running_threads;  // so that it is notified once only
        queue_.front()->signal.notify_one();
    }
}

bool pool_queue::connected(pool_slot& slot, clock::time_point since) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
        return false;
    }
    slot.target = access::shared(slot.idle_connection);
    last_failure_.reset();
    ++counters_.reconnects;
    slot.idle_since = clock::now();
    if (!slot.in_maintenance) {
        count_checkout(slot, since, slot.idle_since);
    }
    return true;
}

void pool_queue::failed(pool_slot& slot, const error& why) {
    const std::lock_guard lock(mutex_);
    last_failure_ = why;
    slot.in_maintenance = false;
    put(slot);
    serve(clock::now());
}

// --- the background thread ---

pool_slot* pool_queue::take_due(clock::time_point now, clock::duration idle_interval) {
    const std::lock_guard lock(mutex_);
    const auto is_due = [&](const pool_slot* s) {
        return now - s->idle_since >= idle_interval || now >= s->expires_at;
    };
    pool_slot* slot = nullptr;
    if (const auto idle = std::find_if(idle_.begin(), idle_.end(), is_due); idle != idle_.end()) {
        slot = *idle;
        idle_.erase(idle);
        take(*slot, now);
    } else if (idle_.empty() && queue_.empty()) {
        slot = pick(now);  // if a thread waits, that thread opens it
    }
    if (slot != nullptr) {
        slot->in_maintenance = true;
    }
    return slot;
}

pool_queue::clock::time_point pool_queue::next_due(clock::duration idle_interval) const {
    const std::lock_guard lock(mutex_);
    auto at = clock::now() + idle_interval;
    for (const auto* slot : idle_) {
        at = std::min({at, slot->idle_since + idle_interval, slot->expires_at});
    }
    for (const auto* slot : down_) {
        at = std::min(at, slot->ready_at);
    }
    return at;
}

// --- closing ---

void pool_queue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto* const r : queue_) {
        r->refused = closed_error();
        r->signal.notify_one();
    }
    queue_.clear();
}

bool pool_queue::wait_for_all(deadline until) {
    std::unique_lock lock(mutex_);
    const auto all_returned = [this] { return idle_.size() + down_.size() == slots_.size(); };
    if (!until.is_set()) {
        all_returned_.wait(lock, all_returned);
        return true;
    }
    return all_returned_.wait_until(lock, until.at(), all_returned);
}

void pool_queue::disable_checked_out() {
    const std::lock_guard lock(mutex_);
    for (const auto* slot : slots_) {
        if (slot->out && slot->target) {
            slot->target->disable();
        }
    }
}

std::size_t pool_queue::count_checked_out() const {
    const std::lock_guard lock(mutex_);
    return slots_.size() - idle_.size() - down_.size();
}

pool_counters pool_queue::counters() const {
    const std::lock_guard lock(mutex_);
    pool_counters now = counters_;
    now.ready = idle_.size();
    now.down = down_.size();
    now.waiting = queue_.size();
    now.in_use = static_cast<std::size_t>(
        std::count_if(slots_.begin(), slots_.end(),
                      [](const pool_slot* s) { return s->out && !s->in_maintenance; }));
    return now;
}

}  // namespace libsql::detail
