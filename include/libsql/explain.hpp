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

/// One instruction of the program that a statement is compiled to. SQLite's own: it changes from
/// version to version.
struct instruction {
    std::int64_t address{0};               ///< its place in the program, from 0
    std::string opcode{};                  ///< what it does: "OpenRead", "Next", ...
    std::int64_t p1{0};                    ///< the first operand
    std::int64_t p2{0};                    ///< the second operand, often the address to jump to
    std::int64_t p3{0};                    ///< the third operand
    std::optional<std::string> p4{};       ///< the fourth operand, as text
    std::int64_t p5{0};                    ///< the fifth operand: flags
    std::optional<std::string> comment{};  ///< only in an engine that was built with comments
};

/// One step of a query plan, with the steps that it is made of.
struct plan_step {
    std::int64_t id{0};                 ///< SQLite's number of the step
    std::string detail{};               ///< "SCAN t", "SEARCH u USING INDEX i (a=?)", ...
    std::vector<plan_step> children{};  ///< in the order in which the engine takes them
};

namespace detail {

LIBSQL_API result<std::vector<plan_step>> read_plan(rows source);

}  // namespace detail

/// The program that `sql` is compiled to; `sql` is not run. It takes the statement's arguments, as
/// `query` does. Errors: those of compiling it; `sql` for one that is an EXPLAIN itself.
template <class... Args>
result<std::vector<instruction>> explain(executor& on, std::string_view sql, const Args&... args) {
    return on.fetch<instruction>("EXPLAIN " + std::string(sql), args...);
}

/// How the engine would find the rows of `sql`, as a tree; `sql` is not run. Empty for a statement
/// that looks for none. Arguments and errors as above.
template <class... Args>
result<std::vector<plan_step>> explain_query_plan(executor& on, std::string_view sql,
                                                  const Args&... args) {
    return on.query("EXPLAIN QUERY PLAN " + std::string(sql), args...).and_then([](rows&& found) {
        return detail::read_plan(std::move(found));
    });
}

/// The plan as SQLite's shell prints it:
/// ```
/// QUERY PLAN
/// |--SCAN t
/// `--SEARCH u USING INTEGER PRIMARY KEY (rowid=?)
/// ```
LIBSQL_API std::string to_string(const std::vector<plan_step>& plan);

}  // namespace libsql
