#include "support/stored_form.hpp"

#include <ecto/type.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace {

struct money {
    std::int64_t cents{};

    friend bool operator==(const money&, const money&) = default;
};

}  // namespace

template <>
struct ecto::type<money> {
    using storage = std::int64_t;

    static result<storage> dump(const money& m) {
        if (m.cents < 0) {
            return error(error_kind::invalid, "a debt");
        }
        return m.cents;
    }

    static result<money> load(const storage& cents) {
        if (cents < 0) {
            return error(error_kind::invalid, "a debt");
        }
        return money{cents};
    }
};

namespace ecto {

namespace {

using testing::casted;
using testing::loaded;
using testing::loaded_integer;
using testing::loaded_real;
using testing::stored;
using testing::survives;

}  // namespace

RC_GTEST_PROP(ecto_type, integers_survive, (std::int64_t a, std::int32_t b, std::uint8_t c)) {
    RC_ASSERT(survives(a) && survives(b) && survives(c));
}

RC_GTEST_PROP(ecto_type, reals_survive, (double a, float b)) {
    RC_ASSERT(survives(a) && survives(b));
}

RC_GTEST_PROP(ecto_type, texts_and_blobs_survive, (std::string a, std::vector<std::uint8_t> b)) {
    blob bytes;
    for (const auto byte : b) {
        bytes.push_back(std::byte{byte});
    }
    RC_ASSERT(survives(a + '\0') && survives(bytes));
}

TEST(ecto_type, booleans_are_0_and_1) {
    EXPECT_EQ(stored(true), "integer 1");
    EXPECT_EQ(stored(false), "integer 0");
    EXPECT_EQ(loaded_integer<bool>(1), true);
    EXPECT_EQ(loaded_integer<bool>(2), std::nullopt);
    EXPECT_EQ(loaded<bool>("true"), true);
    EXPECT_EQ(loaded<bool>("FALSE"), false);
    EXPECT_EQ(loaded<bool>("yes"), std::nullopt);
}

TEST(ecto_type, integers_out_of_range_are_refused) {
    EXPECT_EQ(loaded_integer<std::int8_t>(128), std::nullopt);
    EXPECT_EQ(loaded_integer<std::uint32_t>(-1), std::nullopt);
    EXPECT_EQ(stored(std::numeric_limits<std::uint64_t>::max()), "invalid");
    EXPECT_EQ(loaded<int>("7"), std::nullopt);
    EXPECT_EQ(loaded_real<int>(7.0), std::nullopt);
}

TEST(ecto_type, reals_take_numbers_that_are_exact) {
    EXPECT_EQ(loaded_integer<double>(7), 7.0);
    EXPECT_EQ(loaded_integer<double>((std::int64_t{1} << 53) + 1), std::nullopt);
    EXPECT_EQ(loaded<double>("1.5"), 1.5);
    EXPECT_EQ(loaded<double>("1.5x"), std::nullopt);
    EXPECT_EQ(loaded<double>("inf"), std::nullopt);
    EXPECT_EQ(loaded_real<float>(1e300), std::nullopt);
    EXPECT_EQ(stored(std::nan("")), "invalid");
    EXPECT_TRUE(survives(std::numeric_limits<float>::infinity()));
}

TEST(ecto_type, texts_and_blobs_are_not_each_other) {
    EXPECT_EQ(loaded<blob>("abc"), std::nullopt);
    EXPECT_EQ(stored(blob{std::byte{'a'}}), "blob a");
    detail::cell c{};
    detail::set_blob(c, {});
    EXPECT_EQ(loaded<std::string>(c), std::nullopt);
}

TEST(ecto_type, null_needs_an_optional) {
    detail::cell c{};
    detail::set_null(c);
    EXPECT_EQ(loaded<int>(c), std::nullopt);
    EXPECT_EQ(loaded<std::string>(c), std::nullopt);
    EXPECT_EQ(loaded<std::optional<int>>(c), std::make_optional(std::optional<int>()));
    EXPECT_EQ(stored(std::optional<int>()), "null");
    EXPECT_EQ(stored(std::optional<int>(7)), "integer 7");
}

TEST(ecto_type, of_a_program_is_stored_as_it_says) {
    EXPECT_EQ(stored(money{7}), "integer 7");
    EXPECT_EQ(stored(money{-7}), "invalid");
    EXPECT_EQ(loaded_integer<money>(7), money{7});
    EXPECT_EQ(loaded_integer<money>(-7), std::nullopt);
    EXPECT_EQ(loaded<money>("7"), std::nullopt);
    EXPECT_EQ(casted<money>("7"), money{7});
    EXPECT_EQ(detail::sql_type<std::optional<money>>(), "INTEGER");
}

TEST(ecto_type, casts_as_forms_write_values) {
    EXPECT_EQ(casted<int>("42"), 42);
    EXPECT_EQ(casted<int>(42), 42);
    EXPECT_EQ(casted<int>("42x"), std::nullopt);
    EXPECT_EQ(casted<int>(""), std::nullopt);
    EXPECT_EQ(casted<int>(1.0), std::nullopt);
    EXPECT_EQ(casted<std::int8_t>(300), std::nullopt);
    EXPECT_EQ(casted<bool>("1"), true);
    EXPECT_EQ(casted<bool>(1), std::nullopt);
    EXPECT_EQ(casted<double>("1e3"), 1000.0);
    EXPECT_EQ(casted<std::string>("x"), "x");
    EXPECT_EQ(casted<std::string>(1), std::nullopt);
    EXPECT_EQ(casted<std::optional<int>>(nullptr), std::make_optional(std::optional<int>()));
    EXPECT_EQ(casted<int>(nullptr), std::nullopt);
}

}  // namespace ecto
