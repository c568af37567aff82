#include "reaper.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace nif::reaper {
namespace {

struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> works;
    bool stopping{false};
    std::thread thread;

    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return stopping || !works.empty(); });
            if (works.empty()) {
                return;
            }
            auto work = std::move(works.front());
            works.pop_front();
            lock.unlock();
            work();
            work = nullptr;
            lock.lock();
        }
    }
};

state* one = nullptr;

}  // namespace

void start() {
    one = new state;
    one->thread = std::thread([] { one->run(); });
}

void stop() noexcept {
    if (one == nullptr) {
        return;
    }
    {
        const std::lock_guard lock(one->mutex);
        one->stopping = true;
    }
    one->changed.notify_all();
    one->thread.join();
    delete std::exchange(one, nullptr);
}

void later(std::function<void()> work) noexcept {
    {
        const std::lock_guard lock(one->mutex);
        one->works.push_back(std::move(work));
    }
    one->changed.notify_all();
}

}  // namespace nif::reaper
