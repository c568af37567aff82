#include "support/open_connection.hpp"

#include <libsql/database.hpp>
#include <libsql/function.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace libsql {

namespace {

using namespace std::string_literals;

connection open() {
    return testing::open_memory(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a);"
        "INSERT INTO t (a) VALUES (3), (1), (2), (NULL)");
}

value one(connection& c, std::string_view sql) {
    auto found = c.fetch_one<value>(sql);
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? found->value() : value("an error");
}

error failure(connection& c, std::string_view sql) {
    auto found = c.fetch<value>(sql);
    EXPECT_FALSE(found);
    return found ? error(error_kind::internal, "no error") : found.error();
}

// --- arguments ---

TEST(function, its_signature_decides_number_and_types_of_arguments) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "repeat", [](std::string_view text, std::int64_t times) {
        std::string all;
        for (std::int64_t i = 0; i < times; ++i) {
            all += text;
        }
        return all;
    }));
    EXPECT_EQ(one(c, "SELECT repeat('ab', 3)"), value("ababab"));
    EXPECT_EQ(failure(c, "SELECT repeat('ab')").message(),
              "wrong number of arguments to function repeat()");
    EXPECT_EQ(failure(c, "SELECT repeat('ab', 1, 2)").kind(), error_kind::sql);
    EXPECT_EQ(failure(c, "SELECT repeat(1, 2)").message(),
              "repeat(): argument 1 is integer and cannot be read as text");
    EXPECT_EQ(failure(c, "SELECT repeat('ab', '2')").message(),
              "repeat(): argument 2 is text and cannot be read as a 64-bit integer");
    EXPECT_EQ(failure(c, "SELECT repeat('ab', NULL)").message(),
              "repeat(): argument 2 is NULL and cannot be read as a 64-bit integer; read it as "
              "std::optional");
    EXPECT_EQ(failure(c, "SELECT repeat('ab', 1.5)").kind(), error_kind::sql);
}

TEST(function, every_parameter_type_is_passed) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "f",
                                [](bool b, std::uint8_t u, double d, const std::string& s,
                                   blob bytes, std::optional<int> o, value v) {
                                    EXPECT_TRUE(b);
                                    EXPECT_EQ(u, 255);
                                    EXPECT_EQ(d, 2.0);
                                    EXPECT_EQ(s, "text");
                                    EXPECT_EQ(bytes.size(), 2U);
                                    EXPECT_EQ(o, std::nullopt);
                                    return v;
                                }));
    EXPECT_EQ(one(c, "SELECT f(1, 255, 2, 'text', x'0001', NULL, 'v')"), value("v"));
    EXPECT_EQ(failure(c, "SELECT f(2, 255, 2, 'text', x'0001', NULL, 'v')").message(),
              "f(): argument 1 is integer and cannot be read as bool");
    EXPECT_EQ(failure(c, "SELECT f(1, 256, 2, 'text', x'0001', NULL, 'v')").message(),
              "f(): argument 2 is integer and cannot be read as a small integer");
    EXPECT_EQ(failure(c, "SELECT f(1, 255, 2, 'text', 'no blob', NULL, 'v')").message(),
              "f(): argument 5 is text and cannot be read as a blob");
    EXPECT_EQ(failure(c, "SELECT f(1, 255, 2, 'text', x'0001', 2147483648, 'v')").message(),
              "f(): argument 6 is integer and cannot be read as a 32-bit integer");
}

TEST(function, a_value_view_takes_anything) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "kind", [](value_view v) { return to_string(v.type()); }));
    EXPECT_EQ(one(c, "SELECT kind(NULL) || kind(1) || kind(1.0) || kind('') || kind(x'')"),
              value("nullintegerrealtextblob"));
    ASSERT_TRUE(create_function(c, "same", [](value_view v) { return v; }));
    EXPECT_EQ(one(c, "SELECT same('a' || char(0) || 'b')"), value("a\0b"s));
    EXPECT_EQ(one(c, "SELECT same(zeroblob(3))"), value(blob(3)));
    EXPECT_EQ(one(c, "SELECT same(NULL)"), value(nullptr));
}

TEST(function, may_take_any_number_of_arguments) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "count_nulls", [](std::span<const value_view> all) {
        return std::count_if(all.begin(), all.end(),
                             [](const value_view& v) { return v.is_null(); });
    }));
    EXPECT_EQ(one(c, "SELECT count_nulls()"), value(0));
    EXPECT_EQ(one(c, "SELECT count_nulls(1, NULL, 'x', NULL)"), value(2));
    std::string many = "SELECT count_nulls(NULL";
    for (int i = 1; i < 100; ++i) {
        many += ", NULL";
    }
    EXPECT_EQ(one(c, many + ")"), value(100));
    ASSERT_TRUE(create_function(
        c, "strict", [](std::span<const value_view> all) { return all[0].get<std::int64_t>(); }));
    EXPECT_THAT(failure(c, "SELECT strict('x')").message(),
                ::testing::HasSubstr("the value is text"));
}

TEST(function, may_take_as_many_arguments_as_the_engine_allows) {
    auto c = open();
    ASSERT_TRUE(
        create_function(c, "many", [](std::span<const value_view> all) { return all.size(); }));
    std::string list = "1";
    for (int i = 1; i < 127; ++i) {
        list += ",1";
    }
    EXPECT_EQ(one(c, "SELECT many(" + list + ")"), value(127));
    EXPECT_EQ(failure(c, "SELECT many(" + list + ",1)").kind(), error_kind::sql);
}

TEST(function, may_share_its_name_with_different_numbers_of_arguments) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "f", [] { return "none"; }));
    ASSERT_TRUE(create_function(c, "F", [](value_view) { return "one"; }));
    ASSERT_TRUE(create_function(c, "f", [](std::span<const value_view>) { return "any"; }));
    EXPECT_EQ(one(c, "SELECT f() || f(1) || f(1, 2)"), value("noneoneany"));
    ASSERT_TRUE(create_function(c, "f", [](value_view, value_view) { return "two"; }));
    EXPECT_EQ(one(c, "SELECT f() || f(1) || f(1, 2)"), value("noneonetwo"));
    ASSERT_TRUE(remove_function(c, "f"));
    EXPECT_EQ(failure(c, "SELECT f()").message(), "no such function: f");
    EXPECT_EQ(failure(c, "SELECT f(1)").message(), "no such function: f");
    EXPECT_EQ(failure(c, "SELECT f(1, 2)").message(), "no such function: f");
}

int plain_function(int a) noexcept {
    return a + 1;
}

TEST(function, may_be_a_plain_function_a_std_function_or_an_object_with_state) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "plain", plain_function));
    EXPECT_EQ(one(c, "SELECT plain(1)"), value(2));
    ASSERT_TRUE(create_function(c, "wrapped", std::function<int(int)>(plain_function)));
    EXPECT_EQ(one(c, "SELECT wrapped(2)"), value(3));
    ASSERT_TRUE(create_function(c, "next", [n = 0]() mutable { return ++n; }));
    EXPECT_EQ(one(c, "SELECT next() + next() + next()"), value(6));
}

// --- results ---

TEST(function, every_result_type_is_returned) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "no_value", [] {}));
    EXPECT_EQ(one(c, "SELECT no_value()"), value(nullptr));
    ASSERT_TRUE(
        create_function(c, "smallest", [] { return std::numeric_limits<std::int64_t>::min(); }));
    EXPECT_EQ(one(c, "SELECT smallest()"), value(std::numeric_limits<std::int64_t>::min()));
    ASSERT_TRUE(
        create_function(c, "largest", [] { return std::numeric_limits<std::int64_t>::max(); }));
    EXPECT_EQ(one(c, "SELECT largest()"), value(std::numeric_limits<std::int64_t>::max()));
    ASSERT_TRUE(create_function(c, "yes", [] { return true; }));
    EXPECT_EQ(one(c, "SELECT yes()"), value(1));
    ASSERT_TRUE(
        create_function(c, "infinite", [] { return std::numeric_limits<double>::infinity(); }));
    EXPECT_EQ(one(c, "SELECT infinite()"), value(std::numeric_limits<double>::infinity()));
    ASSERT_TRUE(create_function(c, "nul", [] { return "a\0b"s; }));
    EXPECT_EQ(one(c, "SELECT nul()"), value("a\0b"s));
    EXPECT_EQ(one(c, "SELECT typeof(nul())"), value("text"));
    ASSERT_TRUE(create_function(c, "bytes", [] { return blob{std::byte{0}, std::byte{255}}; }));
    EXPECT_EQ(one(c, "SELECT bytes()"), value(blob{std::byte{0}, std::byte{255}}));
    ASSERT_TRUE(create_function(c, "empty_text", [] { return ""s; }));
    EXPECT_EQ(one(c, "SELECT empty_text()"), value(""));
    ASSERT_TRUE(create_function(c, "empty_blob", [] { return blob(); }));
    EXPECT_EQ(one(c, "SELECT empty_blob()"), value(blob()));
    ASSERT_TRUE(create_function(
        c, "maybe", [](bool there) { return there ? std::optional("x"s) : std::nullopt; }));
    EXPECT_EQ(one(c, "SELECT maybe(1)"), value("x"));
    EXPECT_EQ(one(c, "SELECT maybe(0)"), value(nullptr));
}

TEST(function, results_that_sqlite_cannot_store_are_errors) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "nan", [] { return std::nan(""); }));
    EXPECT_EQ(failure(c, "SELECT nan()").message(),
              "nan(): the result is NaN, which SQLite would turn into NULL");
    ASSERT_TRUE(
        create_function(c, "huge", [] { return std::numeric_limits<std::uint64_t>::max(); }));
    EXPECT_EQ(failure(c, "SELECT huge()").message(),
              "huge(): the result is above the largest SQL integer, 9223372036854775807");
    ASSERT_TRUE(create_function(c, "long", [] { return std::string(1'000'000'001, 'x'); }));
    EXPECT_EQ(failure(c, "SELECT length(long())").kind(), error_kind::too_big);
}

TEST(function, a_result_is_its_value_or_the_statements_error) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "half", [](std::int64_t n) -> result<std::int64_t> {
        if (n % 2 != 0) {
            return error(error_kind::invalid_argument, "an odd number has no half");
        }
        return n / 2;
    }));
    EXPECT_EQ(one(c, "SELECT half(4)"), value(2));
    const auto why = failure(c, "SELECT half(3)");
    EXPECT_EQ(why.kind(), error_kind::sql);
    EXPECT_EQ(why.message(), "an odd number has no half");
    EXPECT_EQ(why.sql(), "SELECT half(3)");
    ASSERT_TRUE(create_function(c, "check_it", [](bool fine) -> result<void> {
        return fine ? result<void>() : error(error_kind::sql, "not fine");
    }));
    EXPECT_EQ(one(c, "SELECT check_it(1)"), value(nullptr));
    EXPECT_EQ(failure(c, "SELECT check_it(0)").message(), "not fine");
    ASSERT_TRUE(create_function(c, "deep", []() -> result<std::optional<std::string>> {
        return std::optional<std::string>();
    }));
    EXPECT_EQ(one(c, "SELECT deep()"), value(nullptr));
}

TEST(function, a_failing_function_undoes_only_its_statement) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "refuse", [](std::optional<int> n) -> std::optional<int> {
        if (n == 2) {
            throw std::runtime_error("two is refused");
        }
        return n;
    }));
    auto tx = c.begin(transaction_mode::immediate).value();
    ASSERT_TRUE(tx.execute("INSERT INTO t (a) VALUES (10)"));
    EXPECT_EQ(tx.execute("UPDATE t SET a = refuse(a) + 100").error().message(), "two is refused");
    EXPECT_EQ(tx.status(), transaction_status::active);
    ASSERT_TRUE(tx.commit());
    EXPECT_EQ(one(c, "SELECT max(a) FROM t"), value(10));
}

TEST(function, every_value_survives_a_round_trip) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "same", [](value v) { return v; }));
    const auto any = rc::gen::oneOf(
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return value(i); }),
        rc::gen::map(rc::gen::suchThat(rc::gen::arbitrary<double>(),
                                       [](double d) { return !std::isnan(d); }),
                     [](double d) { return value(d); }),
        rc::gen::map(rc::gen::string<std::string>(),
                     [](std::string s) { return value(std::move(s)); }),
        rc::gen::map(rc::gen::arbitrary<std::vector<std::uint8_t>>(),
                     [](const std::vector<std::uint8_t>& bytes) {
                         blob out;
                         for (const auto b : bytes) {
                             out.push_back(std::byte{b});
                         }
                         return value(std::move(out));
                     }),
        rc::gen::just(value(nullptr)));
    EXPECT_TRUE(rc::check([&] {
        const value v = *any;
        RC_ASSERT((c.fetch_one<value>("SELECT same(?)", v).value().value() == v));
    }));
}

// --- aggregates ---

struct product {
    void step(std::optional<std::int64_t> n) {
        if (n) {
            so_far *= *n;
        }
    }

    [[nodiscard]] std::int64_t finish() const noexcept { return so_far; }

    std::int64_t so_far{1};
};

TEST(function, an_aggregate_has_one_object_for_each_group) {
    auto c = open();
    ASSERT_TRUE(create_aggregate<product>(c, "product"));
    EXPECT_EQ(one(c, "SELECT product(a) FROM t"), value(6));
    EXPECT_EQ(one(c, "SELECT product(a) FROM t WHERE 0"), value(1));
    EXPECT_EQ(
        c.fetch<std::int64_t>("SELECT product(a) FROM t GROUP BY id % 2 ORDER BY id % 2").value(),
        (std::vector<std::int64_t>{1, 6}));
    EXPECT_EQ(one(c, "SELECT product(DISTINCT a) FROM t"), value(6));
    EXPECT_EQ(one(c, "SELECT product(a) FILTER (WHERE a > 1) FROM t"), value(6));
    EXPECT_EQ(failure(c, "SELECT product(a) OVER () FROM t").message(),
              "product() may not be used as a window function");
    EXPECT_EQ(failure(c, "SELECT product('x')").message(),
              "product(): argument 1 is text and cannot be read as a 64-bit integer");
}

struct joined {
    explicit joined(std::string with) : separator(std::move(with)) {}

    joined(const joined&) = delete;
    joined& operator=(const joined&) = delete;

    result<void> step(std::span<const value_view> parts) {
        for (const auto& part : parts) {
            const auto text = part.try_get<std::string_view>();
            if (!text) {
                return text.error();
            }
            all += separator + std::string(*text);
        }
        return {};
    }

    result<std::string> finish() {
        if (all.empty()) {
            return error(error_kind::sql, "nothing to join");
        }
        return std::move(all);
    }

    std::string separator;
    std::string all;
};

TEST(function, an_aggregate_may_be_made_by_a_factory_and_may_fail) {
    auto c = open();
    ASSERT_TRUE(create_aggregate(c, "joined", [] { return joined("-"); }));
    EXPECT_EQ(one(c, "SELECT joined('a', id || '') FROM t"), value("-a-1-a-2-a-3-a-4"));
    EXPECT_EQ(failure(c, "SELECT joined(a) FROM t").message(),
              "the value is integer and cannot be read as text");
    EXPECT_EQ(failure(c, "SELECT joined() FROM t").message(), "nothing to join");
}

TEST(function, a_factory_that_throws_fails_the_statement) {
    auto c = open();
    ASSERT_TRUE(
        create_aggregate(c, "f", []() -> product { throw std::runtime_error("cannot make it"); }));
    EXPECT_EQ(failure(c, "SELECT f(a) FROM t").message(), "cannot make it");
    EXPECT_EQ(failure(c, "SELECT f(a) FROM t WHERE 0").message(), "cannot make it");
}

/// Counts the objects that are alive.
struct watched {
    explicit watched(int& counter) : alive(&counter) { ++*alive; }

    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;

    ~watched() { --*alive; }

    void step(std::optional<int> n) {
        if (n == 2) {
            throw std::runtime_error("two");
        }
    }

    int finish() const noexcept { return *alive; }

    int* alive;
};

TEST(function, the_object_of_a_group_is_always_destroyed) {
    auto c = open();
    int alive = 0;
    ASSERT_TRUE(create_aggregate(c, "f", [&alive] { return watched(alive); }));
    EXPECT_EQ(one(c, "SELECT f(a) FROM t WHERE a = 1"), value(1));
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(failure(c, "SELECT f(a) FROM t").message(), "two");
    EXPECT_EQ(alive, 0);
    {
        auto found = c.query("SELECT f(a) FROM t WHERE a <> 2 GROUP BY id").value();
        ASSERT_TRUE(found.next().value());
    }
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(
        c.execute("SELECT f(a), abs(-9223372036854775807 - 1) FROM t WHERE a = 1").error().kind(),
        error_kind::sql);
    EXPECT_EQ(alive, 0);
}

TEST(function, an_interrupted_aggregate_is_cleaned_up) {
    auto c = open();
    int alive = 0;
    ASSERT_TRUE(create_aggregate(c, "f", [&alive] { return watched(alive); }));
    EXPECT_EQ(
        c.execute(
             deadline::in(std::chrono::milliseconds(10)),
             "WITH RECURSIVE n(i) AS (VALUES (3) UNION ALL SELECT i FROM n) SELECT f(i) FROM n")
            .error()
            .kind(),
        error_kind::timeout);
    EXPECT_EQ(alive, 0);
}

// --- window functions ---

struct window_sum {
    void step(std::optional<std::int64_t> n) { sum += n.value_or(0); }

    void inverse(std::optional<std::int64_t> n) { sum -= n.value_or(0); }

    [[nodiscard]] std::int64_t value() const { return sum; }

    [[nodiscard]] std::int64_t finish() const { return sum; }

    std::int64_t sum{0};
};

TEST(function, a_window_function_agrees_with_the_built_in_one) {
    auto c = open();
    ASSERT_TRUE(create_aggregate<window_sum>(c, "my_sum"));
    for (const auto* const frame :
         {"ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
          "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
          "ROWS BETWEEN 3 FOLLOWING AND 4 FOLLOWING", "RANGE UNBOUNDED PRECEDING",
          "ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING EXCLUDE TIES"}) {
        const std::string over = "(a) OVER (ORDER BY id "s + frame + ") FROM t ORDER BY id";
        EXPECT_EQ(c.fetch<std::int64_t>("SELECT my_sum" + over).value(),
                  c.fetch<std::int64_t>("SELECT cast(total" + over.substr(0, over.find(" FROM")) +
                                        " AS INTEGER) FROM t ORDER BY id")
                      .value())
            << frame;
    }
    EXPECT_EQ(c.fetch<std::int64_t>(
                   "SELECT my_sum(a) OVER (PARTITION BY id % 2 ORDER BY id) FROM t ORDER BY id")
                  .value(),
              (std::vector<std::int64_t>{3, 1, 5, 1}));
    EXPECT_EQ(one(c, "SELECT my_sum(a) FROM t"), value(6));
}

// --- names, options, replacing ---

TEST(function, invalid_names_are_refused) {
    auto c = open();
    for (const std::string& name : {""s, "a\0b"s, std::string(256, 'x'), "\xff"s}) {
        const auto outcome = create_function(c, name, [] { return 1; });
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().kind(), error_kind::invalid_argument);
        EXPECT_EQ(create_aggregate<product>(c, name).error().kind(), error_kind::invalid_argument);
    }
    EXPECT_TRUE(create_function(c, std::string(255, 'x'), [] { return 1; }));
    EXPECT_TRUE(create_function(c, "with space", [] { return 1; }));
    EXPECT_EQ(one(c, "SELECT \"with space\"()"), value(1));
}

TEST(function, options_reach_the_engine) {
    auto c = open();
    EXPECT_EQ(create_function(c, "f", [] { return 1; }, {.innocuous = true, .direct_only = true})
                  .error()
                  .kind(),
              error_kind::invalid_argument);
    ASSERT_TRUE(create_function(c, "changing", [](value_view) { return 1; }));
    EXPECT_FALSE(c.execute("CREATE INDEX i ON t (changing(a))"));
    ASSERT_TRUE(create_function(c, "fixed", [](value_view) { return 1; }, {.deterministic = true}));
    EXPECT_TRUE(c.execute("CREATE INDEX i ON t (fixed(a))"));
    ASSERT_TRUE(create_function(c, "direct", [] { return 1; }, {.direct_only = true}));
    EXPECT_EQ(one(c, "SELECT direct()"), value(1));
    ASSERT_TRUE(c.execute("CREATE VIEW v AS SELECT direct() AS d"));
    EXPECT_EQ(failure(c, "SELECT d FROM v").message(), "unsafe use of direct()");
    ASSERT_TRUE(create_function(c, "harmless", [] { return 1; }, {.innocuous = true}));
    ASSERT_TRUE(c.execute("CREATE VIEW w AS SELECT harmless() AS h"));
    ASSERT_TRUE(c.execute("PRAGMA trusted_schema = OFF"));
    EXPECT_EQ(one(c, "SELECT h FROM w"), value(1));
}

TEST(function, a_built_in_function_is_back_when_its_replacement_is_removed) {
    auto c = open();
    ASSERT_TRUE(create_function(c, "upper", [](std::string_view) { return "replaced"; }));
    EXPECT_EQ(one(c, "SELECT upper('a')"), value("replaced"));
    ASSERT_TRUE(remove_function(c, "UPPER"));
    EXPECT_EQ(one(c, "SELECT upper('a')"), value("A"));
    ASSERT_TRUE(create_function(c, "upper", [](std::span<const value_view>) { return "any"; }));
    EXPECT_EQ(one(c, "SELECT upper() || upper('a', 'b')"), value("anyany"));
    ASSERT_TRUE(create_function(c, "upper", [](std::string_view) { return "again"; }));
    EXPECT_EQ(one(c, "SELECT upper('a')"), value("again"));
    ASSERT_TRUE(remove_function(c, "upper"));
    EXPECT_EQ(one(c, "SELECT upper('a')"), value("A"));
    EXPECT_EQ(failure(c, "SELECT upper()").message(),
              "wrong number of arguments to function upper()");
    EXPECT_EQ(remove_function(c, "upper").error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(remove_function(c, "lower").error().message(),
              "there is no function \"lower\" to remove");
}

TEST(function, cannot_be_replaced_while_a_statement_runs) {
    auto c = open();
    const auto first = std::make_shared<int>(1);
    const auto second = std::make_shared<int>(2);
    ASSERT_TRUE(create_function(c, "f", [first] { return *first; }));
    auto found = c.query("SELECT f() FROM t").value();
    ASSERT_TRUE(found.next().value());
    EXPECT_EQ(create_function(c, "f", [second] { return *second; }).error().kind(),
              error_kind::busy);
    EXPECT_EQ(second.use_count(), 1);
    EXPECT_EQ(remove_function(c, "f").error().kind(), error_kind::busy);
    EXPECT_EQ(first.use_count(), 2);
    EXPECT_EQ(found.current().get<int>(0), 1);
    EXPECT_TRUE(create_function(c, "other", [] { return 1; }));
    found.close();
    ASSERT_TRUE(create_function(c, "f", [second] { return *second; }));
    EXPECT_EQ(first.use_count(), 1);
    EXPECT_EQ(one(c, "SELECT f()"), value(2));
}

TEST(function, works_in_a_database_in_utf_16) {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    ASSERT_TRUE(c.execute("PRAGMA encoding = 'UTF-16le'"));
    ASSERT_TRUE(c.execute("CREATE TABLE t (a)"));
    ASSERT_TRUE(c.execute("INSERT INTO t VALUES ('žluť')"));
    ASSERT_TRUE(create_function(c, "size", [](std::string_view s) { return s.size(); }));
    ASSERT_TRUE(create_function(c, "twice", [](const std::string& s) { return s + s; }));
    EXPECT_EQ(one(c, "SELECT size(a) FROM t"), value(6));
    EXPECT_EQ(one(c, "SELECT twice(a) FROM t"), value("žluťžluť"));
}

}  // namespace

}  // namespace libsql
