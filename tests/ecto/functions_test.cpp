#include "support/open_repo.hpp"

#include <ecto/functions.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace ecto {

using testing::post;
using testing::status;
using testing::user;

namespace {

const table<user> u;

class ecto_functions : public ::testing::Test {
protected:
    ecto_functions() {
        db.insert_all(std::vector<user>{{.name = "Ada", .email = "ada@x.org", .age = 36},
                                        {.name = "Bob", .age = 17, .state = status::banned},
                                        {.name = "Cid", .age = 52}})
            .value();
    }

    std::string names(const condition& c) {
        std::string all;
        for (const auto& name : db.all(from(u).where(c).select(u.name).order_by(u.id)).value()) {
            all += name + " ";
        }
        return all;
    }

    repo db = testing::open_blog();
};

}  // namespace

TEST_F(ecto_functions, comparisons) {
    EXPECT_EQ(names(u.age > 17), "Ada Cid ");
    EXPECT_EQ(names(u.age >= 17 && u.age != 36), "Bob Cid ");
    EXPECT_EQ(names(18 > u.age || u.name == "Cid"), "Bob Cid ");
    EXPECT_EQ(names(!(u.age < 18)), "Ada Cid ");
    EXPECT_EQ(names(u.state == status::banned), "Bob ");
    EXPECT_EQ(names(u.email == "ada@x.org"), "Ada ");
    EXPECT_EQ(names(u.inserted_at > utc_datetime()), "Ada Bob Cid ");
    EXPECT_EQ(names(between(u.age, 17, 36)), "Ada Bob ");
}

TEST_F(ecto_functions, null) {
    EXPECT_EQ(names(is_null(u.email)), "Bob Cid ");
    EXPECT_EQ(names(!is_null(u.email)), "Ada ");
    EXPECT_EQ(names(is_same(u.email, std::optional<std::string>())), "Bob Cid ");
    EXPECT_EQ(names(is_same(u.email, "ada@x.org")), "Ada ");
    EXPECT_EQ(names(u.email != "x"), "Ada ");
    EXPECT_EQ(names(coalesce(u.email, "none") == "none"), "Bob Cid ");
}

TEST_F(ecto_functions, lists) {
    EXPECT_EQ(names(in(u.age, {17, 52, 99})), "Bob Cid ");
    EXPECT_EQ(names(in(u.state, {status::active})), "Ada Cid ");
    EXPECT_EQ(names(in(u.age, std::vector<int>())), "");
    EXPECT_EQ(names(!in(u.age, std::vector<int>())), "Ada Bob Cid ");
    const std::vector<int> long_list(20000, 36);
    EXPECT_EQ(names(in(u.age, long_list)), "Ada ");
}

TEST_F(ecto_functions, texts) {
    EXPECT_EQ(names(like(u.name, "%D%")), "Ada Cid ");
    EXPECT_EQ(names(like(u.name, "'%")), "");
    EXPECT_EQ(names(lower(u.name) == "ada"), "Ada ");
    EXPECT_EQ(names(u.name + "!" == "Bob!"), "Bob ");
}

TEST_F(ecto_functions, arithmetic_and_aggregates) {
    EXPECT_EQ(names(u.age * 2 - 2 == 70), "Ada ");
    EXPECT_EQ(names(u.age % 10 == 7), "Bob ");
    const auto [n, with_email, total, average, least, greatest, states] =
        db.one(from(u).select(count(), count(u.email), sum(u.age), avg(u.age), min(u.age),
                              max(u.name), count_distinct(u.state)))
            .value();
    EXPECT_EQ(n, 3);
    EXPECT_EQ(with_email, 1);
    EXPECT_EQ(total, 105);
    EXPECT_EQ(average, 35.0);
    EXPECT_EQ(least, 17);
    EXPECT_EQ(greatest, "Cid");
    EXPECT_EQ(states, 2);
    EXPECT_EQ(db.one(from(u).where(u.age > 99).select(sum(u.age))).value(), std::nullopt);
    EXPECT_EQ(db.one(from(u).where(u.id == 1).select(u.age / 0)).value(), std::nullopt);
}

TEST_F(ecto_functions, fragments) {
    EXPECT_EQ(names(fragment("length(?) = ? AND '?' = '?'", u.name, 3)), "Ada Bob Cid ");
    EXPECT_EQ(db.one(from(u).where(u.id == 1).select(fragment<std::string>("? || ?", u.name, "?")))
                  .value(),
              "Ada?");
    EXPECT_EQ(names(unsafe_fragment("age = 17")), "Bob ");
}

TEST_F(ecto_functions, conditions_are_combined_at_run_time) {
    std::vector<condition> filters{u.age > 20};
    condition any(false);
    for (const auto* name : {"Ada", "Bob"}) {
        any = any || u.name == name;
    }
    filters.push_back(any);
    EXPECT_EQ(names(all_of(filters)), "Ada ");
    EXPECT_EQ(names(any_of(filters)), "Ada Bob Cid ");
    EXPECT_EQ(names(all_of({})), "Ada Bob Cid ");
    EXPECT_EQ(names(any_of({})), "");
}

TEST_F(ecto_functions, no_text_becomes_sql) {
    for (const auto* text : {"'; DROP TABLE users; --", "\"", "' OR '1'='1", "?", "`", "\\"}) {
        EXPECT_EQ(names(u.name == text || like(u.name, text) || in(u.name, {text})), "");
        EXPECT_EQ(names(fragment("? = ?", u.name, text)), "");
        const auto stored = db.insert(user{.name = text, .email = text}).value();
        EXPECT_EQ(db.get<user>(stored.id).value().name, text);
        db.update_all(from(u).where(u.id == stored.id), {set(u.name, std::string(text) + "2")})
            .value();
        EXPECT_EQ(db.get<user>(stored.id).value().name, std::string(text) + "2");
        db.delete_one(stored).value();
    }
    EXPECT_EQ(db.count(from(u)).value(), 3);
}

}  // namespace ecto
