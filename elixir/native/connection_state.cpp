#include "connection_state.hpp"

#include "background_worker.hpp"

#include <utility>

namespace nif {
namespace {

failed failure_of(libsql::error_kind kind, const char* message) {
    return failed{libsql::error(kind, message)};
}

bool is(const std::optional<ErlNifPid>& one, const ErlNifPid& other) noexcept {
    return one && enif_compare_pids(&*one, &other) == 0;
}

}  // namespace

connection_state::connection_state(std::shared_ptr<libsql::database> of, libsql::connection opened)
    : database(std::move(of)), connection(std::move(opened)), stop_(connection.interrupter()) {
    // Fails in remote mode, which does not matter, because servers wait for locks themselves.
    static_cast<void>(libsql::set_busy_handler(connection, [this](int /*attempts*/) {
        if (elsewhere_ == waits::here) {
            return libsql::busy_decision::wait;
        }
        elsewhere_ = waits::gave_way;
        return libsql::busy_decision::give_up;
    }));
}

void connection_state::check_open() const {
    if (is_abandoned()) {
        throw failure_of(libsql::error_kind::closed, "the connection is closed");
    }
}

connection_state::connection_lock::connection_lock(ErlNifEnv* env, connection_state& of,
                                                   libsql::deadline until)
    : state_(of),
      lock_(of.mutex_, std::try_to_lock),
      may_wait_(enif_thread_type() != ERL_NIF_THR_NORMAL_SCHEDULER) {
    if (!may_wait_) {
        if (!lock_ || of.is_abandoned()) {
            throw reschedule{};
        }
        return;
    }
    if (!lock_) {
        if (!until.is_set()) {
            lock_.lock();
        } else if (!lock_.try_lock_until(until.at())) {
            throw failure_of(libsql::error_kind::timeout,
                             "the connection was in use until the deadline");
        }
    }
    const auto release = [&](const failed& why) {
        of.caller_env_ = nullptr;
        lock_.unlock();
        of.settle();
        throw why;
    };
    if (of.is_abandoned()) {
        release(failure_of(libsql::error_kind::closed, "the connection is closed"));
    }
    of.caller_env_ = env;
    ErlNifPid self;
    if (enif_self(env, &self) == nullptr) {
        return;
    }
    bool lives = true;
    {
        const std::lock_guard lock(of.processes_);
        ++of.locked_count_;
        of.caller_ = self;
        if (!is(of.owner_, self) && !is(of.watched_, self)) {
            if (of.watched_) {
                enif_demonitor_process(env, of.resource_, &of.watch_);
                of.watched_.reset();
            }
            lives = enif_monitor_process(env, of.resource_, &self, &of.watch_) == 0;
            if (lives) {
                of.watched_ = self;
            } else {
                of.caller_.reset();
            }
        }
    }
    if (!lives) {
        release(failure_of(libsql::error_kind::interrupted, "the calling process has ended"));
    }
}

connection_state::connection_lock::~connection_lock() {
    state_.caller_env_ = nullptr;
    state_.elsewhere_ = waits::here;
    {
        const std::lock_guard lock(state_.processes_);
        state_.caller_.reset();
    }
    lock_.unlock();
    if (may_wait_) {
        state_.settle();
    } else if (state_.has_ends()) {
        background_worker::until([self = state_.shared_from_this()] {
            self->settle();
            return true;
        });
    }
}

bool connection_state::has_ends() noexcept {
    const std::lock_guard lock(ends_mutex_);
    return !ends_.empty() || (is_abandoned() && !closed_);
}

/// Runs the deferred work. Every call runs this after it has unlocked, and so does whoever defers
/// work, so one of them does it.
void connection_state::settle() noexcept {
    while (has_ends()) {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock.owns_lock()) {
            return;
        }
        std::vector<std::function<void()>> ends;
        {
            const std::lock_guard of_ends(ends_mutex_);
            ends.swap(ends_);
            closed_ = is_abandoned();
        }
        for (const auto& end : ends) {
            end();
        }
        if (is_abandoned()) {
            transaction.reset();
            static_cast<void>(connection.close());
        }
    }
}

void connection_state::when_free(std::function<void()> end) {
    {
        const std::lock_guard lock(ends_mutex_);
        ends_.push_back(std::move(end));
    }
    settle();
}

void connection_state::close_noexcept() noexcept {
    abandoned_ = true;
    close_or_retry();
}

/// Interrupts again on each attempt, because an interrupt before the statement has begun has no
/// effect.
void connection_state::close_or_retry() noexcept {
    stop_.interrupt();
    settle();
    if (has_ends()) {
        background_worker::until([self = shared_from_this()] {
            self->stop_.interrupt();
            self->settle();
            return !self->has_ends();
        });
    }
}

void connection_state::own(ErlNifEnv* env) noexcept {
    ErlNifPid self;
    if (enif_self(env, &self) == nullptr) {
        return;
    }
    const std::lock_guard lock(processes_);
    if (enif_monitor_process(env, resource_, &self, nullptr) == 0) {
        owner_ = self;
    } else {  // the process ended while it opened this connection
        abandoned_ = true;
    }
}

void connection_state::process_ended(const ErlNifPid& who) noexcept {
    const std::lock_guard lock(processes_);
    if (is(watched_, who)) {
        watched_.reset();
    }
    if (is(owner_, who)) {
        owner_.reset();
        abandoned_ = true;
        stop_.interrupt();
        background_worker::until([self = shared_from_this()] {
            self->close_or_retry();
            return true;
        });
    } else if (is(caller_, who)) {
        stop_.interrupt();
        background_worker::until([self = shared_from_this(), number = locked_count_] {
            const std::lock_guard again(self->processes_);
            if (!self->caller_ || self->locked_count_ != number) {
                return true;
            }
            self->stop_.interrupt();
            return false;
        });
    }
}

void connection_state::check_transaction() const {
    if (transaction && connection.is_open() &&
        transaction->status() == libsql::transaction_status::ended) {
        throw failed{libsql::error(
            libsql::error_kind::transaction,
            "the transaction is over: the engine rolled it back after an error, its server was "
            "lost, or a statement ended it; roll it back before running anything else")};
    }
}

}  // namespace nif
