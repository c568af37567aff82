// What callbacks of every kind have in common: exceptions, re-entry, closing and dropping the
// connection inside, and the life of what they capture. What each kind does is tested beside its
// header.
#include "libsql/local_features/callback.hpp"

#include <libsql/authorizer.hpp>
#include <libsql/collation.hpp>
#include <libsql/database.hpp>
#include <libsql/function.hpp>
#include <libsql/hooks.hpp>
#include <libsql/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace libsql {

namespace {

using body = std::function<void()>;

connection open() {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    c.run_script(
         "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t (a) VALUES ('x'), ('y'), "
         "('z')")
        .value();
    return c;
}

result<void> run(connection& c, std::string_view sql) {
    return c.execute(sql).transform([](const execution&) {});
}

result<void> insert(connection& c) {
    return run(c, "INSERT INTO t (a) VALUES ('new')");
}

result<void> select(connection& c) {
    return run(c, "SELECT * FROM t");
}

int by_bytes(std::string_view a, std::string_view b) {
    return a.compare(b);
}

/// One kind of callback: how it is set, removed and made to run.
struct kind {
    std::string name;
    std::function<result<void>(connection&, body)> set;
    std::function<result<void>(connection&)> remove;
    std::function<result<void>(connection&)> provoke;

    friend void PrintTo(const kind& k, std::ostream* out) { *out << k.name; }
};

kind trace_kind_of(std::string name, trace_selection wanted) {
    return {
        std::move(name),
        [wanted](connection& c, body b) { return set_trace(c, wanted, [b](const auto&) { b(); }); },
        [](connection& c) { return set_trace(c, {}, {}); }, select};
}

struct group {
    body step_body, inverse_body, value_body, finish_body;

    void step(const std::string& a) {
        last = a;
        run_if(step_body);
    }

    void inverse(const std::string&) { run_if(inverse_body); }

    std::string value() {
        run_if(value_body);
        return last;
    }

    std::string finish() {
        run_if(finish_body);
        return last;
    }

    static void run_if(const body& b) {
        if (b) {
            b();
        }
    }

    std::string last;
};

kind aggregate_kind(std::string name, body group::*which, std::string sql) {
    return {std::move(name),
            [which](connection& c, body b) {
                return create_aggregate(c, "f", [which, b] {
                    group g;
                    g.*which = b;
                    return g;
                });
            },
            [](connection& c) { return remove_function(c, "f"); },
            [sql](connection& c) { return run(c, sql); }};
}

std::vector<kind> all_kinds() {
    const std::string window =
        "SELECT f(a) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t ORDER BY "
        "id";
    return {
        {"update_hook",
         [](connection& c, body b) { return set_update_hook(c, [b](const auto&) { b(); }); },
         [](connection& c) { return set_update_hook(c, {}); }, insert},
        {"preupdate_hook",
         [](connection& c, body b) { return set_preupdate_hook(c, [b](const auto&) { b(); }); },
         [](connection& c) { return set_preupdate_hook(c, {}); }, insert},
        {"commit_hook",
         [](connection& c, body b) {
             return set_commit_hook(c, [b] {
                 b();
                 return commit_decision::proceed;
             });
         },
         [](connection& c) { return set_commit_hook(c, {}); }, insert},
        {"rollback_hook", [](connection& c, body b) { return set_rollback_hook(c, b); },
         [](connection& c) { return set_rollback_hook(c, {}); },
         [](connection& c) {
             run(c, "BEGIN").value();
             insert(c).value();
             return run(c, "ROLLBACK");
         }},
        {"progress_handler",
         [](connection& c, body b) {
             return set_progress_handler(c, 1, [b] {
                 b();
                 return progress_decision::proceed;
             });
         },
         [](connection& c) { return set_progress_handler(c, 0, {}); }, select},
        {"authorizer",
         [](connection& c, body b) {
             return set_authorizer(c, [b](const auto&) {
                 b();
                 return authorization::allow;
             });
         },
         [](connection& c) { return set_authorizer(c, {}); }, select},
        trace_kind_of("trace_statement", {.statements = true}),
        trace_kind_of("trace_row", {.statements = false, .rows = true}),
        trace_kind_of("trace_profile", {.statements = false, .profile = true}),
        {"scalar_function", [](connection& c, body b) { return create_function(c, "f", b); },
         [](connection& c) { return remove_function(c, "f"); },
         [](connection& c) { return run(c, "SELECT f() FROM t"); }},
        aggregate_kind("aggregate_step", &group::step_body, "SELECT f(a) FROM t"),
        aggregate_kind("aggregate_finish", &group::finish_body, "SELECT f(a) FROM t"),
        aggregate_kind("window_inverse", &group::inverse_body, window),
        aggregate_kind("window_value", &group::value_body, window),
        {"collation",
         [](connection& c, body b) {
             return create_collation(c, "c", [b](std::string_view x, std::string_view y) {
                 b();
                 return by_bytes(x, y);
             });
         },
         [](connection& c) { return remove_collation(c, "c"); },
         [](connection& c) { return run(c, "SELECT * FROM t ORDER BY a COLLATE c"); }},
        {"collation_needed",
         [](connection& c, body b) {
             return set_collation_needed(c, [b](std::string_view) {
                 b();
                 return collation(by_bytes);
             });
         },
         [](connection& c) { return set_collation_needed(c, {}); },
         [](connection& c) { return run(c, "SELECT * FROM t ORDER BY a COLLATE unknown"); }},
    };
}

class every_callback : public testing::TestWithParam<kind> {};

INSTANTIATE_TEST_SUITE_P(callback, every_callback, testing::ValuesIn(all_kinds()),
                         [](const auto& each) { return each.param.name; });

std::int64_t row_count(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value();
}

TEST_P(every_callback, is_called_until_it_is_removed) {
    auto c = open();
    int calls = 0;
    ASSERT_TRUE(GetParam().set(c, [&] { ++calls; }));
    ASSERT_TRUE(GetParam().provoke(c));
    EXPECT_GT(calls, 0);
    ASSERT_TRUE(GetParam().remove(c));
    calls = 0;
    static_cast<void>(GetParam().provoke(c));  // functions and collations are unknown now
    EXPECT_EQ(calls, 0);
}

TEST_P(every_callback, an_exception_becomes_the_statements_error) {
    auto c = open();
    ASSERT_TRUE(GetParam().set(c, [] { throw std::runtime_error("the callback's own words"); }));
    const auto outcome = GetParam().provoke(c);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::sql);
    EXPECT_EQ(outcome.error().message(), "the callback's own words");
    EXPECT_FALSE(outcome.error().sql().empty());
    EXPECT_TRUE(c.is_autocommit());

    static_cast<void>(GetParam().remove(c));
    EXPECT_EQ(row_count(c), 3);
    EXPECT_TRUE(insert(c));
    const auto next = c.execute("SELECT 1 FROM nowhere");
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().message(), "no such table: nowhere");
}

TEST_P(every_callback, anything_may_be_thrown) {
    auto c = open();
    ASSERT_TRUE(GetParam().set(c, [] { throw 42; }));
    const auto outcome = GetParam().provoke(c);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().message(), "a callback threw something that is not a std::exception");
}

TEST_P(every_callback, using_the_connection_inside_is_misuse) {
    auto c = open();
    auto held = c.prepare("SELECT 1").value();
    auto rows = c.query("VALUES (1), (2)").value();
    ASSERT_TRUE(rows.next().value());
    std::vector<error_kind> seen;
    const auto note = [&](const auto& outcome) {
        seen.push_back(outcome ? error_kind::internal : outcome.error().kind());
    };
    bool done = false;
    const auto reenter = [&] {
        if (std::exchange(done, true)) {
            return;
        }
        note(c.execute("SELECT 1"));
        note(c.query("SELECT 1"));
        note(c.prepare("SELECT 1"));
        note(c.run_script("SELECT 1"));
        if (c.is_autocommit()) {
            note(c.begin(transaction_mode::read_only));
        }
        note(c.reset());
        note(c.ping());
        note(c.close());
        note(held.execute());
        note(held.bind());
        note(rows.next());
        note(set_update_hook(c, {}));
        note(set_authorizer(c, {}));
        note(set_trace(c, {}, {}));
        note(set_progress_handler(c, 0, {}));
        note(create_function(c, "f", [] { return 1; }));
        note(remove_function(c, "f"));
        note(create_collation(c, "c", by_bytes));
        note(set_collation_needed(c, {}));
    };
    // Functions and collations cannot be made while rows are open.
    rows.close();
    ASSERT_TRUE(GetParam().set(c, reenter));
    done = true;
    rows = c.query("VALUES (1), (2)").value();
    ASSERT_TRUE(rows.next().value());
    done = false;
    ASSERT_TRUE(GetParam().provoke(c).has_value() || GetParam().name == "rollback_hook");
    EXPECT_THAT(seen, testing::SizeIs(testing::Ge(18)));
    EXPECT_THAT(seen, testing::Each(error_kind::misuse));
    EXPECT_TRUE(c.is_open());
    EXPECT_TRUE(c.execute("SELECT 1"));
}

TEST_P(every_callback, its_connection_may_be_dropped_inside) {
    auto c = std::make_unique<connection>(open());
    auto held = c->prepare("SELECT 1").value();
    const auto alive = std::make_shared<int>(0);
    ASSERT_TRUE(GetParam().set(*c, [&c, alive] { c.reset(); }));
    auto& dying = *c;
    static_cast<void>(GetParam().provoke(dying));
    ASSERT_EQ(c, nullptr);
    EXPECT_EQ(alive.use_count(), 1);
    EXPECT_EQ(held.execute().error().kind(), error_kind::closed);
}

TEST_P(every_callback, statements_and_rows_may_be_dropped_inside) {
    auto c = open();
    std::optional<statement> held;
    std::optional<rows> reading;
    ASSERT_TRUE(GetParam().set(c, [&] {
        held.reset();
        reading.reset();
    }));
    held = c.prepare("SELECT 1").value();
    reading = c.query("SELECT 2").value();
    static_cast<void>(GetParam().provoke(c));
    EXPECT_FALSE(held);
    EXPECT_FALSE(reading);
    EXPECT_TRUE(c.reset());
    EXPECT_TRUE(c.close());
}

/// Counts the destructions of one captured object.
struct counted {
    explicit counted(int& counter) : destroyed(counter) {}

    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

    ~counted() { ++destroyed; }

    int& destroyed;
};

body capturing(int& destroyed) {
    return [state = std::make_shared<counted>(destroyed)] {};
}

TEST_P(every_callback, its_captures_are_destroyed_when_it_is_removed) {
    int destroyed = 0;
    auto c = open();
    ASSERT_TRUE(GetParam().set(c, capturing(destroyed)));
    ASSERT_TRUE(GetParam().provoke(c));
    EXPECT_EQ(destroyed, 0);
    ASSERT_TRUE(GetParam().remove(c));
    EXPECT_EQ(destroyed, 1);
    ASSERT_TRUE(c.close());
    EXPECT_EQ(destroyed, 1);
}

TEST_P(every_callback, its_captures_are_destroyed_when_it_is_replaced) {
    int first = 0;
    int second = 0;
    auto c = open();
    ASSERT_TRUE(GetParam().set(c, capturing(first)));
    ASSERT_TRUE(GetParam().set(c, capturing(second)));
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 0);
    ASSERT_TRUE(GetParam().provoke(c));
    ASSERT_TRUE(c.close());
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 1);
}

TEST_P(every_callback, its_captures_are_destroyed_at_close_though_handles_remain) {
    int destroyed = 0;
    auto c = open();
    ASSERT_TRUE(GetParam().set(c, capturing(destroyed)));
    auto rows = c.query("SELECT * FROM t").value();
    ASSERT_TRUE(rows.next().value());
    ASSERT_TRUE(c.close());
    EXPECT_EQ(destroyed, 1);
    EXPECT_EQ(rows.current().size(), 0U);
    EXPECT_FALSE(rows.next());
}

TEST_P(every_callback, its_captures_are_destroyed_with_the_connection) {
    int destroyed = 0;
    {
        auto c = open();
        ASSERT_TRUE(GetParam().set(c, capturing(destroyed)));
    }
    EXPECT_EQ(destroyed, 1);
}

TEST_P(every_callback, its_captures_may_own_the_connection_until_close) {
    auto c = std::make_shared<connection>(open());
    ASSERT_TRUE(GetParam().set(*c, [c] {}));
    auto rows = c->query("SELECT 1").value();
    auto* const last = c.get();
    const std::weak_ptr<connection> watched = c;
    c.reset();
    ASSERT_FALSE(watched.expired());
    ASSERT_TRUE(last->close());
    EXPECT_TRUE(watched.expired());
    EXPECT_FALSE(rows.next());
}

TEST_P(every_callback, cannot_be_set_on_a_closed_connection) {
    int destroyed = 0;
    auto c = open();
    ASSERT_TRUE(c.close());
    const auto outcome = GetParam().set(c, capturing(destroyed));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::closed);
    EXPECT_EQ(destroyed, 1);
    EXPECT_FALSE(GetParam().remove(c));
}

TEST_P(every_callback, survives_a_reset) {
    auto c = open();
    int calls = 0;
    ASSERT_TRUE(GetParam().set(c, [&] { ++calls; }));
    ASSERT_TRUE(c.reset());
    calls = 0;
    ASSERT_TRUE(GetParam().provoke(c));
    EXPECT_GT(calls, 0);
}

TEST(callback, dropping_the_connection_while_a_row_is_read_ends_the_row) {
    auto c = std::make_unique<connection>(open());
    ASSERT_TRUE(create_function(*c, "f", [&c](std::string_view a) {
        c.reset();
        return std::string(a);
    }));
    auto found = c->query("SELECT f(a), a FROM t").value();  // runs up to its first row
    EXPECT_EQ(found.next().error().kind(), error_kind::closed);
}

TEST(callback, dropping_the_connection_inside_its_script_ends_the_script) {
    auto c = std::make_unique<connection>(open());
    ASSERT_TRUE(create_function(*c, "f", [&c] { c.reset(); }));
    auto& dying = *c;
    const auto outcome = dying.run_script("SELECT f(); INSERT INTO t (a) VALUES ('never')");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind(), error_kind::closed);
}

TEST(callback, dropping_the_connection_in_begin_ends_the_transaction) {
    auto c = std::make_unique<connection>(open());
    ASSERT_TRUE(set_authorizer(*c, [&c](const authorizer_request& r) {
        if (r.action == authorizer_action::transaction) {
            c.reset();
        }
        return authorization::allow;
    }));
    auto& dying = *c;
    auto begun = dying.begin(transaction_mode::immediate);
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->execute("SELECT 1").error().kind(), error_kind::closed);
    EXPECT_EQ(begun->commit().error().kind(), error_kind::closed);
}

TEST(callback, a_statement_may_be_dropped_while_the_connection_closes) {
    auto c = open();
    auto held = std::make_optional(c.prepare("SELECT 1").value());
    ASSERT_TRUE(set_trace(c, {.statements = false, .close = true},
                          [&](const trace_event&) { held.reset(); }));
    EXPECT_TRUE(c.close());
    EXPECT_FALSE(held);
}

TEST(callback, a_statement_may_be_dropped_while_the_connection_is_reset) {
    auto c = open();
    auto held = std::make_optional(c.prepare("SELECT 1").value());
    ASSERT_TRUE(set_rollback_hook(c, [&] { held.reset(); }));
    ASSERT_TRUE(run(c, "BEGIN"));
    EXPECT_TRUE(c.reset());
    EXPECT_FALSE(held);
    EXPECT_TRUE(c.execute("SELECT 1"));
}

}  // namespace

}  // namespace libsql
