#pragma once

#include "libsql/remote/hrana.hpp"
#include "libsql/remote/statement_text.hpp"
#include "libsql/remote/stream.hpp"

#include <libsql/detail/row_source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

class connection;
class prepared_statement;

/// Open rows of a connection, in the form in which the connection can end them. Deletes itself when
/// it is released.
class row_reader : public detail::row_source {
public:
    row_reader(connection& owner, bool of_transaction, std::shared_ptr<const statement_text> text);
    ~row_reader() override;

    row_reader(const row_reader&) = delete;
    row_reader& operator=(const row_reader&) = delete;

    detail::step_status step() noexcept final;

    /// Ignored: all rows are here, and there is nothing to wait for.
    void set_deadline(deadline /*until*/) noexcept override {}

    error take_error() final;

    [[nodiscard]] std::string_view sql() const noexcept final { return text_->sql; }

    std::size_t column_count() noexcept final { return columns_.size(); }

    std::string_view column_name(std::size_t i) noexcept final { return columns_[i].name; }

    result<std::vector<column>> columns() final;

    std::int64_t rows_affected() noexcept final { return executed_.rows_affected; }

    std::uint64_t rows_read() noexcept final { return executed_.rows_read; }

    std::uint64_t rows_written() noexcept final { return executed_.rows_written; }

    void release() noexcept final { delete this; }

    /// Makes the next `step` fail with this error. `message` must be a literal.
    virtual void end(error_kind why, const char* message) noexcept;

    [[nodiscard]] bool is_of_transaction() const noexcept { return of_transaction_; }

    /// The statement that is in use as long as this object exists; null if none is held.
    std::shared_ptr<prepared_statement> of;

protected:
    /// Moves to the next row: sets `cells_` and `size_`.
    virtual detail::step_status advance() = 0;

    detail::step_status fail(const error& why) noexcept;

    connection* owner_;
    std::shared_ptr<const statement_text> text_;
    std::vector<column> columns_;
    execution executed_;

private:
    bool of_transaction_;
    error_kind ended_{error_kind::closed};
    const char* end_message_{nullptr};  ///< null: it has not ended
    std::optional<error> failure_;
};

/// The rows of a result that has arrived as a whole.
class held_rows final : public row_reader {
public:
    held_rows(connection& owner, bool of_transaction, std::shared_ptr<const statement_text> text,
              hrana::statement_result all, std::shared_ptr<const void> storage);

private:
    detail::step_status advance() override;

    std::vector<detail::cell> all_;
    std::size_t row_count_;
    std::size_t next_{0};
    std::shared_ptr<const void> storage_;
};

/// Rows that arrive from the server as they are read. Outside a transaction they have a stream of
/// their own. Inside one they occupy the stream of the transaction, which is kept alive meanwhile;
/// the next request on it first fetches the rest of them. Dropping them is free: the server stops
/// the statement, and the transaction goes on.
class cursor_rows final : public row_reader {
public:
    /// `own` is null in a transaction. The statement is step `its_step` of the batch that was sent.
    /// Takes both only if there is memory; `reply` must be destroyed before `own`.
    cursor_rows(connection& owner, std::unique_ptr<stream>&& own,
                std::unique_ptr<cursor_reply>&& reply, std::shared_ptr<const statement_text> text,
                std::uint32_t its_step, deadline until);
    ~cursor_rows() override;

    /// Reads up to the first row, so that errors of running the statement are errors of the query.
    result<void> prime();

    /// Fetches the rest from the server, up to a mebibyte into memory and the remainder into a
    /// file; the stream is then free. A failure (`timeout`, `interrupted`) changes nothing.
    result<void> hold(deadline until);

    void end(error_kind why, const char* message) noexcept override;

    void set_deadline(deadline until) noexcept override { until_ = until; }

private:
    detail::step_status advance() override;
    result<bool> read_row();
    void finish() noexcept;

    std::unique_ptr<stream> own_;
    std::unique_ptr<cursor_reply> reply_;  ///< null once it was read to its end
    std::uint32_t its_step_;
    std::uint32_t step_{0};
    deadline until_;
    std::span<detail::cell> row_;
    bool primed_{false};
    bool given_out_{false};  ///< to the caller, outside a call
    bool begun_{false};
    bool complete_{false};
};

}  // namespace libsql::remote
