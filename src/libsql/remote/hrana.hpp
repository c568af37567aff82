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
/// The messages of Hrana 3 over HTTP (libSQL's docs/HRANA_3_SPEC.md) as plain values, whatever
/// they are written in. Requests are views; they live as long as what they view.

namespace libsql::remote::hrana {

/// One statement to run.
struct statement {
    std::string_view sql;
    std::span<const detail::cell> arguments{};
    std::span<const std::string_view> names{};  ///< one for each argument; none: by their place
    bool want_rows{true};
};

/// One step of a batch.
struct step {
    statement what;
    std::optional<condition> when{};  ///< none: always
};

/// Ends the stream; what is open in it is rolled back.
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

/// Forgets a text that was stored, of which there are none here: this asks the stream, and not the
/// database, for nothing.
struct close_sql_request {};

using request = std::variant<close_request, execute_request, batch_request, describe_request,
                             get_autocommit_request, close_sql_request>;

/// An error inside a reply: the request was refused, or its statement failed.
struct failure {
    std::string message{};
    std::string code{};           ///< "SQLITE_CONSTRAINT", "SQL_PARSE_ERROR", "STREAM_EXPIRED" ...
    std::string extended_code{};  ///< "SQLITE_CONSTRAINT_UNIQUE"; empty if the server has none

    friend bool operator==(const failure&, const failure&) = default;
};

/// What a statement gave. The cells view the reply's storage.
struct statement_result {
    std::vector<column> columns{};
    std::vector<detail::cell> cells{};  ///< row after row, each as wide as `columns`
    std::size_t row_count{0};
    execution executed{};
    std::optional<std::uint64_t> replication_index{};
};

/// For each step its result, its failure, or neither when it was skipped.
struct batch_outcome {
    std::vector<std::optional<statement_result>> results{};
    std::vector<std::optional<failure>> failures{};
};

struct description {
    std::vector<std::optional<std::string>> parameters{};  ///< with their prefix; none: not named
    std::vector<column> columns{};
    bool is_explain{false};
    bool is_read_only{false};
};

/// What came back for one request: nothing (close, close_sql), or what it asked for.
using response = std::variant<std::monostate, statement_result, batch_outcome, description, bool>;

/// The reply to a pipeline of requests.
struct reply {
    std::optional<std::string> baton{};     ///< to be sent with the next request; none: closed
    std::optional<std::string> base_url{};  ///< where to send it instead
    std::vector<std::variant<response, failure>> results{};  ///< one for each request
    std::shared_ptr<const void> storage{};                   ///< what the cells view
};

/// The first thing that comes from a cursor.
struct cursor_opened {
    std::optional<std::string> baton{};
    std::optional<std::string> base_url{};
};

struct step_begun {
    std::uint32_t step{0};
    std::vector<column> columns{};
};

/// A row of the step that was begun. The cells live until the next entry is read.
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

/// All of it failed.
struct cursor_failed {
    failure why{};
};

/// The last thing that comes.
struct replication_index {
    std::optional<std::uint64_t> frame{};
};

using cursor_entry = std::variant<cursor_opened, step_begun, cursor_row, step_ended, step_failed,
                                  cursor_failed, replication_index>;

/// What `from` gave, with values of its own.
result_set to_result_set(const statement_result& from);

}  // namespace libsql::remote::hrana
