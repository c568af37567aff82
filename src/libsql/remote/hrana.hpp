#pragma once

#include <libsql/batch.hpp>
#include <libsql/column.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/result_set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// @file
/// The messages of Hrana 3 over HTTP (libSQL's docs/HRANA_3_SPEC.md) as plain values, independent
/// of the encoding. Requests are views, and live as long as what they view.

namespace libsql::remote::hrana {

/// One statement to run.
struct statement {
    std::string_view sql;
    std::span<const detail::cell> arguments{};
    std::span<const std::string_view> names{};  ///< one for each argument; none: by position
    bool want_rows{true};
};

/// One step of a batch.
struct step {
    statement what;
    std::optional<condition> when{};  ///< none: always
};

/// Closes the stream; what is open in it is rolled back.
struct close_request {};

struct execute_request {
    statement what;
};

struct batch_request {
    std::vector<step> steps;
};

struct describe_request {
    std::string_view sql;
};

struct get_autocommit_request {};

/// Forgets a stored text, of which this driver has none: a request that involves the stream but not
/// the database.
struct close_sql_request {};

using request = std::variant<close_request, execute_request, batch_request, describe_request,
                             get_autocommit_request, close_sql_request>;

/// An error inside a reply: the request was rejected, or its statement failed.
struct failure {
    std::string message{};
    std::string code{};           ///< "SQLITE_CONSTRAINT", "SQL_PARSE_ERROR", "STREAM_EXPIRED" ...
    std::string extended_code{};  ///< "SQLITE_CONSTRAINT_UNIQUE"; empty if the server has none

    friend bool operator==(const failure&, const failure&) = default;
};

/// The result of a statement. The cells view the storage of the reply.
struct statement_result {
    std::vector<column> columns{};
    std::vector<detail::cell> cells{};  ///< row after row, each as wide as `columns`
    std::size_t row_count{0};
    execution executed{};
    std::optional<std::uint64_t> replication_index{};
};

/// For each step its result or its failure; neither if it was skipped.
struct batch_outcome {
    std::vector<std::optional<statement_result>> results{};
    std::vector<std::optional<failure>> failures{};
};

struct description {
    std::vector<std::optional<std::string>> parameters{};  ///< with their prefix; none: no name
    std::vector<column> columns{};
    bool is_explain{false};
    bool is_read_only{false};
};

/// The response to one request: nothing (close, close_sql), or what was asked for.
using response = std::variant<std::monostate, statement_result, batch_outcome, description, bool>;

/// The reply to a pipeline of requests.
struct reply {
    std::optional<std::string> baton{};     ///< to be sent with the next request; none: closed
    std::optional<std::string> base_url{};  ///< where to send the next request instead
    std::vector<std::variant<response, failure>> results{};  ///< one for each request
    std::shared_ptr<const void> storage{};                   ///< viewed by the cells
};

/// The first entry of a cursor.
struct cursor_opened {
    std::optional<std::string> baton{};
    std::optional<std::string> base_url{};
};

struct step_begun {
    std::uint32_t step{0};
    std::vector<column> columns{};
};

/// A row of the current step. The cells are valid until the next entry is read.
struct cursor_row {
    std::span<detail::cell> cells{};
};

struct step_ended {
    std::int64_t rows_affected{0};
    std::optional<std::int64_t> last_insert_rowid{};
};

struct step_failed {
    std::uint32_t step{0};
    failure why{};
};

/// The whole cursor failed.
struct cursor_failed {
    failure why{};
};

/// The last entry of a cursor.
struct replication_index {
    std::optional<std::uint64_t> frame{};
};

using cursor_entry = std::variant<cursor_opened, step_begun, cursor_row, step_ended, step_failed,
                                  cursor_failed, replication_index>;

/// The content of `from`, with values that it owns.
result_set to_result_set(const statement_result& from);

}  // namespace libsql::remote::hrana
