#include "libsql/local/interruption.hpp"

#include "libsql/backend/backend_error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace libsql::local {

void interruption::attach(sqlite3* db) noexcept {
    {
        const std::lock_guard lock(mutex_);
        db_ = db;
    }
    install_busy_handler();
}

void interruption::detach() noexcept {
    const std::lock_guard lock(mutex_);
    db_ = nullptr;
}

void interruption::arm(deadline until) noexcept {
    until_ = until;
    install_progress();
}

void interruption::disarm() noexcept {
    until_ = deadline();
    timed_out_ = false;
    install_progress();
}

void interruption::install_progress() noexcept {
    if (db_ == nullptr) {
        return;
    }
    // Often enough to stop within a fraction of a millisecond, rarely enough to cost nothing
    // measurable.
    constexpr int deadline_steps = 1000;
    progress_counted_ = 0;
    if (progress_) {
        progress_interval_ =
            until_.is_set() ? std::min(progress_steps_, deadline_steps) : progress_steps_;
        sqlite3_progress_handler(db_, progress_interval_, &interruption::on_progress, this);
    } else if (until_.is_set()) {
        sqlite3_progress_handler(db_, deadline_steps, &interruption::on_progress, this);
    } else {
        sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    }
}

void interruption::set_progress(int steps, std::function<bool()> handler) {
    progress_steps_ = steps;
    progress_.swap(handler);
    install_progress();
}

int interruption::on_progress(void* self) {
    auto& c = *static_cast<interruption*>(self);
    if (c.in_control_) {
        return 0;
    }
    if (c.until_.passed()) {
        c.timed_out_ = true;
        return 1;
    }
    if (!c.progress_ || c.errors_->is_reporting()) {
        return 0;
    }
    c.progress_counted_ += c.progress_interval_;
    if (c.progress_counted_ < c.progress_steps_) {
        return 0;
    }
    c.progress_counted_ = 0;
    return c.progress_() ? 1 : 0;
}

void interruption::install_busy_handler() noexcept {
    constexpr std::chrono::milliseconds longest(std::numeric_limits<int>::max());
    const auto shown = std::min(*busy_timeout_, longest).count();
    libsql_engine_set_busy_handler(db_, &interruption::on_busy, this, static_cast<int>(shown));
}

void interruption::follow_busy_timeout() noexcept {
    if (const int set = libsql_engine_new_busy_timeout(db_, &interruption::on_busy); set >= 0)
        [[unlikely]] {
        *busy_timeout_ = std::chrono::milliseconds(set);
        install_busy_handler();
    }
}

int interruption::on_busy(void* self, int attempts) {
    auto& c = *static_cast<interruption*>(self);
    using namespace std::chrono;
    const auto now = steady_clock::now();
    if (attempts == 0) {
        c.busy_since_ = now;
    }
    if (sqlite3_is_interrupted(c.db_) != 0) {
        return 0;
    }
    auto end = deadline::after(c.busy_since_, *c.busy_timeout_).at();
    if (c.until_.is_set() && c.until_.at() < end) {
        end = c.until_.at();
        if (now >= end) {
            c.timed_out_ = true;
        }
    }
    if (now >= end || (c.busy_decides_ && !c.busy_decides_(attempts))) {
        c.waited_ = floor<milliseconds>(now - c.busy_since_);
        return 0;
    }
    constexpr std::array delays{1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
    const auto delay = milliseconds(
        delays.at(std::min<std::size_t>(static_cast<std::size_t>(attempts), delays.size() - 1)));
    std::unique_lock lock(c.mutex_);
    c.signal_.wait_until(lock, std::min(end, now + delay),
                         [&] { return sqlite3_is_interrupted(c.db_) != 0; });
    return sqlite3_is_interrupted(c.db_) != 0 ? 0 : 1;
}

void interruption::interrupt() noexcept {
    const std::lock_guard lock(mutex_);
    if (db_ != nullptr) {
        count_.fetch_add(1);
        sqlite3_interrupt(db_);
        signal_.notify_all();
    }
}

std::optional<error> interruption::why_stopped_since(unsigned before) const {
    if (until_.passed()) {
        return detail::deadline_passed();
    }
    if (count() != before) {
        return error(error_kind::interrupted, "interrupted");
    }
    return std::nullopt;
}

}  // namespace libsql::local
