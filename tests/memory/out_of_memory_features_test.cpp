// As out_of_memory_test.cpp, for what is above and below the statements of a local connection. What
// succeeded without one allocation has done all that it says.

#include "memory/fail_each.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {
namespace {

using testing::fail_each;
using testing::note;

const std::string text(100, 'x');
constexpr const char* first_text = "a long enough text, longer than a short one";

/// A connection, and what a call on it gave, if it has not thrown.
template <class T>
struct call_on {
    connection conn;
    std::optional<result<T>> got{};

    [[nodiscard]] bool ok() const { return got && *got; }

    /// What `wanted` says of the result, if there is one.
    void expect(const std::function<void(const T&)>& wanted) const {
        if (ok()) {
            wanted(**got);
        } else if (got) {
            EXPECT_EQ(got->error().kind(), error_kind::out_of_memory) << got->error().to_string();
        }
    }
};

connection memory(std::string_view script) {
    auto conn = database::open({.database = ":memory:"}).value().connect().value();
    conn.run_script(script).value();
    return conn;
}

connection filled() {
    return memory(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE, y CHECK (y <> 'wrong'));"
        "CREATE TABLE child(parent REFERENCES t(id));"
        "INSERT INTO t VALUES (1, 'a long enough text, longer than a short one', x'0102');"
        "INSERT INTO t VALUES (2, 'another long enough text, as long as that', x'0304')");
}

void expect_usable(connection& conn) {
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(conn.fetch_one<int>("SELECT 7").value(), 7);
    EXPECT_TRUE(conn.execute("CREATE TABLE IF NOT EXISTS usable(x)"));
    EXPECT_TRUE(conn.execute("INSERT INTO usable VALUES (1)"));
}

int rows_in(connection& conn, const std::string& table) {
    return conn.fetch_one<int>("SELECT count(*) FROM " + table).value().value();
}

/// `work` on what `open` makes, which `check` looks at.
template <class T, class Open, class Work>
void each_call(Open open, Work work, const std::function<void(call_on<T>&)>& check) {
    fail_each([&] { return call_on<T>{open()}; },
              [&](call_on<T>& with) { with.got = work(with.conn); },
              [&](call_on<T>& with) {
                  with.expect([](const T&) {});
                  check(with);
                  expect_usable(with.conn);
              });
}

/// `work`, whose results nobody needs.
void on_connection(const std::function<connection()>& open,
                   const std::function<void(connection&)>& work) {
    fail_each(open, work, expect_usable);
}

// --- statements ---

TEST(out_of_memory, atomic_work_is_done_or_undone) {
    const auto two_rows = [](executor& on) {
        return on.execute("INSERT INTO t VALUES (10, ?, ?)", text, text).and_then([&](auto) {
            return on.execute("INSERT INTO t VALUES (11, ?1 || 'y', ?2)", text, text);
        });
    };
    const auto whole = [](call_on<execution>& with) {
        const int n = rows_in(with.conn, "t");
        EXPECT_TRUE(n == 2 || n == 4) << n;
        EXPECT_TRUE(!with.ok() || n == 4) << "it says that it is done";
    };
    each_call<execution>(
        filled, [&](connection& c) { return atomically(c, two_rows); }, whole);
    each_call<execution>(
        filled,
        [&](connection& c) {
            return c.transact([&](transaction& tx) { return atomically(tx, two_rows); });
        },
        whole);
}

TEST(out_of_memory, whole_results_are_whole) {
    each_call<result_set>(
        filled, [](connection& c) { return c.query_all("SELECT x, y FROM t WHERE x <> ?", text); },
        [](call_on<result_set>& with) {
            with.expect([](const result_set& all) {
                EXPECT_EQ(all.columns.size(), 2U);
                ASSERT_EQ(all.rows.size(), 2U);
                EXPECT_EQ(all.rows[0][0], value(first_text));
            });
        });
    each_call<std::string>(
        filled,
        [](connection& c) { return c.fetch_single<std::string>("SELECT x FROM t WHERE id = 1"); },
        [](call_on<std::string>& with) {
            with.expect([](const std::string& x) { EXPECT_EQ(x, first_text); });
        });
    on_connection(filled, [](connection& c) {
        note(c.fetch_single<std::string>("SELECT x FROM t"));
        note(c.fetch_single<std::string>("SELECT x FROM t WHERE id = 77"));
    });
}

TEST(out_of_memory, explaining_survives_it) {
    each_call<std::vector<instruction>>(
        filled, [](connection& c) { return explain(c, "SELECT * FROM t WHERE x = ?", text); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_GT(all.size(), 5U); }); });
    each_call<std::string>(
        filled,
        [](connection& c) {
            return explain_query_plan(c, "SELECT * FROM t, child WHERE x = ? AND parent = id", text)
                .transform([](const auto& plan) { return to_string(plan); });
        },
        [](auto& with) {
            with.expect([](const std::string& plan) {
                EXPECT_NE(plan.find("SEARCH t"), std::string::npos) << plan;
                EXPECT_NE(plan.find("SCAN child"), std::string::npos) << plan;
            });
        });
}

TEST(out_of_memory, scripts_limits_and_changed_columns_survive_it) {
    on_connection(filled, [](connection& c) {
        note(get_limit(c, limit::length));
        note(set_limit(c, limit::length, 100'000));
        EXPECT_EQ(split_script("SELECT 1; SELECT 2;").size(), 2U);
    });
    each_call<bool>(
        [] { return memory("CREATE TABLE t(a, b TEXT); INSERT INTO t VALUES (1, 'x')"); },
        [](connection& c) {
            return ddl::alter_column(
                       c, {.table = "t", .column = "b", .definition = "TEXT NOT NULL DEFAULT 'y'"})
                .transform([] { return true; });
        },
        [](call_on<bool>& with) {
            const auto refused = with.conn.execute("INSERT INTO t VALUES (2, NULL)");
            EXPECT_TRUE(!with.ok() || !refused) << "the column was not changed";
            EXPECT_EQ(with.conn.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        });
}

// --- files ---

TEST(out_of_memory, a_deserialised_database_is_the_new_one_or_the_old_one) {
    const auto bytes = [] {
        auto other = memory("CREATE TABLE other(x); INSERT INTO other VALUES (1), (2), (3)");
        return serialize(other).value();
    }();
    each_call<bool>(
        filled,
        [&](connection& c) {
            const blob copy = bytes;
            return deserialize(c, copy).transform([] { return true; });
        },
        [](call_on<bool>& with) {
            const auto tables = with.conn
                                    .fetch<std::string>(
                                        "SELECT name FROM sqlite_schema WHERE name "
                                        "IN ('t', 'other') AND type = 'table'")
                                    .value();
            ASSERT_EQ(tables.size(), 1U);
            EXPECT_TRUE(!with.ok() || tables[0] == "other");
            EXPECT_EQ(rows_in(with.conn, tables[0]), tables[0] == "other" ? 3 : 2);
        });
}

TEST(out_of_memory, vacuuming_survives_it) {
    on_connection(
        [] {
            return memory(
                "PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE t(x); INSERT INTO t VALUES "
                "(zeroblob(100000)); DELETE FROM t");
        },
        [](connection& c) {
            note(incremental_vacuum(c, 3));
            note(vacuum(c));
            note(vacuum(c, "no such schema"));
        });
    const testing::temporary_directory dir;
    int copies = 0;
    each_call<std::string>(
        filled,
        [&](connection& c) {
            auto path = dir.file("copy" + std::to_string(++copies) + ".db");
            return vacuum_into(c, path).transform([&] { return std::move(path); });
        },
        [](call_on<std::string>& with) {
            with.expect([](const std::string& path) {
                auto copy = database::open({.database = path}).value().connect().value();
                EXPECT_EQ(rows_in(copy, "t"), 2);
            });
        });
}

TEST(out_of_memory, a_new_key_opens_the_file_or_the_old_one_does) {
    const testing::temporary_directory dir;
    const auto with_key = [&](const std::string& key) {
        return options{.database = dir.file("secret.db"), .encryption_key = key};
    };
    std::string now = "the first key of this file, which is long";
    const std::array<std::string, 2> keys{now, "the second key of this file, which is long"};
    database::open(with_key(now))
        .value()
        .connect()
        .value()
        .run_script("CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)")
        .value();
    const auto other = [&]() -> const std::string& { return keys[now == keys[0] ? 1 : 0]; };
    using call = std::pair<connection, std::optional<result<void>>>;
    fail_each(
        [&] {
            return std::optional<call>(std::in_place,
                                       database::open(with_key(now)).value().connect().value(),
                                       std::nullopt);
        },
        [&](std::optional<call>& with) { with->second = rekey(with->first, other()); },
        [&](std::optional<call>& with) {
            const bool ok = with->second && *with->second;
            EXPECT_EQ(rows_in(with->first, "t"), 2);
            with.reset();
            const bool is_new = database::open(with_key(other())).has_value();
            EXPECT_TRUE(is_new || !ok) << "it says that the key was changed";
            now = is_new ? other() : now;
            auto again = database::open(with_key(now)).value().connect().value();
            EXPECT_EQ(rows_in(again, "t"), 2);
        });
}

TEST(out_of_memory, attached_databases_survive_it) {
    const testing::temporary_directory dir;
    const auto path = dir.file("other.db");
    const std::string key = "a key that is longer than a short text";
    database::open({.database = path, .encryption_key = key})
        .value()
        .connect()
        .value()
        .run_script("CREATE TABLE there(x); INSERT INTO there VALUES (1)")
        .value();
    each_call<bool>(
        filled,
        [&](connection& c) { return attach(c, path, "other", key).transform([] { return true; }); },
        [](call_on<bool>& with) {
            EXPECT_TRUE(!with.ok() || rows_in(with.conn, "other.there") == 1);
        });
    on_connection(filled, [&](connection& c) {
        note(attach(c, path, "refused", "a wrong key that is longer than a short text"));
        if (attach(c, path, "other", key)) {
            note(c.fetch<int>("SELECT x FROM other.there"));
            note(cipher(c, "other"));
            note(detach(c, "other"));
        }
    });
}

TEST(out_of_memory, extensions_survive_it) {
    each_call<bool>(
        filled,
        [](connection& c) {
            note(load_extension(c, {.path = "no/such/file/of/an/extension/that/is/long"}));
            return load_extension(c, {.path = LIBSQL_TEST_EXTENSION}).transform([] {
                return true;
            });
        },
        [](call_on<bool>& with) {
            EXPECT_TRUE(!with.ok() ||
                        with.conn.fetch_one<int>("SELECT extension_answer()").value() == 42);
            EXPECT_FALSE(with.conn.execute("SELECT load_extension('x')"));
        });
}

// --- callbacks ---

/// What a callback writes to; it must outlive the connection, on which the callback may remain.
struct watched {
    std::string seen{};
    connection conn{filled()};
};

TEST(out_of_memory, callbacks_survive_it) {
    fail_each(
        [] { return std::make_unique<watched>(); },
        [](std::unique_ptr<watched>& with) {
            auto& c = with->conn;
            auto& seen = with->seen;
            note(set_trace(c, {.statements = true, .rows = true, .profile = true, .close = true},
                           [&](const trace_event& e) {
                               seen.append(e.sql());
                               note(e.expanded_sql());
                           }));
            note(set_preupdate_hook(c, [&](const preupdate_event& e) {
                seen.append(e.table());
                note(e.old_value(0));
            }));
            note(set_commit_hook(c, [&] {
                seen += text;
                return commit_decision::proceed;
            }));
            note(set_rollback_hook(c, [&] { seen += text; }));
            note(set_progress_handler(c, 1, [&] {
                seen += text;
                return progress_decision::proceed;
            }));
            note(c.execute("UPDATE t SET y = ?", text));
            note(c.fetch<std::string>("SELECT x FROM t"));
            note(
                c.transact([](transaction& tx) { return tx.execute("UPDATE t SET y = 'wrong'"); }));
        },
        [](std::unique_ptr<watched>& with) {
            auto& c = with->conn;
            EXPECT_TRUE(set_trace(c, {}, nullptr));
            EXPECT_TRUE(set_preupdate_hook(c, nullptr));
            EXPECT_TRUE(set_commit_hook(c, nullptr));
            EXPECT_TRUE(set_rollback_hook(c, nullptr));
            EXPECT_TRUE(set_progress_handler(c, 0, nullptr));
            expect_usable(c);
        });
}

TEST(out_of_memory, what_the_authorizer_denies_stays_denied) {
    struct guarded {
        connection conn{filled()};
        bool is_guarded{false};
        bool was_done{false};
    };

    fail_each([] { return guarded(); },
              [](guarded& with) {
                  with.is_guarded =
                      set_authorizer(with.conn, [](const authorizer_request& r) {
                          const std::string table(r.first);
                          return r.action == authorizer_action::delete_from && table == "t"
                                     ? authorization::deny
                                     : authorization::allow;
                      }).has_value();
                  with.was_done = with.conn.execute("DELETE FROM t").has_value();
              },
              [](guarded& with) {
                  EXPECT_FALSE(with.is_guarded && with.was_done);
                  EXPECT_TRUE(set_authorizer(with.conn, nullptr));
                  expect_usable(with.conn);
              });
}

TEST(out_of_memory, busy_handlers_survive_it) {
    const testing::temporary_directory dir;
    const options chosen{.database = dir.file("busy.db"),
                         .busy_timeout = std::chrono::seconds(300)};
    auto holder = database::open(chosen).value().connect().value();
    holder.run_script("CREATE TABLE t(x)").value();
    auto tx = holder.begin(transaction_mode::immediate).value();
    fail_each([&] { return database::open(chosen).value().connect().value(); },
              [](connection& c) {
                  if (!set_busy_handler(c, [](int attempt) {
                          const std::string copy = text;
                          return attempt < 1 ? busy_decision::wait : busy_decision::give_up;
                      })) {
                      return;
                  }
                  EXPECT_FALSE(c.execute("INSERT INTO t VALUES (?)", text));
              },
              [](connection& c) {
                  EXPECT_TRUE(set_busy_handler(c, nullptr));
                  EXPECT_EQ(rows_in(c, "t"), 0);
              });
    EXPECT_TRUE(tx.commit());
}

/// What cannot be told to the listener happens all the same. (It must not throw itself.)
TEST(out_of_memory, listeners_of_calls_survive_it) {
    struct heard {
        connection conn{filled()};
        int calls{0};
        bool inserted{false};
        bool read{false};
    };

    fail_each([] { return std::make_unique<heard>(); },
              [](std::unique_ptr<heard>& with) {
                  note(set_call_listener(with->conn,
                                         [&calls = with->calls](const call_event&) { ++calls; }));
                  with->inserted =
                      with->conn.execute("INSERT INTO t VALUES (10, ?, ?)", text, text).has_value();
                  with->read = with->conn.fetch<std::string>("SELECT x FROM t").has_value();
                  note(with->conn.execute("SELEC"));
                  batch steps;
                  steps.add("INSERT INTO child VALUES (1)");
                  note(with->conn.run(steps));
                  note(with->conn.run_script("SELECT x FROM t; UPDATE t SET y = 'some text'"));
              },
              [](std::unique_ptr<heard>& with) {
                  EXPECT_TRUE(set_call_listener(with->conn, nullptr));
                  if (with->inserted) {
                      EXPECT_EQ(rows_in(with->conn, "t"), 3);
                  }
                  expect_usable(with->conn);
              });
}

// --- helpers above SQL ---

TEST(out_of_memory, pragmas_survive_it) {
    on_connection(filled, [](connection& c) {
        note(pragma::journal_mode(c));
        note(pragma::set_journal_mode(c, journal_mode::memory));
        note(pragma::synchronous(c));
        note(pragma::set_synchronous(c, synchronous_mode::normal));
        note(pragma::foreign_keys(c));
        note(pragma::set_foreign_keys(c, true));
        note(pragma::cache_size(c));
        note(pragma::set_cache_size(c, -1000));
        note(pragma::temp_store(c));
        note(pragma::user_version(c));
        note(pragma::set_user_version(c, 7));
        note(pragma::application_id(c));
        note(pragma::page_size(c));
        note(pragma::auto_vacuum(c));
        note(pragma::page_count(c));
        note(pragma::freelist_count(c));
        note(pragma::get(c, "secure_delete"));
        note(pragma::set(c, "secure_delete", 1));
        note(pragma::set(c, "secure_delete", "FAST"));
        note(pragma::optimize(c));
        note(pragma::wal_checkpoint(c));
    });
    each_call<std::vector<pragma::table_column>>(
        filled, [](connection& c) { return pragma::table_info(c, "t"); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_EQ(all.size(), 3U); }); });
    each_call<std::vector<pragma::foreign_key>>(
        filled, [](connection& c) { return pragma::foreign_key_list(c, "child"); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_EQ(all.size(), 1U); }); });
    each_call<std::vector<std::string>>(
        filled, [](connection& c) { return pragma::integrity_check(c); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_TRUE(all.empty()); }); });
    on_connection(filled, [](connection& c) {
        note(pragma::table_xinfo(c, "t"));
        note(pragma::table_list(c));
        note(pragma::index_list(c, "t"));
        note(pragma::index_info(c, "sqlite_autoindex_t_1"));
        note(pragma::index_xinfo(c, "sqlite_autoindex_t_1"));
        note(pragma::database_list(c));
        note(pragma::collation_list(c));
        note(pragma::quick_check(c));
    });
}

/// Lists with hundreds of entries: every allocation of the first ones, and a part of the others.
TEST(out_of_memory, long_lists_survive_it) {
    auto c = filled();
    std::int64_t failures = 0;
    for (std::int64_t n = 0;; n += 1 + n / 20) {
        std::size_t functions = 0;
        std::size_t compiled = 0;
        const bool failed = testing::fails_with_one_less(n, [&] {
            if (const auto all = pragma::function_list(c)) {
                functions = all->size();
            }
            if (const auto all = pragma::compile_options(c)) {
                compiled = all->size();
            }
        });
        EXPECT_TRUE(functions == 0 || functions > 100);
        EXPECT_TRUE(compiled == 0 || compiled > 10);
        expect_usable(c);
        if (!failed) {
            break;
        }
        ++failures;
    }
    EXPECT_GT(failures, 20);
}

TEST(out_of_memory, json_survives_it) {
    const std::string of = R"({"a": [1, 2, {"b": "a text that is longer than a short one"}]})";
    on_connection(filled, [&](connection& c) {
        note(json::valid(c, of));
        note(json::fragment(c, of, "$.a[2]"));
        note(json::type_of(c, of, "$.a"));
        note(json::array_length(c, of, "$.a"));
        note(json::length(c, of));
        note(json::depth(c, of));
        note(json::set(c, of, "$.c", text));
        note(json::insert(c, of, "$.c", true));
        note(json::replace(c, of, "$.a", json::raw{"[]"}));
        note(json::remove(c, of, "$.a[0]"));
        note(json::patch(c, of, R"({"a": null})"));
        note(json::to_text(c, of));
        note(json::to_jsonb(c, of));
        note(json::pretty(c, of));
        note(json::quote(c, text));
        note(json::array(c, 1, text));
        note(json::object(c, std::pair("a", text)));
    });
    each_call<std::optional<std::string>>(
        filled, [&](connection& c) { return json::extract<std::string>(c, of, "$.a[2].b"); },
        [](auto& with) {
            with.expect(
                [](const auto& b) { EXPECT_EQ(b, "a text that is longer than a short one"); });
        });
    each_call<std::optional<std::vector<std::string>>>(
        filled, [&](connection& c) { return json::keys(c, of); },
        [](auto& with) {
            with.expect([](const auto& all) { EXPECT_EQ(all, std::vector<std::string>{"a"}); });
        });
    each_call<std::vector<json::element>>(
        filled, [&](connection& c) { return json::tree(c, of); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_EQ(all.size(), 6U); }); });
    each_call<std::vector<json::element>>(
        filled, [&](connection& c) { return json::each(c, of, "$.a"); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_EQ(all.size(), 3U); }); });
}

TEST(out_of_memory, searches_in_texts_survive_it) {
    const fts5::definition notes{
        .name = "notes_that_have_a_long_name", .columns = {"title", "body"}, .if_not_exists = true};
    const auto with_notes = [&] {
        auto c = memory("");
        fts5::create(c, notes).value();
        c.execute("INSERT INTO notes_that_have_a_long_name VALUES ('one', ?)", first_text).value();
        return c;
    };
    each_call<bool>(
        filled,
        [&](connection& c) { return fts5::create(c, notes).transform([] { return true; }); },
        [](call_on<bool>& with) {
            EXPECT_TRUE(!with.ok() || rows_in(with.conn, "notes_that_have_a_long_name") == 0);
        });
    const fts5::search wanted{.table = notes.name,
                              .columns = {"title"},
                              .highlights = {{.column = 1}},
                              .snippets = {{}},
                              .weights = {1.0, 2.0}};
    each_call<result_set>(
        with_notes,
        [&](connection& c) {
            return fts5::search_sql(wanted).and_then([&](const std::string& sql) {
                return c.query_all(sql, fts5::in_columns({"body"}, fts5::all_words("long enough")));
            });
        },
        [](auto& with) {
            with.expect([](const result_set& all) { EXPECT_EQ(all.rows.size(), 1U); });
        });
    on_connection(with_notes, [&](connection& c) {
        note(fts5::rebuild(c, notes.name));
        note(fts5::optimize(c, notes.name));
        note(fts5::integrity_check(c, notes.name));
        note(fts5::content_triggers_sql({.name = "n",
                                         .columns = {"x"},
                                         .content = fts5::content_kind::external,
                                         .content_table = "t"}));
        static_cast<void>(fts5::phrase(text).size() + fts5::prefix(text).size() +
                          fts5::any_word("a b").size());
    });
}

TEST(out_of_memory, boxes_survive_it) {
    const auto make = [] {
        return rtree::table<2>(
            {.name = "boxes_that_have_a_long_name", .auxiliary = {"a_column_with_a_long_name"}});
    };
    const auto boxes = make();
    const std::vector<value> label{value(text)};
    const auto with_boxes = [&] {
        auto c = memory("");
        boxes.create(c).value();
        boxes.insert(c, 1, {{0, 0}, {1, 1}}, label).value();
        boxes.insert(c, 2, {{5, 5}, {6, 6}}, label).value();
        return c;
    };
    each_call<std::int64_t>(
        with_boxes,
        [&](connection& c) {
            return boxes.insert(c, std::nullopt, {{2, 2}, {3, 3}}, label);
        },
        [&](call_on<std::int64_t>& with) {
            EXPECT_TRUE(!with.ok() || boxes.find(with.conn, **with.got).value());
        });
    using entries = std::vector<rtree::entry<2>>;
    each_call<entries>(
        with_boxes,
        [&](connection& c) {
            return boxes.overlapping(c, {{0, 0}, {9, 9}});
        },
        [](auto& with) {
            with.expect([](const entries& all) {
                ASSERT_EQ(all.size(), 2U);
                EXPECT_EQ(all[0].auxiliary, std::vector<value>{value(text)});
            });
        });
    on_connection(with_boxes, [&](connection& c) {
        note(make().create(c, true));
        note(boxes.replace(c, 1, {{0, 0}, {1, 1}}, label));
        note(boxes.remove(c, 2));
        note(boxes.find(c, 1));
        note(boxes.within(c, {{0, 0}, {9, 9}}));
    });
}

TEST(out_of_memory, vectors_survive_it) {
    const auto of = [](float a, float b) {
        return vector::encode(vector::element::f32, std::vector<float>{a, b}).value();
    };
    const vector::index wanted{.name = "index_with_a_long_name", .table = "v", .column = "e"};
    const auto with_vectors = [&] {
        auto c = memory("CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2))");
        c.execute("INSERT INTO v VALUES (1, ?), (2, ?)", of(0, 1), of(1, 0)).value();
        vector::create_index(c, wanted).value();
        return c;
    };
    const auto query = of(0, 1);
    const vector::search near{.table = "v", .column = "e", .columns = {"id"}, .key = "id"};
    using hits = std::vector<std::pair<std::int64_t, double>>;
    const auto nearest_is_first = [](call_on<hits>& with) {
        with.expect([](const hits& all) {
            ASSERT_EQ(all.size(), 2U);
            EXPECT_EQ(all[0].first, 1);
        });
    };
    each_call<hits>(
        with_vectors,
        [&](connection& c) { return vector::nearest_exact<hits::value_type>(c, near, query, 2); },
        nearest_is_first);
    each_call<hits>(
        with_vectors,
        [&](connection& c) {
            return vector::nearest_indexed<hits::value_type>(c, near, wanted.name, query, 2);
        },
        nearest_is_first);
    on_connection(with_vectors, [&](connection& c) {
        note(vector::distance(c, vector::metric::l2, query, query));
        note(vector::extract(c, query));
        note(vector::to_floats(query));
        note(vector::to_doubles(query));
        note(vector::convert(query, vector::element::f64));
        note(vector::column_type(vector::element::f32, 2));
        note(vector::column_check("e", vector::element::f32, 2));
        note(vector::drop_index(c, wanted.name));
        note(vector::create_index(c, wanted));
    });
}

TEST(out_of_memory, violated_foreign_keys_are_found_or_not) {
    constexpr const char* wrong = "INSERT INTO child VALUES (?)";
    using found = std::optional<foreign_key_violation>;
    const auto names_the_child = [](call_on<found>& with) {
        with.expect([](const found& violated) {
            ASSERT_TRUE(violated);
            EXPECT_EQ(violated->table, "child");
            EXPECT_EQ(violated->parent, "t");
        });
        EXPECT_EQ(with.conn.fetch_one<int>("PRAGMA defer_foreign_keys").value(), 0);
        EXPECT_EQ(rows_in(with.conn, "child WHERE parent = 77"), 0);
    };
    each_call<found>(
        filled, [&](connection& c) { return violated_foreign_key(c, wrong, 77); }, names_the_child);
    each_call<std::vector<foreign_key_violation>>(
        filled, [&](connection& c) { return foreign_key_check(c); },
        [](auto& with) { with.expect([](const auto& all) { EXPECT_TRUE(all.empty()); }); });
    // More rows than are compared as a whole.
    each_call<found>(
        [] {
            auto c = filled();
            c.execute(
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                 "10001) INSERT INTO child SELECT 1 FROM n")
                .value();
            return c;
        },
        [&](connection& c) { return violated_foreign_key(c, wrong, 77); }, names_the_child);
}

}  // namespace
}  // namespace libsql
