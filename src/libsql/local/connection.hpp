#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/local/compiled_statement.hpp"
#include "libsql/local/engine_handle.hpp"
#include "libsql/local/statement_store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace libsql::local {

/// A connection to a local file or a database in memory.
///
/// Every use of the engine happens inside a `call`, which enters the engine's gate.
class connection final : public detail::backend, private call_gate::owner {
public:
    using call = local::call;
    using file_use = local::file_use;

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
    result<void> close() override;
    result<void> reset_for_reuse() override;
    void close_noexcept() noexcept override;

    void interrupt() noexcept override { engine_.interruption().interrupt(); }

    void disable() noexcept override;

    [[nodiscard]] bool is_broken() const noexcept override { return engine_.is_broken(); }

    [[nodiscard]] bool is_open() const noexcept override { return engine_.is_open(); }

    [[nodiscard]] bool is_autocommit() noexcept override;
    [[nodiscard]] std::int64_t last_insert_rowid() noexcept override;
    [[nodiscard]] std::int64_t changes() noexcept override;
    [[nodiscard]] std::int64_t total_changes() noexcept override;

    [[nodiscard]] const libsql::options& options() const noexcept override { return options_; }

    result<void> set_read_only(bool on) override;
    void end_readers() noexcept override;

    [[nodiscard]] detail::backend* local_part() noexcept override { return this; }

    /// True if open statements keep the connection at the state of the database when the first of
    /// them began.
    [[nodiscard]] bool holds_snapshot() noexcept;

    /// Sets what `last_insert_rowid` returns.
    void set_last_insert_rowid(std::int64_t rowid) noexcept;

    // What follows must be used inside a call.

    /// The engine's handle; null when closed.
    [[nodiscard]] sqlite3* handle() const noexcept { return engine_.handle(); }

    /// The error for the result code `rc`, which a function of the engine has just returned on this
    /// connection.
    [[nodiscard]] error make_error(int rc, std::string_view sql = {}) {
        return engine_.make_error(rc, sql);
    }

    /// Runs one statement to completion.
    result<execution> execute_inside(std::string_view sql, detail::arguments_view arguments);

    /// Takes note if the engine has ended the open transaction.
    void follow_transaction() noexcept;

    /// The engine's connection. Its gate is for any thread.
    [[nodiscard]] engine_handle& engine() noexcept { return engine_; }

    [[nodiscard]] const engine_handle& engine() const noexcept { return engine_; }

    /// The compiled statements.
    [[nodiscard]] statement_store& statements() noexcept { return statements_; }

private:
    std::shared_ptr<void> do_deferred_work() noexcept override;
    void close_inside() noexcept;

    libsql::options options_;
    engine_handle engine_;
    std::shared_ptr<detail::backend> close_after_call_;  ///< this, if a callback has asked for it
    statement_store statements_;
};

/// One use of the engine by one thread. False if another call is running, on another thread or
/// around the callback that makes this one; the error is then `connection_in_use`.
class call {
public:
    explicit call(connection& c, deadline until = deadline()) noexcept
        : connection_(c), entered_(c.engine().gate().enter()) {
        if (entered_ && until.is_set()) [[unlikely]] {
            c.engine().interruption().arm(until);
            armed_ = true;
        }
    }

    ~call() {
        if (entered_) {
            if (armed_) [[unlikely]] {
                connection_.engine().interruption().disarm();
            }
            connection_.engine().gate().leave();
        }
    }

    call(const call&) = delete;
    call& operator=(const call&) = delete;

    explicit operator bool() const noexcept { return entered_; }

    /// Whether a statement can start in this call; if not, `refusal` says why. An interrupt that
    /// came while only rows were open ends those rows, not the statement that starts now.
    [[nodiscard]] bool is_ready() const noexcept { return is_ready(connection_); }

    /// As above. `of` is this call's connection: whoever has it at hand saves the compiler a load.
    [[nodiscard]] bool is_ready(connection& of) const noexcept {
        if (!entered_ || !of.is_open() || of.engine().interruption().until().passed())
            [[unlikely]] {
            return false;
        }
        if (of.statements().has_readers()) [[unlikely]] {
            of.statements().end_interrupted_readers();
        }
        return true;
    }

    [[nodiscard]] error refusal() const;

    /// The reason why nothing can be done in this call, if any: another one is running, or the
    /// connection is closed.
    [[nodiscard]] std::optional<error> refused() const;

private:
    connection& connection_;
    bool entered_;
    bool armed_{false};
};

}  // namespace libsql::local
