#pragma once

#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <erl_nif.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace nif {

/// A connection with what belongs to it. Calls take turns: one that comes while another runs waits.
class core {
public:
    core(libsql::database of, libsql::connection opened);

    core(const core&) = delete;
    core& operator=(const core&) = delete;

    /// A turn, without an environment that of nobody. While it lasts, the end of the process that
    /// has it interrupts what runs.
    class turn {
    public:
        turn(ErlNifEnv* env, core& of);
        ~turn();
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;

    private:
        core& core_;
        std::unique_lock<std::mutex> lock_;
    };

    /// Ends what runs now with `interrupted`. From any thread; does not wait.
    void interrupt() noexcept { stop_.interrupt(); }

    /// Interrupts, refuses what comes later, and lets the connection be closed by whoever has the
    /// last turn. Does not wait.
    void abandon() noexcept;

    [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_.load(); }

    /// A process has ended. True: it was the owner, and this is to be abandoned.
    bool process_ended(const ErlNifPid& who) noexcept;

    /// The resource of Erlang's that this belongs to, for monitors; null once it is gone.
    void set_resource(void* resource) noexcept { resource_ = resource; }

    /// The environment of the call that has the turn; null where that is no native function.
    [[nodiscard]] ErlNifEnv* caller_env() const noexcept { return caller_env_; }

    /// The process that ends this with itself.
    void own(ErlNifEnv* env) noexcept;

    libsql::database database;
    libsql::connection connection;
    std::optional<libsql::transaction> transaction;

private:
    std::mutex turn_;
    ErlNifEnv* caller_env_{nullptr};  ///< of the turn
    libsql::interrupter stop_;
    std::atomic<bool> abandoned_{false};
    std::mutex processes_;  ///< of the next five
    void* resource_{nullptr};
    std::optional<ErlNifPid> owner_;
    std::optional<ErlNifPid> watched_;  ///< whose end is reported, besides the owner
    ErlNifMonitor watch_{};
    std::optional<ErlNifPid> caller_;  ///< who has the turn
};

/// Throws it out of a native function, as its result.
struct failed {
    libsql::error why;
};

/// The value, or `failed`.
template <class T>
T take(libsql::result<T>&& outcome) {
    if (!outcome) {
        throw failed{outcome.error()};
    }
    return *std::move(outcome);
}

inline void take(libsql::result<void>&& outcome) {
    if (!outcome) {
        throw failed{outcome.error()};
    }
}

}  // namespace nif
