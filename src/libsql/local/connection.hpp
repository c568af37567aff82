#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/engine/engine.h"
#include "libsql/local/callback_errors.hpp"
#include "libsql/local/compiled_statement.hpp"
#include "libsql/local/interruption.hpp"
#include "libsql/local/statement_cache.hpp"
#include "libsql/local/write_guard.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <typeindex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace libsql::local {

/// The engine's index of the first attached database, after main and temp.
inline constexpr int first_attached = 2;

/// An object of the engine that must end before its connection does: a blob handle, a backup.
class dependant {
public:
    dependant(const dependant&) = delete;
    dependant& operator=(const dependant&) = delete;

    /// Called when the connection is closing: free the engine's objects now.
    virtual void connection_closing() noexcept = 0;

protected:
    dependant() = default;
    ~dependant() = default;
};

/// A connection to a local file or a database in memory.
///
/// Every use of the engine happens inside a `call`. The engine is compiled without its own mutexes;
/// `call` turns use by two threads into an error instead of corruption.
class connection final : public detail::backend {
public:
    /// The user of a file: the file of a replica is not a plain database to others.
    enum class file_use : unsigned char {
        plain,
        replica,
        replica_wal,  ///< a replica whose log keeps its frames: nothing on this connection empties
                      ///< it but `libsql_engine_empty_log`
    };

    static result<std::shared_ptr<connection>> open(const libsql::options& chosen,
                                                    file_use use = file_use::plain);

    explicit connection(const libsql::options& chosen);
    ~connection() override;

    result<batch_result> run(const batch& steps, batch_mode mode, bool of_transaction,
                             deadline until) override;
    result<execution> execute(std::string_view sql, detail::arguments_view arguments,
                              deadline until) override;
    result<detail::row_source*> query(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) override;
    result<detail::prepared*> prepare(std::string_view sql) override;
    result<void> ping(deadline until) override;
    result<void> reset() override;
    /// Must be inside a call.
    result<void> load_extension(const extension& wanted);
    result<void> close() override;
    result<void> reset_for_reuse() override;
    void close_noexcept() noexcept override;

    void interrupt() noexcept override { interruption_.interrupt(); }

    void disable() noexcept override;

    [[nodiscard]] bool is_broken() const noexcept override {
        return broken_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] bool is_open() const noexcept override {
        return open_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] bool is_autocommit() noexcept override;
    [[nodiscard]] std::int64_t last_insert_rowid() noexcept override;
    [[nodiscard]] std::int64_t changes() noexcept override;
    [[nodiscard]] std::int64_t total_changes() noexcept override;

    [[nodiscard]] const libsql::options& options() const noexcept override { return options_; }

    result<void> set_read_only(bool on) override;

    /// From now on SQL cannot write, and no PRAGMA changes that.
    void refuse_writes_always() noexcept;

    void end_readers() noexcept override;

    [[nodiscard]] detail::backend* local_part() noexcept override { return this; }

    /// How the file was opened.
    [[nodiscard]] file_use use() const noexcept { return use_; }

    /// One use of the engine by one thread. False if another call is running, on another thread or
    /// around the callback that makes this one; the error is then `connection_in_use`.
    class call {
    public:
        explicit call(connection& c, deadline until = deadline()) noexcept
            : connection_(c), entered_(c.enter()) {
            if (entered_ && until.is_set()) [[unlikely]] {
                c.interruption_.arm(until);
                armed_ = true;
            }
        }

        ~call() {
            if (entered_) {
                if (armed_) [[unlikely]] {
                    connection_.interruption_.disarm();
                }
                connection_.leave();
            }
        }

        call(const call&) = delete;
        call& operator=(const call&) = delete;

        explicit operator bool() const noexcept { return entered_; }

    private:
        connection& connection_;
        bool entered_;
        bool armed_{false};
    };

    /// A use of the engine that cannot be refused, to free the engine's objects. Waits for another
    /// thread's call, and continues inside a call of its own thread.
    class forced_call {
    public:
        explicit forced_call(connection& c) noexcept
            : connection_(c), entered_(c.enter_or_nested()) {}

        ~forced_call() {
            if (entered_) {
                connection_.leave();
            }
        }

        forced_call(const forced_call&) = delete;
        forced_call& operator=(const forced_call&) = delete;

    private:
        connection& connection_;
        bool entered_;
    };

    /// Whether a statement can start in a call that is `inside`; if not, `refusal` says why. An
    /// interrupt that came while only rows were open ends those rows, not the statement that starts
    /// now.
    bool ready(bool inside) noexcept {
        if (!inside || !is_open() || interruption_.until().passed()) [[unlikely]] {
            return false;
        }
        if (readers_ != nullptr) [[unlikely]] {
            settle_interrupt();
        }
        return true;
    }

    [[nodiscard]] error refusal(bool inside) const;

    /// The engine's handle; null when closed. Must be inside a `call`.
    [[nodiscard]] sqlite3* handle() const noexcept { return db_; }

    /// The error for the result code `rc`, which a function of the engine has just returned on this
    /// connection.
    [[nodiscard]] error make_error(int rc, std::string_view sql = {});

    /// As above, for a statement that was running and has changed `changed` rows that stand (ON
    /// CONFLICT FAIL keeps those before the failure). Sets the outcome.
    [[nodiscard]] error run_error(int rc, const compiled_statement& s, std::int64_t changed);

    /// Compiles one statement. Must be inside a call.
    result<compiled_statement*> compile(std::string_view sql, bool cached);

    /// Gives `s` to the cache, and frees the statement that the cache evicts for it. No change if
    /// it throws.
    void add_to_cache(compiled_statement& s);
    void return_to_cache(compiled_statement& s) noexcept;

    /// A compiled statement that is not in use, from the cache or new. Must be inside a call.
    result<compiled_statement*> acquire(std::string_view sql);

    /// Runs one statement to completion. Must be inside a call.
    result<execution> execute_inside(std::string_view sql, detail::arguments_view arguments);

    /// The deadline of a call that was given `until`: that, or the option `timeout` from now.
    [[nodiscard]] deadline effective(deadline until) const noexcept {
        return detail::effective(until, options_.timeout);
    }

    /// The reader of `s` is finished with it. May be called from anywhere.
    void release(compiled_statement& s) noexcept;

    /// The holder of `s` is finished with it. May be called from anywhere.
    void discard(compiled_statement& s) noexcept;

    /// After ATTACH: detaches the file of a replica that could be written to, and returns the error
    /// then.
    std::optional<error> detach_replicas();

    /// True if open statements keep the connection at the state of the database when the first of
    /// them began.
    [[nodiscard]] bool holds_snapshot() noexcept;

    /// Sets what `last_insert_rowid` returns.
    void set_last_insert_rowid(std::int64_t rowid) noexcept;

    /// Takes note if the engine has ended the open transaction.
    void follow_transaction() noexcept;

    /// Reserves the connection until `let_go()`: calls of others fail with `misuse`. Closing the
    /// connection ends `by` first, which must then let go. False when the connection is in use.
    bool hold(dependant& by) noexcept;
    void let_go() noexcept;

    /// Sets how long the holder waits for locks.
    void hold_until(deadline until) noexcept { interruption_.arm(until); }

    void add(dependant& d) { dependants_.insert(&d); }

    void remove(dependant& d) noexcept { dependants_.erase(&d); }

    [[nodiscard]] bool has_dependants() const noexcept { return !dependants_.empty(); }

    /// State that a feature keeps with the connection. Made on first use, destroyed on close.
    template <class T>
    T& attachment() {
        auto& slot = attachments_[std::type_index(typeid(T))];
        if (!slot) {
            slot = std::make_shared<T>();
        }
        return *static_cast<T*>(slot.get());
    }

    /// Records the error of a user's callback. The running call reports it even if the engine
    /// itself succeeds; of several errors the first is kept. May be called from any thread from
    /// which the engine calls back.
    void callback_failed(const error& why) noexcept;

    /// As `callback_failed`, for a callback that cannot report an error to the engine: also makes
    /// its statement fail.
    void fail_statement(const error& why) noexcept;

    /// True if a callback of the running call has failed.
    [[nodiscard]] bool callback_has_failed() const noexcept { return errors_.any(); }

    /// True while the engine runs our own lookups for the text of an error, of which the user's
    /// callbacks are not told.
    [[nodiscard]] bool is_reporting() const noexcept { return errors_.is_reporting(); }

    /// Deadlines, interrupts and the user's progress and busy handlers.
    [[nodiscard]] local::interruption& interruption() noexcept { return interruption_; }

    /// True if the database was opened with a key.
    [[nodiscard]] bool has_key() const noexcept { return !options_.encryption_key.empty(); }

private:
    friend class call;
    friend class compiled_statement;

    bool enter() noexcept {
        if (is_foreign()) [[unlikely]] {
            return false;
        }
        if (busy_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
            return false;
        }
        thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        return true;
    }

    void leave() noexcept {
        if (deferred_.load(std::memory_order_relaxed)) [[unlikely]] {
            leave_with_deferred_work();
            return;
        }
        thread_.store(std::thread::id(), std::memory_order_relaxed);
        busy_.store(false, std::memory_order_release);
    }

    void end_hold() noexcept;

    /// Enters a call, waiting for that of another thread. False when the running call is on this
    /// thread, or when the connection is reserved.
    bool enter_or_nested() noexcept {
        while (!enter())
            [[unlikely]] {
                if (is_foreign() || holder_.load() != nullptr ||
                    thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
                    return false;
                }
                std::this_thread::yield();
            }
        return true;
    }

    void leave_with_deferred_work() noexcept;
    void close_inside() noexcept;
    void release_inside(compiled_statement& s) noexcept;

    /// What `read` says about the engine's handle; `otherwise` if it is closed or in use by another
    /// thread.
    template <class T>
    T peek(T (*read)(sqlite3*), T otherwise) noexcept {
        const call inside(*this);
        const bool mine =
            inside || thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
        return mine && db_ != nullptr ? read(db_) : otherwise;
    }

    void settle_interrupt() noexcept;
    void end_all(error_kind why) noexcept;
    void add_reader(compiled_statement& s) noexcept;
    void remove_reader(compiled_statement& s) noexcept;
    void end_transaction_readers() noexcept;
    void detach_everything() noexcept;
    void reserve_for_releases();
    void defer_release(compiled_statement& s, bool by_holder) noexcept;
    void clear_pending_releases() noexcept;
    result<void> open_inside(file_use use);
    result<void> prepare_session(bool memory);
    result<void> check_journal_mode(bool memory);
    result<void> load_extensions();
    void keep_log() noexcept;
    result<void> check_replica(const std::string& state);

    std::size_t run_step(const batch& steps, std::size_t i, batch_mode mode, unsigned interrupts,
                         batch_result& all);
    bool run_steps(const batch& steps, batch_mode mode, bool of_transaction, unsigned interrupts,
                   batch_result& all);

    void undo_batch(bool nested);
    result<batch_result> run_transactional(const batch& steps, unsigned interrupts);

    libsql::options options_;
    callback_errors errors_;
    local::interruption interruption_;
    write_guard writes_;
    file_use use_{file_use::plain};
    sqlite3* db_{nullptr};
    std::atomic<bool> open_{false};
    std::atomic<bool> broken_{false};
    std::atomic<bool> busy_{false};
    std::atomic<std::thread::id> thread_{};
    std::atomic<dependant*> holder_{nullptr};

    // Work that was requested by a callback while its call was running.
    std::atomic<bool> deferred_{false};
    bool close_requested_{false};
    std::vector<compiled_statement*> orphans_;
    std::shared_ptr<detail::backend> keep_alive_;

    std::unordered_map<compiled_statement*, std::unique_ptr<compiled_statement>> statements_;
    statement_cache cache_;
    compiled_statement* readers_{nullptr};  ///< in use: a list, linked through the statements
    std::size_t held_{0};                   ///< statements that a `libsql::statement` holds

    // Detached statements that were released by their reader or holder, on any thread.
    struct grave {
        compiled_statement* statement;
        bool by_holder;
    };

    std::mutex pending_releases_mutex_;
    std::vector<grave> pending_releases_;
    std::unordered_set<dependant*> dependants_;
    std::unordered_map<std::type_index, std::shared_ptr<void>> attachments_;
};

}  // namespace libsql::local
