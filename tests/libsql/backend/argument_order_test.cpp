#include "libsql/backend/argument_order.hpp"

#include "libsql/sql/parameter_scanner.hpp"
#include "support/outcome.hpp"

#include <libsql/argument.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {
namespace {

using testing::failed_with;
using testing::succeeded;

/// The integers in the order of the parameters of `sql`.
result<std::vector<std::int64_t>> arrange(std::string_view sql,
                                          const std::vector<std::string_view>& names) {
    std::vector<detail::cell> values;
    for (std::size_t i = 0; i < names.size(); ++i) {
        values.push_back(detail::to_cell(static_cast<std::int64_t>(i + 1)));
    }
    const auto parameters = scan_parameters(sql).names;
    std::vector<detail::cell> ordered;
    auto done = arrange_named(
        {values.data(), values.size(), names.data()}, parameters.size(),
        [&](std::size_t i) { return parameters[i - 1]; }, sql, ordered);
    if (!done) {
        return done.error();
    }
    std::vector<std::int64_t> out;
    for (const auto& c : ordered) {
        out.push_back(c.type == detail::cell_type::null ? 0 : c.integer);
    }
    return out;
}

using order = std::vector<std::int64_t>;

TEST(argument_order, names_match_with_and_without_their_prefix) {
    EXPECT_EQ(arrange("SELECT :a, @b, $c", {"c", "a", "b"}).value(), (order{2, 3, 1}));
    EXPECT_EQ(arrange("SELECT :a, @b, $c", {"$c", ":a", "@b"}).value(), (order{2, 3, 1}));
    EXPECT_EQ(arrange("SELECT :a, :b, :a", {"b", "a"}).value(), (order{2, 1}));
}

TEST(argument_order, an_error_names_the_parameter_or_argument) {
    EXPECT_TRUE(failed_with(arrange("SELECT :a, :b", {"a"}), error_kind::invalid_argument, "b"));
    EXPECT_TRUE(
        failed_with(arrange("SELECT :a", {"a", "other"}), error_kind::invalid_argument, "other"));
    EXPECT_TRUE(failed_with(arrange("SELECT :a", {"a", "a"}), error_kind::invalid_argument, "a"));
    EXPECT_TRUE(failed_with(arrange("SELECT :a", {"a", ":a"}), error_kind::invalid_argument, "a"));
    EXPECT_TRUE(failed_with(arrange("SELECT :a", {"A"}), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(arrange("SELECT ?", {"a"}), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(arrange("SELECT :a", {""}), error_kind::invalid_argument));
}

TEST(argument_order, wrong_arguments_are_refused) {
    const auto wrong = [](const detail::cell& c) {
        return find_wrong_argument({&c, 1, nullptr}, "SELECT ?");
    };
    EXPECT_FALSE(wrong(detail::to_cell(1.5)));
    EXPECT_FALSE(wrong(detail::null_cell()));
    for (const auto type : {detail::cell_type::invalid_nan, detail::cell_type::invalid_unsigned,
                            detail::cell_type::invalid_size}) {
        auto c = detail::null_cell();
        c.type = type;
        const auto why = wrong(c);
        ASSERT_TRUE(why);
        EXPECT_TRUE(why->kind() == error_kind::invalid_argument ||
                    why->kind() == error_kind::too_big);
    }
}

TEST(argument_order, a_wrong_number_of_arguments_names_both_numbers) {
    const auto why = wrong_argument_count(3, 1, "SELECT ?, ?, ?");
    EXPECT_EQ(why.kind(), error_kind::invalid_argument);
    EXPECT_NE(why.message().find('3'), std::string::npos);
    EXPECT_NE(why.message().find('1'), std::string::npos);
    EXPECT_EQ(why.sql(), "SELECT ?, ?, ?");
}

}  // namespace
}  // namespace libsql
