#include "libsql/remote/batch_plan.hpp"

#include "support/outcome.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// A batch on a server does what it does locally: which steps ran, what they said, what is left.

namespace libsql {
namespace {

using testing::succeeded;

constexpr const char* schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)";

connection open(options chosen) {
    auto c = database::open(std::move(chosen)).value().connect().value();
    EXPECT_TRUE(succeeded(c.execute("DROP TABLE IF EXISTS t")));
    EXPECT_TRUE(succeeded(c.execute(schema)));
    return c;
}

connection& remote_one() {
    static const testing::sqld_server server;
    static connection c = open({.uri = server.url()});
    return c;
}

connection& local_one() {
    static connection c = open({.database = ":memory:"});
    return c;
}

/// A condition over the steps before `step`, built from `seeds`.
condition make_condition(const std::vector<std::uint8_t>& seeds, std::size_t& at, std::size_t step,
                         int depth) {
    const auto next = [&]() -> std::size_t { return at < seeds.size() ? seeds[at++] : 0; };
    switch (next() % (depth > 0 ? 7 : 3)) {
        case 0:
            return condition::ok(next() % step);
        case 1:
            return condition::error(next() % step);
        case 2:
            return condition::is_autocommit();
        case 3:
            return !make_condition(seeds, at, step, depth - 1);
        case 4:
            return make_condition(seeds, at, step, depth - 1) &&
                   make_condition(seeds, at, step, depth - 1);
        case 5:
            return make_condition(seeds, at, step, depth - 1) ||
                   make_condition(seeds, at, step, depth - 1);
        default:
            return next() % 2 == 0 ? condition::all_of({}) : condition::any_of({});
    }
}

void add_step(batch& b, std::uint8_t kind, const std::optional<condition>& when) {
    const auto add = [&](std::string_view sql, auto... args) {
        if (when) {
            b.add_if(*when, sql, args...);
        } else {
            b.add(sql, args...);
        }
    };
    constexpr std::array<std::string_view, 11> texts{
        "INSERT INTO t(x) VALUES (1)",  // fails the second time
        "SELECT x FROM t ORDER BY x",
        "SELECT nope FROM t",
        "UPDATE t SET x = x + 100 WHERE x < 100",
        "SELECT abs(-9223372036854775807 - 1)",
        "DELETE FROM t WHERE x = (SELECT max(x) FROM t)",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "INSERT OR ROLLBACK INTO t(x) VALUES (1)",
        "INSERT INTO t(x) VALUES (7), (NULL) RETURNING x"};
    const std::size_t which = kind % (texts.size() + 1);
    if (which == texts.size()) {
        add("INSERT INTO t(x) VALUES (?)", static_cast<int>(b.size()));
    } else {
        add(texts[which]);
    }
}

std::string text_of(const step_result& step) {
    if (step.skipped()) {
        return "skipped";
    }
    if (step.failed()) {
        return "failed: " + std::string(to_string(step.error().kind())) + " " +
               step.error().message();
    }
    std::string out = "done";
    for (const auto& row : step.rows()) {
        for (const auto& v : row) {
            out += " " + v.to_sql();
        }
    }
    return out;
}

/// What each step gave; and what is left of it, seen by `c`.
std::vector<std::string> outcome_of(executor& e, const batch& b, batch_mode mode, connection& c) {
    std::vector<std::string> out;
    const auto got = e.run(b, mode);
    if (!got) {
        const error& why = got.error();
        out.push_back("all failed: " + std::string(to_string(why.kind())) + " " +
                      std::string(to_string(why.outcome())) + " at " +
                      std::to_string(why.statement_index().value_or(99)));
    }
    for (const auto& step : got ? got->steps : got.error().completed()) {
        out.push_back(text_of(step));
    }
    for (const auto& v : c.fetch<value>("SELECT x FROM t ORDER BY id").value()) {
        out.push_back("row " + v.to_sql());
    }
    out.push_back(c.is_autocommit() ? "autocommit" : "in a transaction");
    return out;
}

std::vector<std::string> run_fresh(connection& c, const batch& b, batch_mode mode, bool nested) {
    EXPECT_TRUE(succeeded(c.execute("DELETE FROM t")));
    std::vector<std::string> out;
    if (nested) {
        auto t = c.begin().value();
        EXPECT_TRUE(succeeded(t.execute("INSERT INTO t(x) VALUES (-1)")));
        out = outcome_of(t, b, mode, c);
    } else {
        out = outcome_of(c, b, mode, c);
    }
    EXPECT_TRUE(succeeded(c.reset()));  // what a BEGIN of the batch has left open
    return out;
}

/// A second BEGIN with a condition fails inside the transaction that the first has opened. What the
/// statements after it stand in is still the first one's transaction.
TEST(batch_plan, a_failed_begin_does_not_hide_an_earlier_one) {
    batch b;
    b.add("INSERT INTO t(x) VALUES (1)");
    b.add_if(condition::is_autocommit(), "BEGIN");
    b.add_if(condition::ok(0), "BEGIN");
    b.add("INSERT OR ROLLBACK INTO t(x) VALUES (1)");
    b.add("INSERT INTO t(x) VALUES (2)");
    for (connection* c : {&local_one(), &remote_one()}) {
        const auto got = run_fresh(*c, b, batch_mode::independent, false);
        EXPECT_EQ(
            got,
            (std::vector<std::string>{
                "done", "done", "failed: sql cannot start a transaction within a transaction",
                "failed: constraint UNIQUE constraint failed: t.x",
                "failed: transaction the statement was not run, because its transaction is over",
                "row 1", "autocommit"}));
    }
}

RC_GTEST_PROP(batch_plan, a_batch_on_a_server_does_the_same_as_locally,
              (const std::vector<std::uint8_t>& kinds, const std::vector<std::uint8_t>& seeds,
               bool transactional, bool nested)) {
    batch b;
    std::size_t at = 0;
    for (std::size_t i = 0; i < kinds.size() && i < 12; ++i) {
        std::optional<condition> when;
        if (i > 0 && at < seeds.size()) {
            const bool conditional = seeds[at] % 2 == 1;
            ++at;
            if (conditional) {
                when = make_condition(seeds, at, i, 3);
            }
        }
        add_step(b, kinds[i], when);
    }
    const auto mode = transactional ? batch_mode::transactional : batch_mode::independent;
    const auto here = run_fresh(local_one(), b, mode, nested);
    const auto there = run_fresh(remote_one(), b, mode, nested);
    RC_ASSERT(there == here);
}

}  // namespace
}  // namespace libsql
