#include <libsql/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {

namespace {

result<int> number(int n) {
    return n;
}

result<int> failure() {
    return error(error_kind::mismatch, "no number");
}

}  // namespace

TEST(result, a_wrong_access_throws_and_is_never_undefined) {
    auto bad = failure();
    EXPECT_THROW(bad.value(), exception);
    EXPECT_THROW(*bad, exception);
    EXPECT_THROW(failure().value(), exception);
    result<std::string> bad_text = error(error_kind::busy, "b");
    EXPECT_THROW(static_cast<void>(bad_text->size()), exception);
    try {
        failure().value();
        FAIL();
    } catch (const exception& e) {
        EXPECT_EQ(e.error().kind(), error_kind::mismatch);
        EXPECT_STREQ(e.what(), "mismatch: no number");
    }
    try {
        static_cast<void>(number(1).error());
        FAIL();
    } catch (const exception& e) {
        EXPECT_EQ(e.error().kind(), error_kind::misuse);
    }
}

TEST(result, a_void_result_behaves_the_same) {
    const result<void> good;
    const result<void> bad = error(error_kind::io, "disk");
    EXPECT_TRUE(good);
    EXPECT_NO_THROW(good.value());
    EXPECT_THROW(static_cast<void>(good.error()), exception);
    EXPECT_FALSE(bad);
    EXPECT_THROW(bad.value(), exception);
    EXPECT_EQ(bad.error().kind(), error_kind::io);
    EXPECT_EQ(good.and_then([] { return number(3); }).value(), 3);
    EXPECT_EQ(bad.and_then([] { return number(3); }).error().kind(), error_kind::io);
}

TEST(result, holds_values_that_cannot_be_copied) {
    result<std::unique_ptr<int>> held = std::make_unique<int>(7);
    EXPECT_EQ(**held, 7);
    const std::unique_ptr<int> out = std::move(held).value();
    EXPECT_EQ(*out, 7);
}

TEST(result, a_temporary_returns_its_value_not_a_reference) {
    const auto make = [] { return result<std::vector<int>>(std::vector{1, 2, 3}); };
    int sum = 0;
    for (const int i : make().value()) {
        sum += i;
    }
    for (const int i : *make()) {
        sum += i;
    }
    EXPECT_EQ(sum, 12);
}

TEST(result, supports_fallbacks_and_chains) {
    EXPECT_EQ(failure().value_or(5), 5);
    EXPECT_EQ(number(1).value_or(5), 1);
    EXPECT_EQ(number(2).and_then([](int n) { return number(n * 2); }).value(), 4);
    EXPECT_EQ(failure().and_then([](int n) { return number(n * 2); }).error().message(),
              "no number");
    EXPECT_EQ(number(2).transform([](int n) { return std::to_string(n); }).value(), "2");
    EXPECT_TRUE(number(2).transform([](int) {}));
    EXPECT_FALSE(failure().transform([](int) {}));
    EXPECT_EQ(failure().or_else([](const error&) { return number(9); }).value(), 9);
    EXPECT_EQ(number(1).or_else([](const error&) { return number(9); }).value(), 1);
}

TEST(result, void_results_support_chains) {
    const result<void> good;
    const result<void> bad(error(error_kind::busy, "locked"));
    EXPECT_EQ(good.transform([] { return 5; }).value(), 5);
    EXPECT_EQ(bad.transform([] { return 5; }).error().message(), "locked");
    EXPECT_TRUE(good.transform([] {}));
    EXPECT_TRUE(bad.or_else([](const error&) { return result<void>(); }));
    EXPECT_EQ(bad.or_else([](const error& e) { return result<void>(e); }).error().message(),
              "locked");
    EXPECT_TRUE(good.or_else([](const error& e) { return result<void>(e); }));
}

TEST(result, may_have_an_error_of_another_type) {
    struct refusal {
        std::vector<std::string> fields;
    };

    using checked = result<int, refusal>;
    const checked good(1);
    const checked bad(refusal{{"name"}});
    EXPECT_EQ(good.value(), 1);
    EXPECT_EQ(bad.error().fields, std::vector<std::string>{"name"});
    try {
        static_cast<void>(bad.value());
        ADD_FAILURE() << "it has no value";
    } catch (const exception& e) {
        EXPECT_EQ(e.error().kind(), error_kind::misuse);
    }
    const result<std::string, refusal> text =
        checked(2).transform([](int n) { return std::to_string(n); });
    EXPECT_EQ(text.value(), "2");
    const auto as_driver = checked(bad).transform_error(
        [](const refusal& r) { return error(error_kind::invalid_argument, r.fields.front()); });
    EXPECT_EQ(as_driver.error().message(), "name");
    const checked from_driver = failure().transform_error(
        [](const error& e) { return refusal{{std::string(e.message())}}; });
    EXPECT_EQ(from_driver.error().fields.front(), "no number");
    EXPECT_EQ(checked(bad).or_else([](const refusal&) { return number(9); }).value(), 9);
    const result<void, refusal> nothing(refusal{{"x"}});
    EXPECT_EQ(nothing.error().fields.front(), "x");
    EXPECT_FALSE(nothing.transform([] { return 1; }));
    EXPECT_TRUE(nothing.transform_error([](const refusal&) { return error(error_kind::sql, "y"); })
                    .error()
                    .message() == "y");
}

namespace {

/// An error of a layer above the driver.
struct refused {
    refused(std::string why) : text(std::move(why)) {}

    refused(const error& e) : text(e.message()) {}

    [[noreturn]] void raise() const { throw std::runtime_error(text); }

    std::string text;
};

/// Can be made of a driver's error, too.
struct anything {
    template <class T>
    anything(const T& /*any*/) {}
};

template <class T>
result<T, refused> through_layer(const result<int>& driver) {
    if (!driver) {
        return driver.error();
    }
    return T(*driver);
}

}  // namespace

TEST(result, an_error_says_what_is_thrown) {
    const result<int, refused> bad = refused("not today");
    EXPECT_THROW(static_cast<void>(bad.value()), std::runtime_error);
    EXPECT_THROW(static_cast<void>(*bad), std::runtime_error);
    EXPECT_THROW(static_cast<void>(bad.error().raise()), std::runtime_error);
    const result<void, refused> nothing = refused("not today");
    try {
        nothing.value();
        ADD_FAILURE() << "it has an error";
    } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "not today");
    }
    EXPECT_THROW(static_cast<void>(result<int, refused>(1).error()), exception);
}

TEST(result, an_error_that_converts_returns_through_a_layer) {
    EXPECT_EQ(through_layer<int>(number(2)).value(), 2);
    EXPECT_EQ(through_layer<int>(failure()).error().text, "no number");
    EXPECT_EQ(through_layer<anything>(failure()).error().text, "no number");
    EXPECT_TRUE(through_layer<anything>(number(2)).has_value());
    const auto nothing = []() -> result<void, refused> { return failure().error(); };
    EXPECT_EQ(nothing().error().text, "no number");
}

TEST(result, what_makes_a_value_and_an_error_makes_a_value) {
    const auto both = []() -> result<std::string, refused> { return std::string("kept"); };
    EXPECT_EQ(both().value(), "kept");
    const auto own = []() -> result<std::string, refused> { return refused("refused"); };
    EXPECT_EQ(own().error().text, "refused");
    static_assert(!std::is_convertible_v<int, result<std::string, refused>>);
    static_assert(!std::is_constructible_v<result<void, refused>, result<int>>);
}

namespace {

/// Moving or copying it throws when it is told so. Counts what lives.
struct fragile {
    explicit fragile(int n) : number(n) { ++alive; }

    fragile(const fragile& other) : number(other.number) {
        if (breaks) {
            throw std::runtime_error("broken");
        }
        ++alive;
    }

    fragile& operator=(const fragile&) = default;

    ~fragile() { --alive; }

    int number;
    inline static int alive{0};
    inline static bool breaks{false};
};

}  // namespace

TEST(result, a_copy_that_fails_changes_nothing) {
    {
        const result<fragile> source = fragile(1);
        result<fragile> target = error(error_kind::busy, "locked");
        fragile::breaks = true;
        EXPECT_THROW(target = source, std::runtime_error);
        EXPECT_THROW(result<fragile>{source}, std::runtime_error);
        fragile::breaks = false;
        EXPECT_EQ(target.error().message(), "locked");
        target = source;
        EXPECT_EQ(target->number, 1);
        target = result<fragile>(error(error_kind::io, "disk"));
        EXPECT_EQ(target.error().kind(), error_kind::io);
        EXPECT_EQ(fragile::alive, 1);
    }
    EXPECT_EQ(fragile::alive, 0);
}

TEST(result, a_move_that_fails_leaves_neither_value_nor_error) {
    {
        result<fragile> source = fragile(1);
        result<fragile> target = error(error_kind::busy, "locked");
        fragile::breaks = true;
        EXPECT_THROW(target = std::move(source), std::runtime_error);
        fragile::breaks = false;
        EXPECT_FALSE(target.has_value());
        EXPECT_THROW(static_cast<void>(target.value()), exception);
        EXPECT_THROW(static_cast<void>(target.error()), exception);
        target = result<fragile>(fragile(2));
        EXPECT_EQ(target->number, 2);
    }
    EXPECT_EQ(fragile::alive, 0);
}

static_assert(std::is_nothrow_move_constructible_v<result<std::string>>);
static_assert(std::is_nothrow_move_assignable_v<result<std::string>>);
static_assert(!std::is_nothrow_move_constructible_v<result<fragile>>);
static_assert(std::is_copy_constructible_v<result<std::string>>);
static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
static_assert(!std::is_copy_assignable_v<result<std::unique_ptr<int>>>);
static_assert(std::is_move_assignable_v<result<std::unique_ptr<int>>>);
static_assert(!std::is_constructible_v<result<bool>, result<int>>,
              "an error of another result must not become a value");
static_assert(!std::is_constructible_v<result<std::optional<bool>>, result<int>>);

}  // namespace libsql
