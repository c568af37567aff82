#include "background_worker.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace nif::background_worker {
namespace {

using works = std::deque<std::function<bool()>>;

/// Owned by the thread as well, because that may be the thread that stops it.
struct state {
    std::mutex mutex;
    std::condition_variable changed;
    works fresh;
    bool stopping{false};
    std::thread thread;

    /// Calls each work item, and keeps those that must be called again.
    static void pass(works& all) {
        std::erase_if(all, [](const auto& work) { return work(); });
    }

    void run() {
        constexpr std::chrono::milliseconds pause(2);
        works again;
        std::unique_lock lock(mutex);
        for (;;) {
            const auto is_due = [this] { return stopping || !fresh.empty(); };
            if (again.empty()) {
                changed.wait(lock, is_due);
            } else {
                changed.wait_for(lock, pause, is_due);
            }
            if (stopping && fresh.empty() && again.empty()) {
                return;
            }
            works taken = std::exchange(fresh, {});
            lock.unlock();
            pass(taken);
            pass(again);
            again.insert(again.end(), std::make_move_iterator(taken.begin()),
                         std::make_move_iterator(taken.end()));
            taken.clear();
            lock.lock();
        }
    }
};

std::mutex users_mutex;  // protects the next two
int users = 0;

/// Never destroyed, because the emulator's threads still run when the process exits.
std::shared_ptr<state>& one() {
    static auto* const it = new std::shared_ptr<state>;
    return *it;
}

}  // namespace

void start() {
    const std::lock_guard lock(users_mutex);
    if (users == 0) {
        auto made = std::make_shared<state>();
        made->thread = std::thread([made] { made->run(); });
        one() = std::move(made);
    }
    ++users;
}

void stop() noexcept {
    std::thread ending;
    {
        const std::lock_guard lock(users_mutex);
        if (users > 0) {
            --users;
        }
        if (users > 0 || !one()) {
            return;
        }
        const auto last = std::exchange(one(), nullptr);
        {
            const std::lock_guard of_state(last->mutex);
            last->stopping = true;
        }
        last->changed.notify_all();
        ending.swap(last->thread);
    }
    if (ending.get_id() == std::this_thread::get_id()) {
        ending.detach();
    } else {
        ending.join();
    }
}

void until(std::function<bool()> work) noexcept {
    std::shared_ptr<state> to;
    {
        const std::lock_guard lock(users_mutex);
        to = one();
    }
    if (to) {
        const std::lock_guard lock(to->mutex);
        if (!to->stopping) {
            to->fresh.push_back(std::move(work));
            to->changed.notify_all();
            return;
        }
    }
    // Nobody is left to do it later.
    while (!work()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace nif::background_worker
