#pragma once

#include "libsql/engine/process_mark.hpp"
#include "libsql/local/dependants.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace libsql::local {

/// Who may use the engine of a connection: one call at a time. The engine is compiled without its
/// own mutexes; the gate turns use by two threads into an error instead of corruption.
///
/// What a callback asks for and cannot have while the call around it runs is deferred: the owner
/// does it at the end of that call.
class call_gate {
public:
    /// The connection.
    class owner {
    public:
        owner(const owner&) = delete;
        owner& operator=(const owner&) = delete;

        /// Does what was deferred. Called at the end of the call, inside it. The gate releases what
        /// it returns after the end of the call, and the gate may be destroyed with it.
        virtual std::shared_ptr<void> do_deferred_work() noexcept = 0;

    protected:
        owner() = default;
        ~owner() = default;
    };

    explicit call_gate(owner& of) noexcept : owner_(&of) {}

    call_gate(const call_gate&) = delete;
    call_gate& operator=(const call_gate&) = delete;

    /// Begins a call of this thread. False if another call is running, on another thread or around
    /// the callback that makes this one, while a dependant holds the gate, and in the child of a
    /// fork(). From any thread.
    bool enter() noexcept {
        if (process_.is_foreign()) [[unlikely]] {
            return false;
        }
        if (busy_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
            return false;
        }
        thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        return true;
    }

    /// As `enter`, but waits for the call of another thread.
    bool enter_or_nested() noexcept {
        while (!enter())
            [[unlikely]] {
                if (process_.is_foreign() || holder_.load() != nullptr || is_mine()) {
                    return false;
                }
                std::this_thread::yield();
            }
        return true;
    }

    /// Ends the call, after the deferred work.
    void leave() noexcept {
        if (deferred_.load(std::memory_order_relaxed)) [[unlikely]] {
            leave_with_deferred_work();
            return;
        }
        thread_.store(std::thread::id(), std::memory_order_relaxed);
        busy_.store(false, std::memory_order_release);
    }

    /// True if this thread has begun the running call. From any thread.
    [[nodiscard]] bool is_mine() const noexcept {
        return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    /// There is deferred work for the end of the running call. From any thread.
    void defer() noexcept { deferred_.store(true, std::memory_order_relaxed); }

    /// Begins a call that lasts until `let_go()`. False as for `enter`.
    bool hold(dependant& by) noexcept {
        if (!enter()) {
            return false;
        }
        holder_.store(&by);
        return true;
    }

    void let_go() noexcept {
        holder_.store(nullptr);
        leave();
    }

    /// Tells the holder, if there is one, that the connection is closing. It must then let go.
    void end_hold() noexcept {
        if (auto* const holder = holder_.load()) {
            holder->connection_closing();
        }
    }

private:
    void leave_with_deferred_work() noexcept;

    const detail::process_mark process_;
    owner* owner_;
    std::atomic<bool> busy_{false};
    std::atomic<bool> deferred_{false};
    std::atomic<std::thread::id> thread_{};
    std::atomic<dependant*> holder_{nullptr};
};

/// A use of the engine that cannot be refused, to free the engine's objects. Waits for another
/// thread's call, and continues inside a call of its own thread.
class forced_call {
public:
    explicit forced_call(call_gate& gate) noexcept
        : gate_(gate), entered_(gate.enter_or_nested()) {}

    ~forced_call() {
        if (entered_) {
            gate_.leave();
        }
    }

    forced_call(const forced_call&) = delete;
    forced_call& operator=(const forced_call&) = delete;

private:
    call_gate& gate_;
    bool entered_;
};

}  // namespace libsql::local
