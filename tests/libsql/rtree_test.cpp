#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/rtree.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace libsql::rtree {

using testing::kind_of;

namespace {

template <class Entry>
std::vector<std::int64_t> ids(const result<std::vector<Entry>>& found) {
    std::vector<std::int64_t> all;
    for (const auto& one : found.value()) {
        all.push_back(one.id);
    }
    std::sort(all.begin(), all.end());
    return all;
}

class rtree : public ::testing::Test {
protected:
    connection c{testing::open_fresh()};
};

TEST_F(rtree, rows_are_inserted_read_and_removed) {
    const table<2> places({.name = "places",
                           .coordinates = {"west", "east", "south", "north"},
                           .auxiliary = {"the name", "data"}});
    places.create(c).value();
    places.create(c, true).value();
    EXPECT_EQ(kind_of(places.create(c)), error_kind::sql);
    const std::vector<value> extra{"Bern", libsql::blob{std::byte{7}}};
    EXPECT_EQ(places.insert(c, 5, {{1, 2}, {3, 4}}, extra).value(), 5);
    const auto found = places.find(c, 5).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, (entry<2>{5, {{1, 2}, {3, 4}}, extra}));
    EXPECT_EQ(places.find(c, 6).value(), std::nullopt);
    EXPECT_EQ(places.insert(c, std::nullopt, box<2>::at({0, 0}), extra).value(), 6);
    EXPECT_EQ(places.insert(c, 5, {}, extra).error().constraint()->kind, constraint_kind::unique);
    places.replace(c, 5, box<2>::at({9, 9}), std::vector<value>{nullptr, 1.5}).value();
    EXPECT_EQ(places.find(c, 5).value().value(), (entry<2>{5, box<2>::at({9, 9}), {nullptr, 1.5}}));
    EXPECT_TRUE(places.remove(c, 5).value());
    EXPECT_FALSE(places.remove(c, 5).value());
}

TEST_F(rtree, coordinates_are_rounded_outwards) {
    const table<1> t({.name = "t"});
    t.create(c).value();
    const box<1> stored{{0.1}, {0.2}};
    t.insert(c, 1, stored).value();
    const auto read = t.find(c, 1).value().value().box;
    EXPECT_LT(read.low[0], 0.1);
    EXPECT_GT(read.high[0], 0.2);
    EXPECT_NEAR(read.low[0], 0.1, 1e-7);
    EXPECT_EQ(ids(t.overlapping(c, stored)), std::vector<std::int64_t>{1});
    EXPECT_EQ(ids(t.within(c, stored)), std::vector<std::int64_t>{});
    EXPECT_EQ(ids(t.within(c, read)), std::vector<std::int64_t>{1});
}

TEST_F(rtree, integers_are_exact) {
    using limits = std::numeric_limits<std::int32_t>;
    const table<3, std::int32_t> t({.name = "t"});
    t.create(c).value();
    const box<3, std::int32_t> whole{{limits::min(), 0, 16777217}, {limits::max(), 1, 16777217}};
    t.insert(c, 1, whole).value();
    EXPECT_EQ(t.find(c, 1).value().value().box, whole);
    EXPECT_EQ(ids(t.within(c, whole)), std::vector<std::int64_t>{1});
    EXPECT_EQ(ids(t.overlapping(c, {{0, 0, 16777218}, {0, 0, 16777218}})),
              std::vector<std::int64_t>{});
}

template <std::size_t Dimensions>
void agrees_with_a_scan() {
    EXPECT_TRUE(rc::check([] {
        auto c = testing::open_fresh();
        const table<Dimensions> t({.name = "t"});
        t.create(c).value();
        const auto any_box = [] {
            box<Dimensions> made;
            for (std::size_t i = 0; i < Dimensions; ++i) {
                const int a = *rc::gen::inRange(-8, 8);
                made.low[i] = a;
                made.high[i] = a + *rc::gen::inRange(0, 8);
            }
            return made;
        };
        std::vector<box<Dimensions>> boxes;
        const int count = *rc::gen::inRange(0, 60);
        for (int i = 0; i < count; ++i) {
            boxes.push_back(any_box());
            t.insert(c, i, boxes.back()).value();
        }
        const auto where = any_box();
        std::vector<std::int64_t> overlapping;
        std::vector<std::int64_t> within;
        for (int n = 0; n < count; ++n) {
            bool touches = true;
            bool inside = true;
            const auto& b = boxes[static_cast<std::size_t>(n)];
            for (std::size_t i = 0; i < Dimensions; ++i) {
                touches = touches && b.low[i] <= where.high[i] && b.high[i] >= where.low[i];
                inside = inside && b.low[i] >= where.low[i] && b.high[i] <= where.high[i];
            }
            if (touches) {
                overlapping.push_back(n);
            }
            if (inside) {
                within.push_back(n);
            }
        }
        RC_ASSERT(ids(t.overlapping(c, where)) == overlapping);
        RC_ASSERT(ids(t.within(c, where)) == within);
    }));
}

TEST(rtree_search, agrees_with_a_scan_in_1_dimension) {
    agrees_with_a_scan<1>();
}

TEST(rtree_search, agrees_with_a_scan_in_2_dimensions) {
    agrees_with_a_scan<2>();
}

TEST(rtree_search, agrees_with_a_scan_in_5_dimensions) {
    agrees_with_a_scan<5>();
}

TEST_F(rtree, a_search_may_have_infinite_bounds) {
    const table<2> t({.name = "t"});
    t.create(c).value();
    t.insert(c, 1, box<2>::at({5, 5})).value();
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(ids(t.within(c, {{4, -infinity}, {infinity, infinity}})),
              std::vector<std::int64_t>{1});
    EXPECT_EQ(ids(t.within(c, {{6, -infinity}, {infinity, infinity}})),
              std::vector<std::int64_t>{});
}

TEST_F(rtree, refuses_invalid_boxes) {
    const table<2> t({.name = "t"});
    t.create(c).value();
    const auto bad = error_kind::invalid_argument;
    const auto wrong = t.insert(c, 1, {{0, 5}, {0, 4}});
    EXPECT_EQ(kind_of(wrong), bad);
    EXPECT_NE(wrong.error().message().find("in dimension 1"), std::string::npos);
    EXPECT_EQ(kind_of(t.insert(c, 1, {{0, std::nan("")}, {0, 4}})), bad);
    EXPECT_EQ(kind_of(t.insert(c, 1, {{0, 0}, {0, 1e300}})), bad);
    EXPECT_EQ(kind_of(t.insert(c, 1, {{0, 0}, {0, std::numeric_limits<double>::infinity()}})), bad);
    EXPECT_EQ(kind_of(t.overlapping(c, {{1, 0}, {0, 0}})), bad);
    EXPECT_EQ(kind_of(t.within(c, {{std::nan(""), 0}, {0, 0}})), bad);
    EXPECT_EQ(kind_of(t.insert(c, 1, {}, std::vector<value>{1})), bad);
}

TEST_F(rtree, refuses_invalid_definitions) {
    EXPECT_EQ(kind_of(table<2>({.name = ""}).create(c)), error_kind::invalid_argument);
    EXPECT_EQ(kind_of(table<2>({.name = "t", .coordinates = {"a", "b"}}).create(c)),
              error_kind::invalid_argument);
    EXPECT_EQ(
        kind_of(table<1>({.name = "t", .auxiliary = std::vector<std::string>(101, "x")}).create(c)),
        error_kind::invalid_argument);
    EXPECT_EQ(kind_of(table<1>({.name = "t", .coordinates = {"a", "a"}}).create(c)),
              error_kind::sql);
    EXPECT_EQ(kind_of(table<1>({.name = "missing"}).find(c, 1)), error_kind::sql);
    table<1, std::int32_t>({.name = "i"}).create(c).value();
    table<1, std::int32_t>({.name = "i"}).insert(c, 1, {}).value();
    EXPECT_EQ(kind_of(table<1>({.name = "i"}).find(c, 1)), error_kind::mismatch);
}

/// A table of this schema whose names need to be quoted.
void expect_any_names(connection& c, const std::string& schema) {
    const table<1> t({.name = "a \"t'",
                      .schema = schema,
                      .id = "the id",
                      .coordinates = {"lo,w", "hi)gh"},
                      .auxiliary = {"+x \"y\""}});
    t.create(c).value();
    t.insert(c, 3, {{1}, {2}}, std::vector<value>{"z"}).value();
    EXPECT_EQ(t.overlapping(c, {{2}, {3}}).value(),
              (std::vector<entry<1>>{{3, {{1}, {2}}, {"z"}}}));
}

TEST_F(rtree, names_may_contain_any_character) {
    expect_any_names(c, "main");
}

TEST_F(rtree, names_in_an_attached_database_may_contain_any_character) {
    c.execute("ATTACH ':memory:' AS \"o'ther\"").value();
    expect_any_names(c, "o'ther");
}

TEST_F(rtree, conditions_can_be_used_in_other_queries) {
    const table<1> t({.name = "t"});
    t.create(c).value();
    c.execute("CREATE TABLE names(id INTEGER PRIMARY KEY, name)").value();
    for (int i = 1; i <= 3; ++i) {
        t.insert(c, i, {{i * 1.0}, {i + 1.0}}).value();
        c.execute("INSERT INTO names VALUES (?, ?)", i, "n" + std::to_string(i)).value();
    }
    const std::string from = "SELECT name FROM t JOIN names USING (id) WHERE ";
    EXPECT_EQ(c.fetch<std::string>(from + t.overlapping_sql() + " ORDER BY id", 2.5, 3.5).value(),
              (std::vector<std::string>{"n2", "n3"}));
    EXPECT_EQ(c.fetch<std::string>(from + t.within_sql(), 0, 2).value(),
              (std::vector<std::string>{"n1"}));
}

}  // namespace

}  // namespace libsql::rtree
