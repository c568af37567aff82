#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/remote/checked_statement.hpp"
#include "libsql/remote/row_reader.hpp"
#include "libsql/remote/server.hpp"
#include "libsql/remote/stream.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// A connection to a server. Outside a transaction each call uses a stream of its own, which is
/// closed with the call. A transaction keeps its stream open, and alive while nothing is sent.
/// BEGIN is sent with the first statement of the transaction.
class connection final : public detail::backend {
public:
    /// Does not contact the server yet.
    connection(const libsql::options& chosen, std::shared_ptr<server> where);
    ~connection() override;

    result<batch_result> run(const batch& steps, batch_mode mode, bool of_transaction,
                             deadline until) override;
    result<execution> execute(std::string_view sql, detail::arguments_view arguments,
                              deadline until) override;
    result<detail::row_source*> query(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) override;
    result<detail::row_source*> query_streamed(std::string_view sql,
                                               detail::arguments_view arguments,
                                               deadline until) override;
    result<detail::prepared*> prepare(std::string_view sql) override;
    result<void> ping(deadline until) override;
    result<void> reset() override;
    result<void> close() override;
    result<void> reset_for_reuse() override;
    void close_noexcept() noexcept override;
    void interrupt() noexcept override;
    void disable() noexcept override;

    [[nodiscard]] bool is_remote() const noexcept override { return true; }

    [[nodiscard]] bool is_broken() const noexcept override { return false; }

    [[nodiscard]] bool is_open() const noexcept override { return open_.load(); }

    [[nodiscard]] bool is_autocommit() noexcept override {
        return transaction_state_.load() == state::none;
    }

    [[nodiscard]] std::int64_t last_insert_rowid() noexcept override { return last_rowid_.load(); }

    [[nodiscard]] std::int64_t changes() noexcept override { return changes_.load(); }

    [[nodiscard]] std::int64_t total_changes() noexcept override { return total_changes_.load(); }

    [[nodiscard]] const libsql::options& options() const noexcept override { return options_; }

    result<void> set_read_only(bool on) override;
    void end_readers() noexcept override;

    [[nodiscard]] detail::backend* local_part() noexcept override { return nullptr; }

    /// The primary's frame that contains the last write of this connection, as reported by the
    /// server. None if nothing was written, or if the server does not count frames.
    [[nodiscard]] std::optional<std::uint64_t> last_replication_index() const noexcept;

    /// Sends something if a transaction is open and nothing was sent for some seconds, so that the
    /// server does not expire its stream; does not wait for the answer. True if it should be called
    /// again soon to receive the answer. From any thread.
    bool keep_alive() noexcept;

    /// A use of the connection by one thread. Waits for a running `keep_alive`, until the deadline.
    class call {
    public:
        explicit call(connection& c, deadline until = {});
        ~call();
        call(const call&) = delete;
        call& operator=(const call&) = delete;

        /// The reason why the call is refused, if any.
        [[nodiscard]] std::optional<error> refused() const;

    private:
        connection& connection_;
        bool entered_;
        bool interrupted_{false};  ///< while it waited
        std::unique_lock<std::timed_mutex> wire_;
    };

    /// What the server knows about a statement without running it.
    result<hrana::description> describe(std::string_view sql, deadline until);

private:
    friend class row_reader;
    friend class cursor_rows;
    friend class prepared_statement;

    enum class state : std::uint8_t {
        none,     ///< no transaction
        pending,  ///< BEGIN was requested, and is sent with the first statement
        open,     ///< on the server
    };

    struct answer {
        hrana::statement_result result;
        std::shared_ptr<const void> storage;
    };

    result<checked_statement> check(std::string_view sql, detail::arguments_view arguments);
    result<answer> run_one(std::string_view sql, detail::arguments_view arguments, bool want_rows,
                           deadline until);
    result<answer> run_checked(const checked_statement& s, bool want_rows, deadline until);
    void keep_setting(const checked_statement& s, bool outside_transaction);
    detail::row_source* hold(const checked_statement& s, answer&& all);
    result<answer> take_answer(hrana::reply& reply, const checked_statement& s, bool began,
                               deadline until);
    result<detail::row_source*> open_cursor(const checked_statement& s, deadline until);
    result<hrana::description> describe_inside(std::string_view sql, deadline until);
    result<batch_result> run_pipelined(const batch& steps,
                                       const std::vector<checked_statement>& checked,
                                       batch_mode mode, bool of_transaction, deadline until);
    result<batch_result> run_pipeline(const std::vector<checked_statement>& checked,
                                      deadline until);
    result<batch_result> run_sequentially(const batch& steps, batch_mode mode, bool of_transaction,
                                          deadline until);
    result<bool> run_steps_apart(const batch& steps, batch_mode mode, bool of_transaction,
                                 batch_result& all, deadline until);
    error undone(const error& why, bool nested);
    error batch_failed(const error& why, const std::vector<checked_statement>& checked,
                       bool was_inside) const;
    step_result to_step(hrana::statement_result& done) const;
    void complete_violations(batch_result& all, deadline until);
    result<std::vector<std::string>> definitions(std::string_view query,
                                                 std::span<const detail::cell> arguments,
                                                 deadline until);

    result<void> free_stream(deadline until);
    result<hrana::reply> send(std::vector<hrana::request> requests, intent what, bool stays,
                              deadline until);
    [[nodiscard]] hrana::statement setup_message() const;
    error failed_statement(const hrana::failure& why, std::string_view sql, deadline until);
    error stream_failed(const error& why);
    std::optional<error> transaction_gone();
    void transaction_over() noexcept;

    template <class Which>
    void end_rows(Which which, error_kind why, const char* message) noexcept {
        const std::lock_guard lock(handles_mutex_);
        for (auto* const reader : readers_) {
            if (which(*reader)) {
                reader->end(why, message);
            }
        }
    }

    void end_all(error_kind why, const char* message) noexcept;
    void end_transaction_rows() noexcept;
    void reset_inside() noexcept;
    /// Checks a query and passes it, with its deadline, to `start`.
    template <class Start>
    result<detail::row_source*> query_by(std::string_view sql, detail::arguments_view arguments,
                                         deadline until, Start start);
    void cursor_ended(const cursor_rows& c) noexcept;
    void note(const execution& done, const statement_text& text) noexcept;
    void note_done(const hrana::statement_result& done, const statement_text& text);
    void note_frame(std::optional<std::uint64_t> frame) noexcept;

    libsql::options options_;
    std::shared_ptr<server> server_;
    net::http_session http_;
    stream stream_;
    std::atomic<bool> open_{true};
    std::atomic<bool> busy_{false};
    std::timed_mutex wire_;  ///< for `stream_` and `http_`: held by a call or by `keep_alive`
    std::atomic<state> transaction_state_{state::none};
    std::string begin_;  ///< the BEGIN that is pending
    std::string setup_;  ///< a PRAGMA to send first on each new stream; empty: none
    unsigned write_refusals_{0};
    /// For `readers_` and `prepared_`, which their holders may release late.
    std::mutex handles_mutex_;
    std::vector<row_reader*> readers_;
    statement_texts texts_;
    cursor_rows* active_cursor_{nullptr};  ///< the rows that occupy the transaction's stream
    std::vector<std::shared_ptr<prepared_statement>> prepared_;
    std::atomic<std::int64_t> last_rowid_{0};
    std::atomic<std::int64_t> changes_{0};
    std::atomic<std::int64_t> total_changes_{0};
    std::atomic<std::int64_t> last_frame_{-1};
};

}  // namespace libsql::remote
