#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// One instruction of the program that a statement compiles to. Specific to SQLite, and different
/// from version to version.
struct instruction {
    std::int64_t address{0};               ///< its position in the program, from 0
    std::string opcode{};                  ///< what it does: "OpenRead", "Next", ...
    std::int64_t p1{0};                    ///< the first operand
    std::int64_t p2{0};                    ///< the second operand, often the address to jump to
    std::int64_t p3{0};                    ///< the third operand
    std::optional<std::string> p4{};       ///< the fourth operand, as text
    std::int64_t p5{0};                    ///< the fifth operand: flags
    std::optional<std::string> comment{};  ///< only if the engine was built with comments
};

/// One step of a query plan, with the steps that it consists of.
struct plan_step {
    std::int64_t id{0};                 ///< SQLite's number for the step
    std::string detail{};               ///< "SCAN t", "SEARCH u USING INDEX i (a=?)", ...
    std::vector<plan_step> children{};  ///< in the order in which the engine runs them
};

namespace detail {

LIBSQL_API result<std::vector<plan_step>> read_plan(rows source);

}  // namespace detail

/// The program that `sql` compiles to; `sql` is not run. Takes the arguments of the statement, as
/// `query` does. One round trip in remote mode. Errors: those of compiling `sql`; `sql` if it is an
/// EXPLAIN itself.
template <class... Args>
result<std::vector<instruction>> explain(executor& on, std::string_view sql, const Args&... args) {
    return on.fetch<instruction>("EXPLAIN " + std::string(sql), args...);
}

/// How the engine would find the rows for `sql`, as a tree; `sql` is not run. Empty for a statement
/// that searches for no rows. Arguments, round trips and errors as above.
template <class... Args>
result<std::vector<plan_step>> explain_query_plan(executor& on, std::string_view sql,
                                                  const Args&... args) {
    return on.query("EXPLAIN QUERY PLAN " + std::string(sql), args...).and_then([](rows&& found) {
        return detail::read_plan(std::move(found));
    });
}

/// The plan as the SQLite shell prints it:
/// ```
/// QUERY PLAN
/// |--SCAN t
/// `--SEARCH u USING INTEGER PRIMARY KEY (rowid=?)
/// ```
LIBSQL_API std::string to_string(const std::vector<plan_step>& plan);

}  // namespace libsql
