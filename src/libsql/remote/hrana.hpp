#pragma once

#include <libsql/batch.hpp>
#include <libsql/column.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/result_set.hpp>

#include <cstdint>
#include <optional>
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
    detail::arguments_view arguments{};  ///< positional, or all named
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

/// A script, of which only the first error comes back.
struct sequence_request {
    std::string_view sql;
};

struct describe_request {
    std::string_view sql;
};

struct get_autocommit_request {};

using request = std::variant<close_request, execute_request, batch_request, sequence_request,
                             describe_request, get_autocommit_request>;

/// An error inside a reply: the request was refused, or its statement failed.
struct failure {
    std::string message;
    std::string code;           ///< "SQLITE_CONSTRAINT", "SQL_PARSE_ERROR", "STREAM_EXPIRED" ...
    std::string extended_code;  ///< "SQLITE_CONSTRAINT_UNIQUE"; empty if the server has none

    friend bool operator==(const failure&, const failure&) = default;
};

struct statement_result {
    result_set rows;
    std::optional<std::uint64_t> replication_index{};
};

/// For each step its result, its failure, or neither when it was skipped.
struct batch_outcome {
    std::vector<std::optional<statement_result>> results;
    std::vector<std::optional<failure>> failures;
};

struct description {
    std::vector<std::optional<std::string>> parameters;  ///< with their prefix; none: not named
    std::vector<column> columns;
    bool is_explain{false};
    bool is_read_only{false};
};

/// What came back for one request: nothing (close, sequence), or what it asked for.
using response = std::variant<std::monostate, statement_result, batch_outcome, description, bool>;

/// The reply to a pipeline of requests.
struct reply {
    std::optional<std::string> baton;     ///< to be sent with the next request; none: closed
    std::optional<std::string> base_url;  ///< where to send it instead
    std::vector<std::variant<response, failure>> results;  ///< one for each request
};

}  // namespace libsql::remote::hrana
