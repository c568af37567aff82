#include "support/open_repo.hpp"

#include <ecto/repo.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace ecto {

using testing::open_blog;
using testing::post;
using testing::sql_of;
using testing::status;
using testing::user;

namespace {

const table<user> u;
const table<user> boss{"boss"};
const table<post> p;

struct summary {
    std::string name{};
    std::int64_t posts{};
};

struct keyless {
    int a{};
};

ECTO_SCHEMA(keyless, "keyless") {
    ECTO_FIELD(a);
};

struct pair_key {
    std::string a{};
    int b{};
    int c{};
};

ECTO_SCHEMA(pair_key, "pairs") {
    ECTO_FIELD(a, primary_key);
    ECTO_FIELD(b, primary_key);
    ECTO_FIELD(c);
};

struct price {
    std::int64_t id{};
    std::optional<decimal> amount{};
};

ECTO_SCHEMA(price, "prices") {
    ECTO_FIELD(id, primary_key);
    ECTO_FIELD(amount);
};

class ecto_repo : public ::testing::Test {
protected:
    repo db = open_blog();
    user ada = db.insert(user{.name = "Ada", .email = "ada@x.org", .age = 36}).value();
    user bob = db.insert(user{.name = "Bob", .age = 17, .state = status::banned}).value();

    void add_posts() {
        db.insert_all(std::vector<post>{{.title = "One", .published = true, .user_id = ada.id},
                                        {.title = "Two", .user_id = ada.id}})
            .value();
    }
};

}  // namespace

TEST_F(ecto_repo, insert_generates_what_is_not_set) {
    EXPECT_EQ(ada.id, 1);
    EXPECT_EQ(bob.id, 2);
    EXPECT_NE(ada.token, uuid());
    EXPECT_EQ(ada.inserted_at, ada.updated_at);
    EXPECT_GT(ada.inserted_at, utc_datetime());
    const uuid token = uuid::v4();
    const auto third = db.insert(user{.id = 70, .name = "Cid", .token = token}).value();
    EXPECT_EQ(third.id, 70);
    EXPECT_EQ(third.token, token);
    EXPECT_EQ(db.insert(user{.name = "Dee"}).value().id, 71);
}

TEST_F(ecto_repo, a_row_is_read_as_it_was_written) {
    const auto read = db.get<user>(ada.id).value();
    EXPECT_EQ(std::tie(read.name, read.email, read.age, read.state, read.token, read.inserted_at),
              std::tie(ada.name, ada.email, ada.age, ada.state, ada.token, ada.inserted_at));
    EXPECT_EQ(db.get<user>(bob.id).value().email, std::nullopt);
}

TEST_F(ecto_repo, values_have_the_stored_forms_of_elixirs_adapter) {
    using row = std::tuple<std::string, std::string, std::string>;
    const auto q =
        from(u)
            .where(u.id == ada.id)
            .select(fragment<std::string>("typeof(?) || ?", u.state, u.state),
                    fragment<std::string>("typeof(?) || length(?)", u.token, u.token),
                    fragment<std::string>("typeof(?) || substr(?, 11, 1) || substr(?, 20)",
                                          u.inserted_at, u.inserted_at, u.inserted_at));
    EXPECT_EQ(db.one(q).value(), row("textactive", "text36", "textTZ"));
}

TEST_F(ecto_repo, get_and_one_say_what_they_did_not_find) {
    EXPECT_EQ(db.get<user>(99).error(), error_kind::not_found);
    EXPECT_EQ(optional(db.get<user>(99)).value().has_value(), false);
    EXPECT_EQ(db.one(from(u)).error(), error_kind::multiple_results);
    EXPECT_EQ(db.one(from(u).where(u.age > 99)).error(), error_kind::not_found);
    EXPECT_EQ(db.get_by(u, u.email == "ada@x.org").value().id, ada.id);
    EXPECT_EQ(db.get_by(u, u.age > 0).error(), error_kind::multiple_results);
}

TEST_F(ecto_repo, counts_and_looks) {
    EXPECT_EQ(db.count(from(u)).value(), 2);
    EXPECT_EQ(db.count(from(u).limit(1)).value(), 1);
    EXPECT_TRUE(db.exists(from(u).where(u.age > 18)).value());
    EXPECT_FALSE(db.exists(from(u).where(u.age > 99)).value());
    EXPECT_EQ(db.aggregate(from(u), max(u.age)).value(), 36);
    EXPECT_EQ(db.aggregate(from(u).limit(1), max(u.age)).error(), error_kind::query);
}

TEST_F(ecto_repo, the_sql_can_be_read) {
    const auto q = from(u)
                       .left_join(p, p.user_id == u.id)
                       .where(u.age >= 18 && like(u.name, "A%"))
                       .or_where(is_null(u.email))
                       .group_by(u.id)
                       .having(count(p.id) > 1)
                       .order_by(desc(u.age), asc(u.email).nulls_last())
                       .limit(10)
                       .offset(5)
                       .distinct()
                       .select(u.name, count(p.id));
    EXPECT_EQ(sql_of(db, q),
              "SELECT DISTINCT u0.\"name\", count(p1.\"id\") FROM \"users\" AS u0 "
              "LEFT JOIN \"posts\" AS p1 ON (p1.\"user_id\" = u0.\"id\") "
              "WHERE (((u0.\"age\" >= ?) AND (u0.\"name\" LIKE +?)) OR "
              "(u0.\"email_address\" IS NULL)) GROUP BY u0.\"id\" "
              "HAVING (count(p1.\"id\") > ?) "
              "ORDER BY u0.\"age\" DESC, u0.\"email_address\" NULLS LAST LIMIT ? OFFSET ?");
    const auto values = db.to_sql(q).value().values;
    ASSERT_EQ(values.size(), 5U);
    EXPECT_EQ(*values[1].if_text(), "A%");
    EXPECT_EQ(*values[4].if_integer(), 5);
    EXPECT_TRUE(db.all(q));
}

TEST_F(ecto_repo, values_follow_the_sql_and_not_the_steps) {
    const auto q = from(u).limit(1).where(u.age == 17).select(u.age + 100);
    EXPECT_EQ(db.one(q).value(), 117);
}

TEST_F(ecto_repo, one_shape_has_one_plan_and_its_own_values) {
    for (int i = 0; i < 3; ++i) {
        for (const auto& each : {ada, bob}) {
            EXPECT_EQ(db.one(from(u).where(u.name == each.name)).value().id, each.id);
        }
    }
}

TEST_F(ecto_repo, optional_filters) {
    const std::optional<int> least = 18;
    const std::optional<std::string> name;
    const auto q = from(u)
                       .where_if(least, [&](int n) { return u.age >= n; })
                       .where_if(name, [&](const std::string& n) { return u.name == n; })
                       .where_if(false, u.age > 99);
    EXPECT_EQ(db.all(q).value().size(), 1U);
}

TEST_F(ecto_repo, joins) {
    add_posts();
    const auto pairs = db.all(from(u).join(p, p.user_id == u.id).select(u.name, p.title));
    ASSERT_EQ(pairs.value().size(), 2U);
    const auto left = db.all(from(u)
                                 .left_join(p, p.user_id == u.id && p.published)
                                 .select(u, maybe(p), maybe(p.title))
                                 .order_by(u.id))
                          .value();
    ASSERT_EQ(left.size(), 2U);
    EXPECT_EQ(std::get<1>(left[0])->title, "One");
    EXPECT_EQ(std::get<1>(left[1]), std::nullopt);
    EXPECT_EQ(std::get<2>(left[1]), std::nullopt);
    const auto selves =
        db.all(from(u).join(boss, boss.id == u.id - 1).select(u.name, boss.name)).value();
    ASSERT_EQ(selves.size(), 1U);
    EXPECT_EQ(selves[0], std::tuple(std::string("Bob"), std::string("Ada")));
    const auto all = db.all(from(u)
                                .left_join(p, p.user_id == u.id)
                                .group_by(u.id)
                                .select_as<summary>(u.name, count(p.id))
                                .order_by(u.id))
                         .value();
    EXPECT_EQ(all[0].posts, 2);
    EXPECT_EQ(all[1].posts, 0);
}

TEST_F(ecto_repo, a_wrong_query_is_an_error_before_it_is_run) {
    EXPECT_EQ(db.all(from(u).where(p.published)).error(), error_kind::query);
    EXPECT_THAT(sql_of(db, from(u).where(p.published)),
                ::testing::StartsWith("posts.published is used, but its table variable"));
    EXPECT_THAT(sql_of(db, from(u).where(boss.age > 1)),
                ::testing::StartsWith("users.age is used"));
    EXPECT_THAT(sql_of(db, from(u).select(p)), ::testing::StartsWith("posts is selected, but"));
    EXPECT_THAT(sql_of(db, from(u).left_join(p, p.user_id == u.id).select(u.name, p.title)),
                ::testing::StartsWith("posts.title may be NULL here"));
    EXPECT_THAT(sql_of(db, from(u).left_join(p, p.user_id == u.id).select(p)),
                ::testing::StartsWith("posts.id may be NULL here"));
    EXPECT_THAT(sql_of(db, from(u).join(u, u.id == u.id)),
                ::testing::StartsWith("users takes part in the query twice"));
    EXPECT_EQ(db.all(from(u).limit(-1)).error(), error_kind::query);
    EXPECT_EQ(db.all(from(u).offset(-1)).error(), error_kind::query);
    EXPECT_EQ(db.all(from(u).where(u.age > std::numeric_limits<std::uint64_t>::max())).error(),
              error_kind::query);
}

TEST_F(ecto_repo, a_stored_value_of_another_type_is_an_error_that_names_its_column) {
    const auto why = [&](const char* column, const auto& value) {
        db.execute(std::string("UPDATE users SET ") + column + " = ? WHERE id = 1", value).value();
        const auto read = db.get<user>(1);
        const auto all = db.all(from(u));
        db.delete_one(ada).value();
        db.insert(ada).value();
        EXPECT_EQ(read.error(), error_kind::mismatch);
        EXPECT_EQ(read.error().message(), all.error().message());
        return read.error().message();
    };
    EXPECT_EQ(why("name", nullptr), "users.name is NULL, and its field is no std::optional");
    EXPECT_EQ(why("name", 1), "users.name holds an INTEGER that is not a text");
    EXPECT_EQ(why("age", "x"), "users.age holds a TEXT that is not an integer of 32 bits");
    EXPECT_EQ(why("age", std::int64_t{1} << 40),
              "users.age holds an INTEGER that is not an integer of 32 bits");
    EXPECT_EQ(why("state", "gone"), "users.state holds a TEXT that is not a name of its list");
    EXPECT_EQ(why("token", 1.5), "users.token holds a REAL that is not a UUID");
    EXPECT_EQ(why("inserted_at", "soon"),
              "users.inserted_at holds a TEXT that is not a date with a time");
    db.execute("UPDATE users SET age = NULL").value();
    EXPECT_EQ(db.all(from(u).select(u.name, u.age)).error().message(),
              "users.age is NULL, and its field is no std::optional");
    EXPECT_EQ(db.all(from(u).select(u.name, u.age + 1)).error().message(),
              "column 2 of the result is NULL, and its field is no std::optional");
}

TEST_F(ecto_repo, a_value_that_cannot_be_stored_is_not_written) {
    const auto refused = db.insert(user{.name = "Eve", .state = static_cast<status>(9)});
    EXPECT_EQ(refused.error(), error_kind::invalid);
    EXPECT_EQ(refused.error().fields().at(0).message, "cannot be stored in users.state");
    EXPECT_EQ(db.count(from(u)).value(), 2);
}

TEST_F(ecto_repo, a_constraint_is_an_error_with_the_drivers_behind_it) {
    const auto taken = db.insert(user{.name = "Eve", .email = "ada@x.org"});
    ASSERT_EQ(taken.error(), error_kind::constraint);
    EXPECT_EQ(taken.error().cause()->constraint()->columns,
              std::vector<std::string>{"email_address"});
    EXPECT_EQ(db.execute("SELEC").error(), error_kind::driver);
}

TEST_F(ecto_repo, update_writes_all_but_what_is_written_once) {
    auto changed = ada;
    changed.age = 37;
    changed.email = std::nullopt;
    changed.token = uuid();
    changed.updated_at = {};
    const auto returned = db.update(changed).value();
    EXPECT_GE(returned.updated_at, ada.updated_at);
    const auto read = db.get<user>(ada.id).value();
    EXPECT_EQ(read.age, 37);
    EXPECT_EQ(read.email, std::nullopt);
    EXPECT_EQ(read.token, ada.token);
    EXPECT_EQ(read.inserted_at, ada.inserted_at);
    EXPECT_EQ(read.updated_at, returned.updated_at);
    EXPECT_EQ(db.get<user>(bob.id).value().age, 17);
    EXPECT_EQ(db.update(user{.id = 99}).error(), error_kind::stale);
}

TEST_F(ecto_repo, delete_one_deletes_one) {
    EXPECT_TRUE(db.delete_one(ada));
    EXPECT_EQ(db.delete_one(ada).error(), error_kind::stale);
    EXPECT_EQ(db.count(from(u)).value(), 1);
}

TEST_F(ecto_repo, keys_of_several_columns_and_none) {
    db.execute("CREATE TABLE pairs (a, b, c, PRIMARY KEY (a, b))").value();
    db.execute("CREATE TABLE keyless (a)").value();
    db.insert(pair_key{"x", 1, 10}).value();
    db.insert(pair_key{"x", 0, 20}).value();
    EXPECT_EQ(db.get<pair_key>("x", 0).value().c, 20);
    EXPECT_EQ(db.get<pair_key>("x").error(), error_kind::query);
    EXPECT_TRUE(db.update(pair_key{"x", 1, 11}));
    EXPECT_EQ(db.get<pair_key>("x", 1).value().c, 11);
    EXPECT_TRUE(db.insert(keyless{1}));
    EXPECT_EQ(db.get<keyless>(1).error(), error_kind::query);
    EXPECT_EQ(db.update(keyless{1}).error(), error_kind::query);
    EXPECT_EQ(db.delete_one(keyless{1}).error().message(),
              "the schema of keyless has no primary key");
}

TEST_F(ecto_repo, insert_all_inserts_all_or_none) {
    std::vector<user> many(1203);
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].name = std::to_string(i);
    }
    EXPECT_EQ(db.insert_all(many).value(), 1203);
    EXPECT_EQ(db.count(from(u)).value(), 1205);
    EXPECT_EQ(db.one(from(u).select(count_distinct(u.token))).value(), 1205);
    many.back().email = "ada@x.org";
    EXPECT_EQ(db.insert_all(many).error(), error_kind::constraint);
    EXPECT_EQ(db.count(from(u)).value(), 1205);
    EXPECT_EQ(db.insert_all(std::vector<user>()).value(), 0);
    EXPECT_EQ(db.insert_all(std::vector<user>{{.id = 5000, .name = "a"}, {.name = "b"}}).value(),
              2);
    EXPECT_EQ(db.get_by(u, u.name == "b").value().id, 5001);
}

TEST_F(ecto_repo, update_all_and_delete_all) {
    EXPECT_EQ(
        db.update_all(from(u).where(u.age < 18), {set(u.age, 18), set(u.email, "b@x.org")}).value(),
        1);
    EXPECT_EQ(db.update_all(from(u), {inc(u.age), set(u.name, u.name + "!")}).value(), 2);
    EXPECT_EQ(db.get<user>(bob.id).value().age, 19);
    EXPECT_EQ(db.get<user>(bob.id).value().name, "Bob!");
    EXPECT_EQ(db.update_all(from(u), {set(u.email, std::nullopt)}).value(), 2);
    EXPECT_EQ(db.update_all(from(u), {}).error(), error_kind::query);
    EXPECT_EQ(db.update_all(from(u), {set(p.title, "x")}).error(), error_kind::query);
    EXPECT_THAT(db.delete_all(from(u).limit(1)).error().message(),
                ::testing::StartsWith("unsupported"));
    EXPECT_THAT(db.delete_all(from(u).join(p, p.id == u.id)).error().message(),
                ::testing::StartsWith("unsupported"));
    EXPECT_EQ(db.count(from(u)).value(), 2);
    EXPECT_EQ(db.delete_all(from(u).where(u.name == "Bob!")).value(), 1);
    EXPECT_EQ(db.delete_all(from(u)).value(), 1);
}

TEST_F(ecto_repo, stream_reads_until_it_is_told_to_stop) {
    int seen = 0;
    EXPECT_TRUE(db.stream(from(u).order_by(u.id), [&](const user& each) {
        ++seen;
        return each.name != "Ada";
    }));
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(db.stream(from(u), [&](const user&) { ++seen; }));
    EXPECT_EQ(seen, 3);
}

TEST_F(ecto_repo, transact_commits_or_rolls_back) {
    const auto kept = db.transact([&](repo& tx) { return tx.insert(user{.name = "Cid"}); });
    EXPECT_TRUE(kept);
    const auto failed = db.transact([&](repo& tx) -> result<void> {
        EXPECT_TRUE(tx.insert(user{.name = "Dee"}));
        EXPECT_EQ(tx.count(from(u)).value(), 4);
        return error(error_kind::rollback, "no");
    });
    EXPECT_EQ(failed.error().message(), "no");
    EXPECT_THROW(static_cast<void>(db.transact([&](repo& tx) -> result<void> {
                     EXPECT_TRUE(tx.delete_all(from(u)));
                     throw std::runtime_error("stop");
                 })),
                 std::runtime_error);
    EXPECT_EQ(db.count(from(u)).value(), 3);
}

TEST_F(ecto_repo, a_transaction_inside_is_a_savepoint) {
    const auto done = db.transact([&](repo& tx) -> result<std::int64_t> {
        EXPECT_TRUE(tx.insert(user{.name = "Cid"}));
        const auto inner = tx.transact([&](repo& deep) -> result<void> {
            EXPECT_TRUE(deep.insert(user{.name = "Dee"}));
            return error(error_kind::rollback);
        });
        EXPECT_EQ(inner.error(), error_kind::rollback);
        return tx.count(from(u));
    });
    EXPECT_EQ(done.value(), 3);
    EXPECT_EQ(db.count(from(u)).value(), 3);
}

TEST_F(ecto_repo, one_that_outlives_its_transaction_gives_errors) {
    std::optional<repo> kept;
    EXPECT_TRUE(db.transact([&](repo& tx) -> result<void> {
        kept = tx;
        return {};
    }));
    EXPECT_EQ(kept->all(from(u)).error(), error_kind::driver);
    EXPECT_EQ(kept->insert(user{}).error().cause()->kind(), libsql::error_kind::transaction);
}

TEST_F(ecto_repo, the_outer_repo_inside_a_transaction_does_not_wait_for_ever) {
    const auto done = db.transact([&](repo&) { return db.insert(user{.name = "Cid"}); });
    ASSERT_EQ(done.error(), error_kind::driver);
    EXPECT_EQ(done.error().cause()->kind(), libsql::error_kind::misuse);
}

TEST_F(ecto_repo, a_call_ends_at_its_deadline) {
    const call_options at_once{.until = libsql::deadline::in(std::chrono::milliseconds(20))};
    const auto endless =
        db.execute(at_once,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) DELETE FROM "
                   "posts WHERE id IN (SELECT i FROM n)");
    EXPECT_EQ(endless.error().cause()->kind(), libsql::error_kind::timeout);
    EXPECT_EQ(db.count(from(u)).value(), 2);
}

TEST_F(ecto_repo, is_used_by_many_threads) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20; ++i) {
                EXPECT_TRUE(db.insert(user{.name = std::to_string(t)}));
                EXPECT_TRUE(db.all(from(u).where(u.age > i).limit(t + 1)));
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(db.count(from(u)).value(), 82);
}

TEST_F(ecto_repo, a_decimal_that_a_column_would_round_is_not_written) {
    const table<price> t;
    const auto few = decimal::parse("12.50").value();
    const auto many = decimal::parse("0.1234567890123456789").value();
    db.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, amount DECIMAL)").value();
    EXPECT_EQ(db.get<price>(db.insert(price{.amount = few}).value().id).value().amount, few);
    EXPECT_EQ(db.insert(price{.amount = many}).error(), error_kind::invalid);
    EXPECT_EQ(db.insert_all(std::vector<price>{{}, {.amount = many}}).error(), error_kind::invalid);
    EXPECT_EQ(db.update(price{.id = 1, .amount = many}).error(), error_kind::invalid);
    EXPECT_EQ(db.update_all(from(t), {set(t.amount, many)}).error(), error_kind::invalid);
    EXPECT_EQ(db.count(from(t)).value(), 1);
    db.execute("DROP TABLE prices").value();
    db.execute("CREATE TABLE prices (id INTEGER PRIMARY KEY, amount DECIMAL_TEXT)").value();
    EXPECT_EQ(db.get<price>(db.insert(price{.amount = many}).value().id).value().amount, many);
}

TEST(ecto_repo_start, opens_the_database) {
    auto db = repo::start({.database = ":memory:"}).value();
    EXPECT_TRUE(db.execute("CREATE TABLE keyless (a)"));
    EXPECT_TRUE(db.insert(keyless{7}));
    EXPECT_EQ(db.all(from(table<keyless>())).value().at(0).a, 7);
    EXPECT_EQ(repo::start({.database = "/nowhere/at/all.db"}).error().cause()->kind(),
              libsql::error_kind::cannot_open);
}

}  // namespace ecto
