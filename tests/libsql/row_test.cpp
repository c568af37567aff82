#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/row.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::string_literals;
using namespace testing;

namespace {

/// Reads the one value of `SELECT <expression>`.
template <class T>
result<T> read(const std::string& expression) {
    static auto conn = open_fresh();
    auto found = conn.query("SELECT " + expression).value();
    found.next().value();
    return found.current().try_get<T>(0);
}

using detail::readable;

static_assert(readable<int> && readable<std::optional<std::string>> && readable<value>);
static_assert(!readable<std::unique_ptr<int>> && !readable<const char*> && !readable<void*> &&
              !readable<std::vector<int>> && !readable<std::optional<std::optional<int>>> &&
              !readable<char>);

}  // namespace

// --- faults ---

TEST(row, a_value_of_another_type_is_a_mismatch_and_never_converted) {
    EXPECT_TRUE(failed_with(read<int>("'1'"), error_kind::mismatch, "text"));
    EXPECT_TRUE(failed_with(read<int>("1.0"), error_kind::mismatch, "real"));
    EXPECT_TRUE(failed_with(read<int>("x'01'"), error_kind::mismatch, "blob"));
    EXPECT_TRUE(failed_with(read<double>("'1.5'"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<std::string>("1"), error_kind::mismatch, "the integer 1"));
    EXPECT_TRUE(failed_with(read<std::string>("x'61'"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<std::string_view>("1.5"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<blob>("'text'"), error_kind::mismatch, "a blob"));
    EXPECT_TRUE(failed_with(read<blob_view>("1"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<bool>("2"), error_kind::mismatch, "bool"));
    EXPECT_TRUE(failed_with(read<bool>("'true'"), error_kind::mismatch));
}

TEST(row, null_is_read_only_as_optional_or_value) {
    EXPECT_TRUE(failed_with(read<int>("NULL"), error_kind::mismatch, "std::optional"));
    EXPECT_TRUE(failed_with(read<std::string>("NULL"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<bool>("NULL"), error_kind::mismatch));
    EXPECT_EQ(read<std::optional<int>>("NULL").value(), std::nullopt);
    EXPECT_EQ(read<std::optional<int>>("7").value(), 7);
    EXPECT_TRUE(failed_with(read<std::optional<int>>("'7'"), error_kind::mismatch));
    EXPECT_TRUE(read<value>("NULL").value().is_null());
}

TEST(row, an_integer_that_does_not_fit_is_a_mismatch) {
    EXPECT_EQ(read<std::int8_t>("-128").value(), -128);
    EXPECT_TRUE(failed_with(read<std::int8_t>("128"), error_kind::mismatch, "128"));
    EXPECT_TRUE(failed_with(read<std::uint8_t>("-1"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(read<std::int32_t>("2147483648"), error_kind::mismatch));
    EXPECT_EQ(read<std::uint32_t>("4294967295").value(), 4294967295U);
    EXPECT_TRUE(failed_with(read<std::uint64_t>("-1"), error_kind::mismatch));
    EXPECT_EQ(read<std::uint64_t>("9223372036854775807").value(), 9223372036854775807U);
    EXPECT_EQ(read<std::int64_t>("-9223372036854775807 - 1").value(),
              std::numeric_limits<std::int64_t>::min());
}

TEST(row, an_integer_is_read_as_floating_point_only_when_exact) {
    EXPECT_EQ(read<double>("9007199254740992").value(), 9007199254740992.0);
    EXPECT_EQ(read<double>("-9007199254740992").value(), -9007199254740992.0);
    EXPECT_TRUE(failed_with(read<double>("9007199254740993"), error_kind::mismatch));
    EXPECT_EQ(read<float>("16777216").value(), 16777216.0F);
    EXPECT_TRUE(failed_with(read<float>("16777217"), error_kind::mismatch));
    EXPECT_EQ(read<float>("1.5").value(), 1.5F);
}

TEST(row, a_missing_column_is_an_error) {
    auto conn = open_fresh();
    auto found = conn.query("SELECT 1 AS a, 2 AS A").value();
    ASSERT_TRUE(found.next().value());
    const row r = found.current();
    EXPECT_EQ(r.size(), 2U);
    EXPECT_TRUE(failed_with(r.try_get<int>(2), error_kind::invalid_argument, "no column 2"));
    EXPECT_TRUE(failed_with(r.try_get<int>("b"), error_kind::invalid_argument, "\"b\""));
    EXPECT_THROW(static_cast<void>(r.get<int>(9)), exception);
    EXPECT_THROW(static_cast<void>(r.get<int>("b")), exception);
    EXPECT_EQ(r.type(9), value_type::null);
    EXPECT_TRUE(r.is_null(9));
    EXPECT_EQ(r.get<int>("A"), 2);
    EXPECT_EQ(r.find("a").value(), 0U);
}

TEST(row, the_wrong_number_of_columns_is_a_mismatch) {
    auto conn = open_fresh();

    struct pair_of_ints {
        int a, b;
    };

    EXPECT_TRUE(
        failed_with(conn.fetch<pair_of_ints>("SELECT 1"), error_kind::mismatch, "1 columns"));
    EXPECT_TRUE(failed_with(conn.fetch<pair_of_ints>("SELECT 1, 2, 3"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch<std::tuple<int>>("SELECT 1, 2"), error_kind::mismatch));
    EXPECT_TRUE(failed_with(conn.fetch<int>("SELECT 1, 2"), error_kind::mismatch));
    EXPECT_TRUE(
        failed_with(conn.fetch<pair_of_ints>("SELECT 1, 'x'"), error_kind::mismatch, "column 1"));
}

// --- types at their limits ---

TEST(row, the_limits_of_every_type_are_kept) {
    auto conn = open_fresh();
    const auto back = [&](const value& v) { return scalar<value>(conn, "SELECT ?", v); };
    const std::vector<value> all{std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max(),
                                 0,
                                 -0.0,
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::denorm_min(),
                                 std::numeric_limits<double>::max(),
                                 std::numeric_limits<double>::lowest(),
                                 "",
                                 "a\0b"s,
                                 "\0"s,
                                 "é𝄞",
                                 blob{},
                                 blob{std::byte{0}},
                                 blob(100'000, std::byte{0xff}),
                                 std::string(1'000'000, 'x'),
                                 nullptr};
    for (const auto& v : all) {
        EXPECT_EQ(back(v), v) << v.to_sql().substr(0, 40);
        EXPECT_EQ(scalar<std::string>(conn, "SELECT typeof(?)", v), to_string(v.type()));
    }
    EXPECT_TRUE(std::signbit(*back(-0.0).if_real()));
}

TEST(row, text_that_is_not_utf8_keeps_its_bytes) {
    auto conn = open_fresh();
    const value text("\xff\xc0\x80 not UTF-8"s);
    EXPECT_EQ(scalar<value>(conn, "SELECT ?", text), text);
    EXPECT_EQ(scalar<std::string>(conn, "SELECT typeof(?)", text), "text");
}

TEST(row, views_of_text_and_blobs_have_the_exact_bytes) {
    auto conn = open_fresh();
    auto found = conn.query("SELECT ?, ?, ''", "a\0b"s, blob{std::byte{0}, std::byte{1}}).value();
    ASSERT_TRUE(found.next().value());
    EXPECT_EQ(found.current().get<std::string_view>(0), "a\0b"s);
    EXPECT_EQ(found.current().get<blob_view>(1).size(), 2U);
    EXPECT_EQ(found.current().get<std::string_view>(2).size(), 0U);
}

TEST(row, values_computed_by_the_engine_are_read) {
    // A blob of zeros that is not there yet, a number that is also text, integers stored as reals.
    EXPECT_EQ(read<blob>("zeroblob(3)").value(), blob(3));
    EXPECT_EQ(read<blob>("zeroblob(0)").value(), blob());
    auto conn =
        open_fresh("CREATE TABLE t(r REAL, i INTEGER, s TEXT); INSERT INTO t VALUES (7, '42', 5)");
    const auto row = conn.fetch_one<std::tuple<value, value, value>>(
        "SELECT r, i, s FROM t WHERE i || '' = '42' AND s + 0 = 5");
    EXPECT_EQ(row.value().value(), std::tuple(value(7.0), value(42), value("5")));
    EXPECT_EQ(scalar<value>(conn, "SELECT max(r) FROM t"), value(7.0));
}

TEST(row, text_of_a_utf16_database_is_utf8) {
    auto conn = open_fresh("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(x, y); ");
    ASSERT_TRUE(succeeded(conn.execute("INSERT INTO t VALUES (?, ?)", "é𝄞", "")));
    EXPECT_EQ(scalar<std::string>(conn, "SELECT x FROM t WHERE x = ?", "é𝄞"), "é𝄞");
    EXPECT_EQ(scalar<std::string>(conn, "SELECT y FROM t"), "");
    EXPECT_EQ(scalar<int>(conn, "SELECT length(x) FROM t"), 2);
}

// --- whole rows ---

namespace {

struct mixed {
    std::int64_t id{};
    std::string name;
    std::optional<double> price;
    bool sold{};
    blob picture;
    value anything;

    bool operator==(const mixed&) const = default;
};

struct one_field {
    std::string only;
};

struct of_31 {
    int f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20,
        f21, f22, f23, f24, f25, f26, f27, f28, f29, f30;
    std::optional<std::string> f31;
};

}  // namespace

TEST(row, is_read_into_an_aggregate) {
    auto conn = open_fresh();
    const auto found =
        conn.fetch_one<mixed>("SELECT 7, 'name', NULL, 1, x'0102', 2.5").value().value();
    EXPECT_EQ(found, (mixed{7, "name", std::nullopt, true, blob{std::byte{1}, std::byte{2}}, 2.5}));
    EXPECT_EQ(scalar<one_field>(conn, "SELECT 'x'").only, "x");
}

TEST(row, is_read_into_an_aggregate_of_31_fields) {
    auto conn = open_fresh();
    std::string sql = "SELECT 1";
    for (int i = 2; i <= 30; ++i) {
        sql += ", " + std::to_string(i);
    }
    const auto found = conn.fetch_one<of_31>(sql + ", 'last'").value().value();
    EXPECT_EQ(found.f1, 1);
    EXPECT_EQ(found.f15, 15);
    EXPECT_EQ(found.f30, 30);
    EXPECT_EQ(found.f31, "last");
}

TEST(row, is_read_into_tuples_and_pairs) {
    auto conn = open_fresh();
    EXPECT_EQ((scalar<std::pair<int, std::string>>(conn, "SELECT 1, 'x'")), std::pair(1, "x"s));
    EXPECT_EQ((scalar<std::tuple<int, std::optional<int>, double>>(conn, "SELECT 1, NULL, 2.5")),
              std::tuple(1, std::optional<int>(), 2.5));
}

// --- properties ---

namespace {

rc::Gen<value> any_value() {
    return rc::gen::oneOf(
        rc::gen::just(value()),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return value(i); }),
        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                     [](std::uint64_t bits) {
                         double d = 0;
                         std::memcpy(&d, &bits, sizeof d);
                         return value(std::isnan(d) ? 0.5 : d);  // every double but NaN
                     }),
        rc::gen::map(rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
                     [](std::string bytes) {
                         if (testing::mode() != testing::test_mode::local) {  // UTF-8 only
                             for (char& c : bytes) {
                                 c = static_cast<char>(c & 0x7f);
                             }
                         }
                         return value(bytes);
                     }),
        rc::gen::map(rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
                     [](const std::string& bytes) {
                         return value(blob_view(reinterpret_cast<const std::byte*>(bytes.data()),
                                                bytes.size()));
                     }));
}

}  // namespace

TEST(row, any_value_keeps_its_type_and_bytes) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    EXPECT_TRUE(rc::check([&] {
        const value v = *any_value();
        RC_LOG() << v.to_sql();
        const auto same = [&](const value& back) {
            RC_LOG() << " became " << back.to_sql() << '\n';
            RC_ASSERT(back == v);
            if (v.if_real() != nullptr) {
                RC_ASSERT(std::signbit(*back.if_real()) == std::signbit(*v.if_real()));
            }
        };
        same(scalar<value>(conn, "SELECT ?", v));
        conn.execute("DELETE FROM t").value();
        conn.execute("INSERT INTO t VALUES (:x)", named{{"x", v}}).value();
        same(scalar<value>(conn, "SELECT x FROM t"));
        auto held = conn.prepare("SELECT ?").value();
        held.bind(v).value();
        same(held.query().value().first<value>().value().value());
        batch steps;
        steps.add("SELECT ?", v);
        same(conn.run(steps).value().steps.at(0).rows().at(0).at(0));
        same(scalar<value>(conn, "SELECT " + v.to_sql()));
    }));
}

TEST(row, a_real_outside_the_range_of_float_is_a_mismatch) {
    auto conn = open_fresh();
    EXPECT_TRUE(failed_with(conn.fetch_one<float>("SELECT 1e300"), error_kind::mismatch));
    EXPECT_EQ(conn.fetch_one<float>("SELECT 1.5").value(), 1.5F);
    EXPECT_TRUE(std::isinf(**conn.fetch_one<float>("SELECT 9e999")));
}

TEST(row, a_column_view_has_type_and_value) {
    auto conn = open_fresh();
    auto rows = conn.query("SELECT 1, 2.5, 'text', x'00ff', NULL").value();
    ASSERT_TRUE(rows.next().value());
    const row r = rows.current();

    struct describe {
        std::string operator()(std::int64_t n) const { return "integer " + std::to_string(n); }

        std::string operator()(double d) const { return "real " + std::to_string(d); }

        std::string operator()(std::string_view t) const { return "text " + std::string(t); }

        std::string operator()(blob_view b) const { return "blob " + std::to_string(b.size()); }

        std::string operator()(std::monostate) const { return "null"; }
    };

    std::vector<std::string> seen;
    for (std::size_t i = 0; i < r.size() + 1; ++i) {
        seen.push_back(r.view(i).visit(describe()));
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"integer 1", "real 2.500000", "text text", "blob 2",
                                              "null", "null"}));
    EXPECT_EQ(r.view(0).get<int>(), 1);
    EXPECT_EQ(r.view(2).try_get<int>().error().kind(), error_kind::mismatch);
    EXPECT_EQ(scalar<std::string>(conn, "SELECT ?", r.view(2)), "text");
}

TEST(row, a_column_view_can_be_an_argument_of_any_type) {
    auto conn = open_fresh("CREATE TABLE t(x)");
    auto rows = conn.query(
                        "SELECT 'a longer text' UNION ALL SELECT 7 UNION ALL SELECT 'another' "
                        "UNION ALL SELECT NULL UNION ALL SELECT x'00ff' UNION ALL SELECT 2.5")
                    .value();
    std::vector<value> seen;
    batch steps;
    while (rows.next().value()) {
        const auto column = rows.current().view(0);
        seen.push_back(scalar<value>(conn, "SELECT ?", column));
        seen.push_back(conn.query_all("SELECT ?", column).value().rows[0][0]);
        positional copied;
        copied.add_copy(column);
        seen.push_back(scalar<value>(conn, "SELECT ?", copied));
        steps.add("INSERT INTO t VALUES (?)", column);
    }
    rows.close();
    ASSERT_TRUE(conn.run(steps).value().ok());
    const std::vector<value> wanted{
        "a longer text", 7, "another", nullptr, blob{std::byte(0), std::byte(255)}, 2.5};
    EXPECT_EQ(conn.fetch<value>("SELECT x FROM t ORDER BY rowid").value(), wanted);
    ASSERT_EQ(seen.size(), 3 * wanted.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i], wanted[i / 3]) << i;
    }
}

}  // namespace libsql
