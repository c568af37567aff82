#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/argument.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct never_stored {};

}  // namespace

namespace libsql {

template <>
struct sql_traits<never_stored> {
    using stored_type = std::int64_t;

    static std::int64_t to_sql(const never_stored&) { throw 1; }

    static never_stored from_sql(std::int64_t) { return {}; }
};

using namespace testing;

namespace {

enum unscoped : std::uint8_t { zero, one };

struct convertible {
    operator int() const { return 1; }
};

// Nothing becomes a number by a conversion that nobody asked for.
static_assert(!detail::directly_bindable<unscoped> && !detail::directly_bindable<convertible>);
static_assert(!detail::directly_bindable<std::atomic<int>> && !detail::directly_bindable<int*>);
static_assert(!detail::directly_bindable<char> && !detail::directly_bindable<char8_t>);
static_assert(!detail::directly_bindable<std::vector<bool>::reference> &&
              !detail::directly_bindable<long double>);
static_assert(detail::directly_bindable<int> && detail::directly_bindable<float> &&
              detail::directly_bindable<std::string>);
static_assert(detail::directly_bindable<char[4]> && detail::directly_bindable<std::nullopt_t>);

template <class T>
std::string type_of(const T& argument) {
    static auto conn = open_fresh();
    return scalar<std::string>(conn, "SELECT typeof(?)", argument);
}

}  // namespace

// --- faults ---

TEST(argument, values_that_sqlite_would_change_are_refused) {
    auto conn = open_fresh();
    const auto refused = [&](const auto& bad, std::string_view why) {
        EXPECT_TRUE(failed_with(conn.execute("SELECT ?, ?", 1, bad), error_kind::invalid_argument,
                                "argument 2 is"));
        EXPECT_TRUE(failed_with(conn.query("SELECT ?", bad), error_kind::invalid_argument, why));
        EXPECT_TRUE(failed_with(conn.query("SELECT :a", named{{"a", bad}}),
                                error_kind::invalid_argument, why));
        EXPECT_TRUE(failed_with(conn.prepare("SELECT ?").value().bind(bad),
                                error_kind::invalid_argument, why));
        batch steps;
        steps.add("SELECT ?", bad);
        EXPECT_TRUE(is_error(conn.run(steps).value().steps.at(0).error(),
                             error_kind::invalid_argument, why));
        // And the cached statement is none the worse.
        EXPECT_EQ(scalar<int>(conn, "SELECT ?", 5), 5);
    };
    refused(std::numeric_limits<double>::quiet_NaN(), "NaN");
    refused(std::numeric_limits<float>::signaling_NaN(), "NaN");
    refused(std::numeric_limits<std::uint64_t>::max(), "9223372036854775807");
    refused(std::uint64_t{1} << 63, "largest SQL integer");
    refused(std::optional<std::uint64_t>(std::uint64_t{1} << 63), "largest SQL integer");
    // Never read: its size is refused first.
    refused(std::string_view("x", std::size_t{1} << 31), "2 GiB");
    refused(std::string_view("x", std::size_t{1} << 33), "2 GiB");
}

TEST(argument, a_value_beyond_the_engines_limit_is_too_big) {
    auto conn = open_fresh();
    // Also never read: above SQLITE_LIMIT_LENGTH, below 2 GiB.
    EXPECT_TRUE(failed_with(conn.execute("SELECT ?", std::string_view("x", 1'500'000'000)),
                            error_kind::too_big));
    EXPECT_TRUE(succeeded(conn.execute("SELECT ?", 1)));
}

// --- ordinary use ---

TEST(argument, each_type_has_its_sql_type) {
    EXPECT_EQ(type_of(nullptr), "null");
    EXPECT_EQ(type_of(std::nullopt), "null");
    EXPECT_EQ(type_of(std::optional<int>()), "null");
    EXPECT_EQ(type_of(static_cast<const char*>(nullptr)), "null");
    EXPECT_EQ(type_of(value()), "null");
    EXPECT_EQ(type_of(true), "integer");
    EXPECT_EQ(type_of(std::int8_t{1}), "integer");
    EXPECT_EQ(type_of(std::uint64_t{1}), "integer");
    EXPECT_EQ(type_of(std::optional<int>(1)), "integer");
    EXPECT_EQ(type_of(1.0), "real");
    EXPECT_EQ(type_of(1.0F), "real");
    EXPECT_EQ(type_of("text"), "text");
    EXPECT_EQ(type_of(std::string()), "text");
    EXPECT_EQ(type_of(std::string_view()), "text");
    EXPECT_EQ(type_of(std::optional<std::string>("x")), "text");
    EXPECT_EQ(type_of(blob()), "blob");
    EXPECT_EQ(type_of(blob_view()), "blob");
    EXPECT_EQ(type_of(std::array<std::byte, 2>{}), "blob");
    EXPECT_EQ(type_of(value("x")), "text");
}

TEST(argument, float_and_bool_keep_their_value) {
    auto conn = open_fresh();
    EXPECT_EQ(scalar<double>(conn, "SELECT ?", 0.1F), static_cast<double>(0.1F));
    EXPECT_TRUE(scalar<bool>(conn, "SELECT ?", true));
    EXPECT_FALSE(scalar<bool>(conn, "SELECT ?", std::optional<bool>(false)));
}

TEST(argument, a_list_of_names_can_grow) {
    auto conn = open_fresh();
    named arguments;
    for (int i = 0; i < 100; ++i) {
        static std::vector<std::string> names;
        names.reserve(100);
        names.push_back("p" + std::to_string(i));
        arguments.add(names.back(), i);
    }
    std::string sql = "SELECT 0";
    for (int i = 0; i < 100; ++i) {
        sql += " + :p" + std::to_string(i);
    }
    EXPECT_EQ(scalar<int>(conn, sql, arguments), 4950);
}

TEST(argument, a_kept_list_of_names_owns_what_temporaries_held) {
    auto conn = open_fresh();
    const named kept{{"a", std::string(100, 'x')},
                     {"b", blob(50)},
                     {"c", value(std::string(70, 'y'))},
                     {"d", std::optional<std::string>()}};
    const std::string between(100, 'z');
    EXPECT_EQ(scalar<std::string>(conn, "SELECT :a || length(:b) || :c || typeof(:d)", kept),
              std::string(100, 'x') + "50" + std::string(70, 'y') + "null");
    EXPECT_NE(between, std::string(100, 'x'));
}

TEST(argument, a_positional_list_can_be_cleared_and_filled_again) {
    auto conn = open_fresh();
    positional arguments;
    arguments.reserve(3);
    for (int round = 0; round < 3; ++round) {
        const std::string viewed(100, static_cast<char>('a' + round));
        arguments.clear();
        arguments.add(round).add(viewed).add_copy(std::string(200, 'z'));
        EXPECT_EQ(arguments.size(), 3U);
        EXPECT_EQ(scalar<std::string>(conn, "SELECT ?1 || ?2 || length(?3)", arguments),
                  std::to_string(round) + viewed + "200");
    }
}

TEST(argument, copies_in_a_list_outlive_their_originals) {
    auto conn = open_fresh();
    positional places;
    named names;
    {
        const std::string text(100, 't');
        const value bytes(blob(50));
        places.add_copy(text).add_copy(bytes).add_copy(std::optional<std::string>());
        names.add_copy("a", text).add_copy("b", 5).add_copy("c", std::string(60, 'n'));
    }
    const auto copy = places;
    places.clear();
    EXPECT_EQ(scalar<std::string>(conn, "SELECT length(?1) || typeof(?2) || typeof(?3)", copy),
              "100blobnull");
    EXPECT_EQ(scalar<std::string>(conn, "SELECT length(:a) || :b || length(:c)", names), "100560");
    named other;
    other.add("a", 1);
    other = names;
    names = named();
    EXPECT_EQ(scalar<std::string>(conn, "SELECT length(:a) || :b || length(:c)", other), "100560");
}

TEST(argument, an_argument_whose_conversion_throws_is_not_in_the_list) {
    auto conn = open_fresh();
    named names;
    positional places;
    names.add("a", 1);
    EXPECT_THROW(names.add("b", never_stored()), int);
    names.add("b", 2);
    EXPECT_THROW(places.add(never_stored()), int);
    places.add(7);
    EXPECT_EQ(scalar<int>(conn, "SELECT :a * 10 + :b", names), 12);
    EXPECT_EQ(scalar<int>(conn, "SELECT ?", places), 7);
}

}  // namespace libsql
