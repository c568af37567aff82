#pragma once

#include "libsql/engine/engine.h"
#include "libsql/local/attachments.hpp"
#include "libsql/local/call_gate.hpp"
#include "libsql/local/callback_errors.hpp"
#include "libsql/local/dependants.hpp"
#include "libsql/local/interruption.hpp"
#include "libsql/local/write_guard.hpp"

#include <libsql/error.hpp>
#include <libsql/options.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

namespace libsql::local {

/// The engine's index of the first attached database, after main and temp.
inline constexpr int first_attached = 2;

/// The user of a file: the file of a replica is not a plain database to others.
enum class file_use : unsigned char {
    plain,
    replica,
    replica_wal,  ///< a replica whose log keeps its frames: nothing on this connection empties it
                  ///< but `libsql_engine_empty_log`
};

/// The engine's connection: its handle, its errors, who may use it, what stops it, and what must
/// end before it or with it.
///
/// To be used inside a call of its gate, but for the gate itself, `interruption().interrupt()`,
/// `is_open`, `set_open` and `is_broken`, which are for any thread.
class engine_handle {
public:
    /// `busy_timeout` is the connection's option, which PRAGMA busy_timeout changes.
    engine_handle(std::chrono::milliseconds& busy_timeout, call_gate::owner& owner) noexcept
        : gate_(owner), interruption_(busy_timeout, errors_) {}

    engine_handle(const engine_handle&) = delete;
    engine_handle& operator=(const engine_handle&) = delete;

    /// Opens the database that `chosen` names. Returns the engine's result code; on failure there
    /// may be a handle, too, which knows more.
    int open(const libsql::options& chosen, file_use use) noexcept;

    /// Frees the handle, and then what the callbacks used. All statements must be finalised and all
    /// dependants closed.
    void close() noexcept;

    /// The engine's own handle; null when closed.
    [[nodiscard]] sqlite3* handle() const noexcept { return db_; }

    /// How the file was opened.
    [[nodiscard]] file_use use() const noexcept { return use_; }

    /// Whether calls are accepted: from the end of the opening until the connection is disabled or
    /// closed.
    [[nodiscard]] bool is_open() const noexcept { return open_.load(std::memory_order_relaxed); }

    void set_open(bool on) noexcept { open_.store(on, std::memory_order_relaxed); }

    /// True after an error that a new connection may not have: `io`, `corrupt`, `internal`.
    [[nodiscard]] bool is_broken() const noexcept {
        return broken_.load(std::memory_order_relaxed);
    }

    /// The error for the result code `rc`, which a function of the engine has just returned on this
    /// connection. If a callback has failed, it is that error instead, once, unless that callback
    /// reported what had already been done and the engine has failed, too.
    [[nodiscard]] error make_error(int rc, std::string_view sql = {});

    /// Records the error of a user's callback. The running call reports it even if the engine
    /// itself succeeds; of several errors the first is kept. May be called from any thread from
    /// which the engine calls back.
    void callback_failed(const error& why) noexcept;

    /// As `callback_failed`, for a callback that cannot report an error to the engine: also makes
    /// its statement fail.
    void fail_statement(const error& why) noexcept;

    /// True if a callback of the running call has failed.
    [[nodiscard]] bool callback_has_failed() const noexcept { return errors_.any(); }

    /// The error of a callback, once.
    std::optional<error> take_callback_error() noexcept { return errors_.take(); }

    /// True while the engine runs our own lookups for the text of an error, of which the user's
    /// callbacks are not told.
    [[nodiscard]] bool is_reporting() const noexcept { return errors_.is_reporting(); }

    /// Who may use the engine now.
    [[nodiscard]] call_gate& gate() noexcept { return gate_; }

    /// Reserves the connection until `let_go()`: calls of others fail with `misuse`. Closing the
    /// connection ends `by` first, which must then let go. False when the connection is in use.
    bool hold(dependant& by) noexcept { return gate_.hold(by); }

    void let_go() noexcept {
        interruption_.disarm();
        gate_.let_go();
    }

    /// Deadlines, interrupts and the user's progress and busy handlers.
    [[nodiscard]] local::interruption& interruption() noexcept { return interruption_; }

    /// Whether SQL may write.
    [[nodiscard]] write_guard& writes() noexcept { return writes_; }

    /// What must end before the connection does.
    [[nodiscard]] local::dependants& dependants() noexcept { return dependants_; }

    [[nodiscard]] const local::dependants& dependants() const noexcept { return dependants_; }

    /// State that a feature keeps with the connection. Made on first use; destroyed by `close`,
    /// when the engine no longer calls its callbacks.
    template <class T>
    T& attachment() {
        return attachments_.get<T>();
    }

private:
    call_gate gate_;
    sqlite3* db_{nullptr};
    file_use use_{file_use::plain};
    std::atomic<bool> open_{false};
    std::atomic<bool> broken_{false};
    callback_errors errors_;
    local::interruption interruption_;
    write_guard writes_;
    local::dependants dependants_;
    attachments attachments_;
};

}  // namespace libsql::local
