#include "core.hpp"

#include <utility>

namespace nif {

core::core(libsql::database of, libsql::connection opened)
    : database(std::move(of)), connection(std::move(opened)), stop_(connection.interrupter()) {}

core::turn::turn(ErlNifEnv* env, core& of) : core_(of) {
    ErlNifPid self;
    const bool known = env != nullptr && enif_self(env, &self) != nullptr;
    lock_ = std::unique_lock(of.turn_);
    if (of.is_abandoned()) {
        throw failed{libsql::error(libsql::error_kind::closed, "the connection is closed")};
    }
    of.caller_env_ = env;
    const std::lock_guard lock(of.processes_);
    of.caller_.reset();
    if (known) {
        of.caller_ = self;
        const auto is_self = [&](const std::optional<ErlNifPid>& one) {
            return one && enif_compare_pids(&*one, &self) == 0;
        };
        if (of.resource_ != nullptr && !is_self(of.owner_) && !is_self(of.watched_)) {
            if (of.watched_) {
                enif_demonitor_process(env, of.resource_, &of.watch_);
                of.watched_.reset();
            }
            if (enif_monitor_process(env, of.resource_, &self, &of.watch_) == 0) {
                of.watched_ = self;
            }
        }
    }
}

core::turn::~turn() {
    {
        const std::lock_guard lock(core_.processes_);
        core_.caller_.reset();
    }
    if (core_.is_abandoned()) {
        core_.transaction.reset();
        static_cast<void>(core_.connection.close());
    }
    core_.caller_env_ = nullptr;
}

void core::abandon() noexcept {
    abandoned_ = true;
    stop_.interrupt();
    if (const std::unique_lock lock(turn_, std::try_to_lock); lock.owns_lock()) {
        transaction.reset();
        static_cast<void>(connection.close());
    }
}

void core::own(ErlNifEnv* env) noexcept {
    ErlNifPid self;
    if (enif_self(env, &self) == nullptr) {
        return;
    }
    const std::lock_guard lock(processes_);
    if (resource_ != nullptr && enif_monitor_process(env, resource_, &self, nullptr) == 0) {
        owner_ = self;
    }
}

bool core::process_ended(const ErlNifPid& who) noexcept {
    const std::lock_guard lock(processes_);
    const auto is = [&](const std::optional<ErlNifPid>& one) {
        return one && enif_compare_pids(&*one, &who) == 0;
    };
    if (is(watched_)) {
        watched_.reset();
    }
    if (is(owner_)) {
        owner_.reset();
        return true;
    }
    if (is(caller_)) {
        stop_.interrupt();
    }
    return false;
}

}  // namespace nif
