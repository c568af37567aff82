#include "support/open_connection.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/trace.hpp>
#include <libsql/vector.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace libsql::vector {

namespace {

constexpr std::array all_elements{element::f32, element::f64, element::bit,
                                  element::f8,  element::f16, element::bf16};

connection memory() {
    return testing::open_fresh();
}

std::string function_of(element type) {
    switch (type) {
        case element::f32:
            return "vector32";
        case element::f64:
            return "vector64";
        case element::bit:
            return "vector1bit";
        case element::f8:
            return "vector8";
        case element::f16:
            return "vector16";
        case element::bf16:
            return "vectorb16";
    }
    return "";
}

/// What the engine makes of a stored vector.
blob engine_convert(connection& c, element type, const blob& stored) {
    return c.fetch_one<blob>("SELECT " + function_of(type) + "(?1)", stored).value().value();
}

/// The engine leaves the bytes between an f8 vector's numbers and its parameters to chance.
blob without_padding(element type, std::size_t dimensions, blob bytes) {
    for (std::size_t i = dimensions; type == element::f8 && i < (dimensions + 3) / 4 * 4; ++i) {
        bytes.at(i) = std::byte{0};
    }
    return bytes;
}

template <class Number>
blob encoded(element type, const std::vector<Number>& numbers) {
    return encode(type, std::span<const Number>(numbers)).value();
}

rc::Gen<float> any_float() {
    using limits = std::numeric_limits<float>;
    return rc::gen::oneOf(
        rc::gen::map(rc::gen::arbitrary<std::uint32_t>(),
                     [](std::uint32_t bits) { return std::bit_cast<float>(bits); }),
        rc::gen::map(rc::gen::inRange(-1000, 1000),
                     [](int i) { return static_cast<float>(i) / 64; }),
        // Around the limits of the half format, and where its rounding is a tie.
        rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 0x8fff000),
                     [](std::uint32_t i) { return std::bit_cast<float>(0x32800000U + i * 2); }),
        rc::gen::element(0.0F, -0.0F, 1.0F, -1.0F, 65504.0F, 65519.0F, 65520.0F, limits::max(),
                         limits::lowest(), limits::denorm_min(), limits::min(), limits::infinity(),
                         -limits::infinity(), limits::quiet_NaN()));
}

rc::Gen<double> any_double() {
    return rc::gen::oneOf(
        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                     [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
        rc::gen::map(any_float(), [](float f) { return static_cast<double>(f); }),
        rc::gen::map(rc::gen::inRange(-1000000, 1000000),
                     [](int i) { return static_cast<double>(i) / 1e4; }));
}

template <class Number>
std::string expect_as_engine(connection& c, element source, const std::vector<Number>& numbers) {
    const blob base = encoded(source, numbers);
    for (const element type : all_elements) {
        const auto ours = encode(type, std::span<const Number>(numbers));
        if (!ours) {
            if (type != element::f8) {
                return "refused: " + ours.error().message();
            }
            continue;
        }
        const blob theirs = without_padding(type, numbers.size(), engine_convert(c, type, base));
        if (*ours != theirs) {
            return std::string(to_string(type)) + ": " + value(*ours).to_sql() +
                   " != " + value(theirs).to_sql();
        }
        if (convert(base, type).value() != *ours) {
            return std::string(to_string(type)) + ": convert differs from encode";
        }
    }
    return {};
}

/// Vectors of any such numbers are encoded as the engine does it.
template <class Number>
void check_against_engine(element source, const rc::Gen<Number>& any_number) {
    auto c = memory();
    EXPECT_TRUE(rc::check([&] {
        const auto numbers = *rc::gen::container<std::vector<Number>>(any_number);
        const auto difference = expect_as_engine(c, source, numbers);
        RC_ASSERT(difference == "");
    }));
}

TEST(vector_encode, gives_the_engines_bytes_for_floats) {
    check_against_engine(element::f32, any_float());
}

TEST(vector_encode, gives_the_engines_bytes_for_doubles) {
    check_against_engine(element::f64, any_double());
}

// Finite, of a size that f8 is used for: here nothing is refused.
TEST(vector_encode, gives_the_engines_float8_for_finite_numbers) {
    auto c = memory();
    EXPECT_TRUE(rc::check([&] {
        const auto numbers = *rc::gen::container<std::vector<double>>(
            rc::gen::map(rc::gen::inRange(-1000000, 1000000),
                         [](int i) { return static_cast<double>(i) / 1e4; }));
        RC_ASSERT(encoded(element::f8, numbers) ==
                  without_padding(element::f8, numbers.size(),
                                  engine_convert(c, element::f8, encoded(element::f64, numbers))));
    }));
}

TEST(vector_encode, every_half_precision_number_survives_a_round_trip) {
    auto c = memory();
    blob all(65536 * 2 + 1);
    for (std::size_t i = 0; i < 65536; ++i) {
        all[2 * i] = static_cast<std::byte>(i & 0xff);
        all[2 * i + 1] = static_cast<std::byte>(i >> 8);
    }
    for (const element type : {element::f16, element::bf16}) {
        all.back() = static_cast<std::byte>(type);
        EXPECT_EQ(convert(all, element::f32).value(), engine_convert(c, element::f32, all));
        const auto numbers = to_floats(all).value();
        EXPECT_EQ(encoded(type, numbers),
                  engine_convert(c, type, engine_convert(c, element::f32, all)));
    }
}

TEST(vector_encode, gives_known_bytes) {
    const std::vector<float> numbers{1, 2, 3};
    EXPECT_EQ(value(encoded(element::f32, numbers)).to_sql(), "x'0000803f0000004000004040'");
    EXPECT_EQ(value(encoded(element::f64, numbers)).to_sql(),
              "x'000000000000f03f0000000000000040000000000000084002'");
    EXPECT_EQ(value(encoded(element::bit, std::vector<float>{1, -1, 0, 2})).to_sql(), "x'090c03'");
    EXPECT_EQ(value(encoded(element::f16, numbers)).to_sql(), "x'003c0040004205'");
    EXPECT_EQ(value(encoded(element::bf16, numbers)).to_sql(), "x'803f0040404006'");
    EXPECT_EQ(value(encoded(element::f8, numbers)).to_sql(), "x'007fff008180003c0000803f000104'");
    EXPECT_EQ(encoded(element::f32, std::vector<float>{}).size(), 0U);
}

TEST(vector_encode, refuses_numbers_that_would_be_lost) {
    for (const float lost :
         {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        const auto refused = encode(element::f8, std::span<const float>(std::array{1.0F, lost}));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind(), error_kind::invalid_argument);
        EXPECT_NE(refused.error().message().find("number 1"), std::string::npos);
    }
    EXPECT_FALSE(encode(element::f8, std::span<const float>(std::array{3e38F, -3e38F})));
    EXPECT_FALSE(encode(element::f8, std::span<const double>(std::array{1e300})));
    const std::vector<float> many(max_dimensions + 1);
    const std::vector<float> most(max_dimensions);
    for (const element type : all_elements) {
        EXPECT_FALSE(encode(type, std::span<const float>(many)));
        EXPECT_EQ(inspect(encoded(type, most)).value(), (shape{type, max_dimensions}));
    }
    EXPECT_FALSE(encode(static_cast<element>(0), std::span<const float>(most)));
    EXPECT_FALSE(encode(static_cast<element>(7), std::span<const float>(most)));
}

TEST(vector_decode, accepts_any_bytes_only_if_the_engine_does) {
    auto c = memory();
    EXPECT_TRUE(rc::check([&] {
        const auto last = *rc::gen::inRange(0, 9);
        auto bytes = *rc::gen::container<blob>(rc::gen::map(
            rc::gen::inRange(0, 256), [](int i) { return static_cast<std::byte>(i); }));
        if (!bytes.empty()) {
            bytes.back() = static_cast<std::byte>(last);
        }
        const auto what = inspect(bytes);
        RC_CLASSIFY(what.has_value());
        if (!what) {
            RC_ASSERT(what.error().kind() == error_kind::mismatch);
            RC_ASSERT(!to_floats(bytes) && !to_doubles(bytes) && !convert(bytes, element::f32));
        } else if (what->type != element::f64) {
            RC_ASSERT(convert(bytes, element::f32).value() ==
                      engine_convert(c, element::f32, bytes));
        } else {
            RC_ASSERT(encoded(element::f64, to_doubles(bytes).value()) ==
                      engine_convert(c, element::f64, bytes));
        }
    }));
}

TEST(vector_decode, reverses_encoding) {
    EXPECT_TRUE(rc::check([&] {
        const auto numbers = *rc::gen::container<std::vector<float>>(rc::gen::map(
            rc::gen::inRange(-2048, 2048), [](int i) { return static_cast<float>(i) / 8; }));
        for (const element type : {element::f32, element::f64, element::f16}) {
            RC_ASSERT(to_floats(encoded(type, numbers)).value() == numbers);
        }
        const auto what = inspect(encoded(element::bit, numbers)).value();
        RC_ASSERT((what == shape{element::bit, numbers.size()}));
        const auto signs = to_floats(encoded(element::bit, numbers)).value();
        const auto steps = to_floats(encoded(element::f8, numbers)).value();
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            RC_ASSERT(signs[i] == (numbers[i] > 0 ? 1.0F : -1.0F));
            RC_ASSERT(std::abs(steps[i] - numbers[i]) <= 512.0F / 255 * 0.51F);
        }
    }));
}

TEST(vector_decode, reads_a_float32_vector_with_a_type_mark) {
    blob marked = encoded(element::f32, std::vector<float>{1, 2});
    marked.push_back(std::byte{1});
    EXPECT_EQ(to_floats(marked).value(), (std::vector<float>{1, 2}));
    EXPECT_EQ(convert(marked, element::f32).value(),
              encoded(element::f32, std::vector<float>{1, 2}));
}

TEST(vector_decode, refuses_bytes_that_are_not_a_vector) {
    for (const blob& bytes :
         {blob(2), blob(6), blob(3, std::byte{1}), blob(7, std::byte{2}), blob(1, std::byte{3}),
          blob(3, std::byte{4}), blob(3, std::byte{7}), blob(1)}) {
        const auto what = inspect(bytes);
        ASSERT_FALSE(what) << value(bytes).to_sql();
        EXPECT_EQ(what.error().kind(), error_kind::mismatch);
    }
}

TEST(vector_distance, equals_the_engines_for_every_type) {
    auto c = memory();
    const std::vector<float> a{1, 0, 0};
    const std::vector<float> b{0, 1, 0};
    for (const element type : all_elements) {
        const auto cosine = distance(c, metric::cosine, encoded(type, a), encoded(type, b)).value();
        ASSERT_TRUE(cosine);
        EXPECT_NEAR(*cosine, type == element::bit ? 2 : 1, 0.01) << to_string(type);
        if (type != element::bit) {
            EXPECT_NEAR(distance(c, metric::l2, encoded(type, a), encoded(type, b)).value().value(),
                        std::sqrt(2.0), 0.01);
        }
    }
}

TEST(vector_distance, is_empty_where_undefined) {
    auto c = memory();
    const auto zero = encoded(element::f32, std::vector<float>{0, 0});
    EXPECT_EQ(distance(c, metric::cosine, zero, zero).value(), std::nullopt);
    EXPECT_EQ(distance(c, metric::l2, zero, zero).value(), 0.0);
}

TEST(vector_distance, refuses_different_shapes) {
    auto c = memory();
    const auto two = encoded(element::f32, std::vector<float>{1, 2});
    const auto three = encoded(element::f32, std::vector<float>{1, 2, 3});
    const auto wide = encoded(element::f64, std::vector<float>{1, 2});
    const auto bits = encoded(element::bit, std::vector<float>{1, 2});
    EXPECT_EQ(distance(c, metric::cosine, two, three).error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(distance(c, metric::cosine, two, wide).error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(distance(c, metric::l2, bits, bits).error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(distance(c, metric::l2, two, blob(3)).error().kind(), error_kind::mismatch);
}

TEST(vector_extract, equals_the_engines_text) {
    auto c = memory();
    EXPECT_EQ(extract(c, encoded(element::f32, std::vector<float>{1, 1.0F / 3})).value(),
              "[1,0.333333]");
    EXPECT_EQ(extract(c, blob(3)).error().kind(), error_kind::mismatch);
}

// --- DDL ---

TEST(vector_column, types_can_be_indexed) {
    auto c = memory();
    for (const element type : all_elements) {
        const auto declared = column_type(type, 5).value();
        const std::string table = "t" + std::to_string(static_cast<int>(type));
        c.execute("CREATE TABLE " + table + "(id INTEGER PRIMARY KEY, e " + declared + ")").value();
        create_index(c, {.name = table + "_e", .table = table, .column = "e"}).value();
        const auto stored = encoded(type, std::vector<float>{1, 2, 3, 4, -5});
        c.execute("INSERT INTO " + table + " VALUES (7, ?)", stored).value();
        const auto found = nearest_indexed<std::pair<std::int64_t, double>>(
            c, {.table = table, .column = "e", .columns = {"id"}}, table + "_e", stored, 3);
        ASSERT_TRUE(found) << found.error().to_string();
        ASSERT_EQ(found->size(), 1U);
        EXPECT_EQ(found->front().first, 7);
        // The index refuses another length and another type.
        EXPECT_FALSE(c.execute("INSERT INTO " + table + " VALUES (8, ?)",
                               encoded(type, std::vector<float>{1, 2})));
        const auto other = type == element::f32 ? element::f64 : element::f32;
        EXPECT_FALSE(c.execute("INSERT INTO " + table + " VALUES (8, ?)",
                               encoded(other, std::vector<float>(5))));
        EXPECT_TRUE(c.execute("INSERT INTO " + table + " VALUES (8, NULL)"));
    }
    EXPECT_EQ(column_type(element::f32, 384).value(), "F32_BLOB(384)");
    EXPECT_FALSE(column_type(element::f32, 0));
    EXPECT_FALSE(column_type(element::f32, max_dimensions + 1));
}

TEST(vector_column, check_accepts_only_vectors_of_the_column) {
    auto c = memory();
    for (const element type : all_elements) {
        const std::string table = "t" + std::to_string(static_cast<int>(type));
        c.execute("CREATE TABLE " + table + "(\"a \"\"b\" " + column_type(type, 5).value() + " " +
                  column_check("a \"b", type, 5).value() + ")")
            .value();
        const std::string insert = "INSERT INTO " + table + " VALUES (?)";
        EXPECT_TRUE(c.execute(insert, encoded(type, std::vector<float>{1, 2, 3, 4, 5})));
        EXPECT_TRUE(c.execute(insert, nullptr));
        EXPECT_TRUE(c.execute("INSERT INTO " + table + " VALUES (" + function_of(type) +
                              "('[1,2,3,4,5]'))"));
        EXPECT_FALSE(c.execute(insert, "[1,2,3,4,5]"));
        for (const std::size_t wrong : {0U, 4U, 6U, 8U, 13U}) {
            EXPECT_FALSE(c.execute(insert, encoded(type, std::vector<float>(wrong))))
                << to_string(type) << wrong;
        }
        for (const element other : all_elements) {
            EXPECT_EQ(c.execute(insert, encoded(other, std::vector<float>(5))).has_value(),
                      other == type);
        }
    }
}

TEST(vector_column, strict_tables_refuse_a_vector_type) {
    auto c = memory();
    EXPECT_FALSE(
        c.execute("CREATE TABLE t(e " + column_type(element::f32, 3).value() + ") STRICT"));
}

TEST(vector_cache, is_enlarged_while_an_index_is_created) {
    for (const auto& [chosen, during] :
         {std::pair<int, std::string>{-2000, "-65536"}, {-500, ""}}) {
        auto c = testing::open_memory("CREATE TABLE t(e F32_BLOB(4))");
        c.execute("PRAGMA cache_size = " + std::to_string(chosen)).value();
        std::string set;
        set_trace(c, {}, [&](const trace_event& e) {
            constexpr std::string_view pragma = "PRAGMA \"main\".cache_size = ";
            const std::string text(e.sql());
            if (text.starts_with(pragma)) {
                set += text.substr(pragma.size()) + ";";
            } else if (text.starts_with("CREATE INDEX")) {
                set += "CREATE;";
            }
        }).value();
        create_index(c, {.name = "i", .table = "t", .column = "e"}).value();
        EXPECT_EQ(set, during.empty() ? "CREATE;" : during + ";CREATE;-2000;");
        EXPECT_EQ(c.fetch_one<int>("PRAGMA cache_size").value(), chosen);
    }
}

TEST(vector_index, options_reach_the_engine) {
    auto c = memory();
    c.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, \"the vector\" F32_BLOB(4))").value();
    int n = 0;
    for (const auto compress :
         {element::f32, element::f16, element::bf16, element::f8, element::bit}) {
        const index wanted{.name = "i" + std::to_string(n++),
                           .table = "t",
                           .column = "the vector",
                           .schema = "main",
                           .metric = metric::cosine,
                           .compress_neighbors = compress,
                           .max_neighbors = 20,
                           .alpha = 1.4,
                           .insert_l = 50,
                           .search_l = 100,
                           .where = "id > 5"};
        const auto made = create_index(c, wanted);
        EXPECT_TRUE(made) << made.error().to_string();
    }
    // The parameters are kept as a tag byte and 8 bytes each; see VectorIdxParams.
    const auto kept =
        c.fetch_one<blob>("SELECT metadata FROM libsql_vector_meta_shadow WHERE name = 'i1'")
            .value()
            .value();
    std::map<int, std::uint64_t> parameters;
    for (std::size_t i = 0; i + 9 <= kept.size(); i += 9) {
        std::uint64_t number = 0;
        for (std::size_t j = 8; j > 0; --j) {
            number = number << 8 | static_cast<std::uint64_t>(kept[i + j]);
        }
        parameters[static_cast<int>(kept[i])] = number;
    }
    EXPECT_EQ(parameters[3], 1U);  // column type f32
    EXPECT_EQ(parameters[4], 4U);  // dimensions
    EXPECT_EQ(parameters[5], 1U);  // cosine
    EXPECT_EQ(std::bit_cast<double>(parameters[7]), 1.4);
    EXPECT_EQ(parameters[8], 50U);
    EXPECT_EQ(parameters[9], 100U);
    EXPECT_EQ(parameters[10], 20U);
    EXPECT_EQ(parameters[11], static_cast<std::uint64_t>(element::f16));
}

TEST(vector_index, refuses_contradictory_options) {
    const auto refused = [](const index& wanted) {
        const auto sql = create_index_sql(wanted);
        return !sql && sql.error().kind() == error_kind::invalid_argument;
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({.name = "i", .table = "t"}));
    EXPECT_TRUE(refused({.name = "a b", .table = "t", .column = "e"}));
    EXPECT_TRUE(refused({.name = "a.b", .table = "t", .column = "e"}));
    EXPECT_TRUE(refused({.name = "1a", .table = "t", .column = "e"}));
    EXPECT_TRUE(refused({.name = "i; DROP TABLE t", .table = "t", .column = "e"}));
    EXPECT_TRUE(
        refused({.name = "i", .table = "t", .column = "e", .compress_neighbors = element::f64}));
    EXPECT_TRUE(refused({.name = "i",
                         .table = "t",
                         .column = "e",
                         .metric = metric::l2,
                         .compress_neighbors = element::bit}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .max_neighbors = 0}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .max_neighbors = 65536}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .alpha = 0.0}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .alpha = std::nan("")}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .insert_l = -1}));
    EXPECT_TRUE(refused({.name = "i", .table = "t", .column = "e", .search_l = 0}));
    EXPECT_FALSE(refused(
        {.name = "select", .table = "t", .column = "e", .compress_neighbors = element::bit}));
}

TEST(vector_index, the_engine_refuses_columns_that_cannot_be_indexed) {
    auto c = memory();
    c.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, plain BLOB, e F32_BLOB(2))").value();
    c.execute("CREATE TABLE pair(a, b, e F32_BLOB(2), PRIMARY KEY (a, b)) WITHOUT ROWID").value();
    EXPECT_FALSE(create_index(c, {.name = "i", .table = "t", .column = "plain"}));
    EXPECT_FALSE(create_index(c, {.name = "i", .table = "t", .column = "missing"}));
    EXPECT_FALSE(create_index(c, {.name = "i", .table = "pair", .column = "e"}));
    c.execute("INSERT INTO t(e) VALUES (?)", encoded(element::f32, std::vector<float>{1, 2, 3}))
        .value();
    const auto wrong = create_index(c, {.name = "i", .table = "t", .column = "e"});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("dimensions are different: 3 != 2"), std::string::npos)
        << wrong.error().message();
}

TEST(vector_index, is_dropped_with_its_shadow_tables) {
    auto c = memory();
    c.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, e F32_BLOB(2))").value();
    create_index(c, {.name = "i", .table = "t", .column = "e"}).value();
    EXPECT_FALSE(create_index(c, {.name = "i", .table = "t", .column = "e"}));
    EXPECT_TRUE(create_index(c, {.name = "i", .table = "t", .column = "e", .if_not_exists = true}));
    drop_index(c, "i").value();
    EXPECT_EQ(c.fetch<std::string>("SELECT name FROM sqlite_schema WHERE name LIKE 'i%'").value(),
              std::vector<std::string>{});
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM libsql_vector_meta_shadow").value(), 0);
    EXPECT_FALSE(drop_index(c, "i"));
    EXPECT_EQ(drop_index(c, "a\"; --").error().kind(), error_kind::invalid_argument);
}

// --- searches ---

struct hit {
    std::int64_t id;
    std::string name;
    std::optional<double> distance;
};

class vector_search : public ::testing::Test {
protected:
    vector_search() {
        connection_
            .execute("CREATE TABLE \"a table\"(id INTEGER PRIMARY KEY, name TEXT, e F32_BLOB(3))")
            .value();
        create_index(connection_, {.name = "ix", .table = "a table", .column = "e"}).value();
    }

    void add(std::int64_t id, const std::vector<float>& numbers) {
        connection_
            .execute("INSERT INTO \"a table\" VALUES (?, ?, ?)", id, "n" + std::to_string(id),
                     encoded(element::f32, numbers))
            .value();
    }

    connection connection_{memory()};
    search wanted_{.table = "a table", .column = "e", .columns = {"id", "name"}};
};

TEST_F(vector_search, finds_nothing_in_an_empty_table) {
    const auto query = encoded(element::f32, std::vector<float>{1, 0, 0});
    EXPECT_TRUE(nearest_exact<hit>(connection_, wanted_, query, 3).value().empty());
    EXPECT_TRUE(nearest_indexed<hit>(connection_, wanted_, "ix", query, 3).value().empty());
}

TEST_F(vector_search, exact_and_indexed_agree_on_a_small_table) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    for (std::int64_t id = 1; id <= 50; ++id) {
        add(id, {normal(random), normal(random), normal(random)});
    }
    connection_.execute("INSERT INTO \"a table\" VALUES (99, 'none', NULL)").value();
    const auto query = encoded(element::f32, std::vector<float>{1, 0.5, -0.25});
    const auto exact = nearest_exact<hit>(connection_, wanted_, query, 10).value();
    const auto indexed = nearest_indexed<hit>(connection_, wanted_, "ix", query, 10).value();
    ASSERT_EQ(exact.size(), 10U);
    ASSERT_EQ(indexed.size(), 10U);
    for (std::size_t i = 0; i < exact.size(); ++i) {
        EXPECT_EQ(exact[i].id, indexed[i].id);
        EXPECT_EQ(exact[i].name, "n" + std::to_string(exact[i].id));
        EXPECT_EQ(exact[i].distance, indexed[i].distance);
        EXPECT_TRUE(i == 0 || exact[i - 1].distance <= exact[i].distance);
    }
}

TEST_F(vector_search, undefined_distances_come_last) {
    add(1, {0, 0, 0});
    add(2, {-1, 0, 0});
    const auto query = encoded(element::f32, std::vector<float>{1, 0, 0});
    const auto found = nearest_exact<hit>(connection_, wanted_, query, 3).value();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].id, 2);
    EXPECT_DOUBLE_EQ(found[0].distance.value(), 2);
    EXPECT_EQ(found[1].distance, std::nullopt);
}

TEST_F(vector_search, refuses_bad_input) {
    add(1, {1, 0, 0});
    const auto query = encoded(element::f32, std::vector<float>{1, 0, 0});
    const auto kind = [](const auto& outcome) {
        return outcome ? error_kind::internal : outcome.error().kind();
    };
    EXPECT_EQ(kind(nearest_exact<hit>(connection_, wanted_, query, -1)),
              error_kind::invalid_argument);
    EXPECT_EQ(kind(nearest_indexed<hit>(connection_, wanted_, "ix", query, std::int64_t{1} << 31)),
              error_kind::invalid_argument);
    EXPECT_EQ(kind(nearest_exact<hit>(connection_, wanted_, blob(3), 1)), error_kind::mismatch);
    EXPECT_EQ(kind(nearest_exact<hit>(connection_, {.column = "e"}, query, 1)),
              error_kind::invalid_argument);
    EXPECT_EQ(kind(nearest_indexed<hit>(connection_, wanted_, "i x", query, 1)),
              error_kind::invalid_argument);
    EXPECT_EQ(kind(nearest_indexed<hit>(connection_, wanted_, "missing", query, 1)),
              error_kind::sql);
    const auto short_query = encoded(element::f32, std::vector<float>{1, 0});
    const auto wrong = nearest_indexed<hit>(connection_, wanted_, "ix", short_query, 1);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("dimensions are different: 2 != 3"), std::string::npos);
    EXPECT_FALSE(nearest_exact<hit>(connection_, wanted_, short_query, 1));
}

TEST(vector_search_keys, may_be_the_rowid_or_a_primary_key) {
    auto c = memory();
    c.execute("CREATE TABLE plain(name TEXT, e F32_BLOB(2))").value();
    c.execute("CREATE TABLE keyed(code TEXT PRIMARY KEY, e F32_BLOB(2)) WITHOUT ROWID").value();
    create_index(c, {.name = "plain_e", .table = "plain", .column = "e", .metric = metric::l2})
        .value();
    create_index(c, {.name = "keyed_e", .table = "keyed", .column = "e"}).value();
    const auto query = encoded(element::f32, std::vector<float>{3, 4});
    c.execute("INSERT INTO plain VALUES ('x', ?)", query).value();
    c.execute("INSERT INTO keyed VALUES ('y', ?)", query).value();
    using by_id = std::pair<std::int64_t, double>;
    EXPECT_EQ(nearest_indexed<by_id>(c, {.table = "plain", .column = "e", .metric = metric::l2},
                                     "plain_e", query, 1)
                  .value(),
              (std::vector<by_id>{{1, 0.0}}));
    const search keyed{.table = "keyed", .column = "e", .columns = {"code"}, .key = "code"};
    const auto found =
        nearest_indexed<std::pair<std::string, double>>(c, keyed, "keyed_e", query, 1).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().first, "y");
}

TEST(vector_search_keys, work_in_an_attached_database) {
    auto c = memory();
    c.execute("ATTACH ':memory:' AS other").value();
    c.execute("CREATE TABLE other.t(id INTEGER PRIMARY KEY, e F32_BLOB(2))").value();
    create_index(c, {.name = "ix", .table = "t", .column = "e", .schema = "other"}).value();
    const auto query = encoded(element::f32, std::vector<float>{3, 4});
    c.execute("INSERT INTO other.t VALUES (5, ?)", query).value();
    using by_id = std::pair<std::int64_t, double>;
    const search wanted{.table = "t", .column = "e", .schema = "other"};
    EXPECT_EQ(nearest_indexed<by_id>(c, wanted, "ix", query, 1).value().at(0).first, 5);
    EXPECT_EQ(nearest_exact<by_id>(c, wanted, query, 1).value().at(0).first, 5);
}

TEST(vector_drop, leaves_other_databases_unchanged) {
    auto c = memory();
    c.execute("ATTACH ':memory:' AS other").value();
    for (const std::string schema : {"main", "other"}) {
        c.execute("CREATE TABLE " + schema + ".t(id INTEGER PRIMARY KEY, e F32_BLOB(2))").value();
        create_index(c, {.name = "both", .table = "t", .column = "e", .schema = schema}).value();
        create_index(c, {.name = "in_" + schema, .table = "t", .column = "e", .schema = schema})
            .value();
    }
    EXPECT_EQ(drop_index(c, "both", "other").error().kind(), error_kind::unsupported);
    EXPECT_EQ(drop_index(c, "both").error().kind(), error_kind::unsupported);
    EXPECT_TRUE(drop_index(c, "IN_OTHER", "other"));
    EXPECT_TRUE(drop_index(c, "in_main"));
    EXPECT_EQ(drop_index(c, "in_main", "other").error().kind(), error_kind::sql);
    for (const std::string schema : {"main", "other"}) {
        EXPECT_EQ(c.fetch<std::string>("SELECT name FROM " + schema + ".libsql_vector_meta_shadow")
                      .value(),
                  std::vector<std::string>{"both"});
    }
    const auto query = encoded(element::f32, std::vector<float>{3, 4});
    EXPECT_TRUE(c.execute("INSERT INTO other.t VALUES (5, ?)", query));
    EXPECT_TRUE(c.execute("INSERT INTO main.t VALUES (5, ?)", query));
}

}  // namespace

}  // namespace libsql::vector
