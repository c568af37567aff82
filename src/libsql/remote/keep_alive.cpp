#include "libsql/remote/keep_alive.hpp"

#include "libsql/core/out_of_memory.hpp"
#include "libsql/engine/process_mark.hpp"
#include "libsql/remote/connection.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace libsql::remote::keep_alive {

namespace {

std::atomic<clock::rep> moved{0};

class keep_alive_thread {
public:
    /// True in a child of fork(): the thread is the parent's.
    [[nodiscard]] bool is_foreign() const noexcept { return process_.is_foreign(); }

    ~keep_alive_thread() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    void watch(const std::shared_ptr<connection>& c) {
        const std::lock_guard lock(mutex_);
        const bool known = std::any_of(watched_.begin(), watched_.end(), [&](const auto& w) {
            return !w.owner_before(c) && !c.owner_before(w);
        });
        if (known || stopping_) {
            return;
        }
        watched_.push_back(c);
        if (!running_) {
            if (thread_.joinable()) {
                thread_.join();  // it has ended or is about to
            }
            // Without a thread the server ends an idle transaction, and the next call reports it.
            running_ = !detail::start_thread([this] { thread_ = std::thread([this] { run(); }); });
        }
    }

    void wake() {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_all();
    }

    /// The instance of this process.
    static keep_alive_thread& one();

private:
    void run() {
        std::unique_lock lock(mutex_);
        bool asking = false;
        while (!watched_.empty() && !stopping_) {
            constexpr auto seldom = std::chrono::milliseconds(1000);
            constexpr auto soon = std::chrono::milliseconds(20);
            changed_.wait_for(lock, asking ? soon : seldom, [this] { return stopping_ || woken_; });
            woken_ = false;
            std::vector<std::shared_ptr<connection>> held;
            try {
                held.reserve(watched_.size());
            } catch (const std::bad_alloc&) {
                asking = true;  // there may be memory soon
                continue;
            }
            for (const auto& w : watched_) {
                if (auto c = w.lock()) {
                    held.push_back(std::move(c));
                }
            }
            lock.unlock();
            asking = false;
            for (const auto& c : held) {
                asking = c->keep_alive() || asking;
            }
            lock.lock();
            std::erase_if(watched_, [](const auto& w) {
                const auto c = w.lock();  // never the last reference, because `held` has one
                return !c || c->is_autocommit();
            });
            lock.unlock();
            held.clear();  // may destroy a connection
            lock.lock();
        }
        running_ = false;
    }

    const detail::process_mark process_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::weak_ptr<connection>> watched_;
    std::thread thread_;
    bool running_{false};
    bool stopping_{false};
    bool woken_{false};
};

/// Holds the instance of this process. A child of fork() gets a new one and does not touch its
/// parent's.
class thread_of_process {
public:
    keep_alive_thread& get() {
        keep_alive_thread* found = one_.load();
        while (found == nullptr || found->is_foreign()) {
            auto made = std::make_unique<keep_alive_thread>();
            if (one_.compare_exchange_strong(found, made.get())) {
                found = made.release();
            }
        }
        return *found;
    }

    ~thread_of_process() {
        if (auto* const last = one_.load(); last != nullptr && !last->is_foreign()) {
            delete last;
        }
    }

private:
    std::atomic<keep_alive_thread*> one_{nullptr};
};

keep_alive_thread& keep_alive_thread::one() {
    static thread_of_process of_process;
    return of_process.get();
}

}  // namespace

clock::time_point now() noexcept {
    return clock::now() + clock::duration(moved.load(std::memory_order_relaxed));
}

void move_clock(std::chrono::seconds by) {
    moved += clock::duration(by).count();
    keep_alive_thread::one().wake();
}

void watch(const std::shared_ptr<connection>& c) {
    keep_alive_thread::one().watch(c);
}

}  // namespace libsql::remote::keep_alive
