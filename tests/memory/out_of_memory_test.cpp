// Memory that runs out: each allocation of a piece of work fails once. The work ends with an error,
// or with `std::bad_alloc`, never with the end of the program; and what it was done with goes on.

#include "memory/fail_each.hpp"
#include "memory/work.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace libsql {
namespace {

using namespace testing;

connection open() {
    auto conn = database::open({.database = ":memory:"}).value().connect().value();
    conn.run_script(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE, y CHECK (y <> 'wrong'));"
            "CREATE TABLE child(parent REFERENCES t(id));"
            "INSERT INTO t VALUES (1, 'a long enough text, longer than a short one', x'0102');"
            "INSERT INTO t VALUES (2, 'another long enough text, as long as that', x'0304')")
        .value();
    return conn;
}

/// It can be used, and no transaction was left open.
void expect_usable(connection& conn) {
    EXPECT_TRUE(conn.is_autocommit());
    EXPECT_EQ(conn.fetch_one<int>("SELECT 7").value(), 7);
    EXPECT_TRUE(conn.execute("INSERT INTO child VALUES (1)"));
}

void on_connection(const std::function<void(connection&)>& work) {
    fail_each(open, work, expect_usable);
}

TEST(out_of_memory, opening_survives_it) {
    fail_each([] { return std::optional<connection>(); },
              [](std::optional<connection>& c) {
                  auto db = database::open({.database = ":memory:"});
                  if (db) {
                      if (auto made = db->connect()) {
                          c = *std::move(made);
                      }
                  }
              },
              [](std::optional<connection>& c) {
                  if (c) {
                      EXPECT_TRUE(c->execute("SELECT 1"));
                  }
              });
}

TEST(out_of_memory, opening_a_file_with_a_wrong_key_survives_it) {
    const temporary_directory dir;
    database::open({.database = dir.file("x.db"), .encryption_key = "key"}).value();
    fail_each([] { return 0; },
              [&](int) {
                  note(database::open({.database = dir.file("x.db"), .encryption_key = "wrong"}));
              },
              [](int) {});
}

TEST(out_of_memory, executing_survives_it) {
    on_connection([](connection& c) {
        note(c.execute("UPDATE t SET x = ?, y = ? WHERE id = 1", text, value(1.5)));
        note(c.execute("UPDATE t SET x = :x", named{{"x", text}}));
        note(c.execute("UPDATE t SET y = ? WHERE id = 2", text));
        note(c.execute("UPDATE t SET y = ? WHERE id = 2", text));
    });
}

TEST(out_of_memory, refused_statements_survive_it) {
    on_connection([](connection& c) {
        note(c.execute("INSERT INTO t SELECT 3, x, y FROM t"));
        note(c.execute("UPDATE t SET y = 'wrong'"));
        note(c.execute("INSERT INTO child VALUES (77)"));
        note(c.execute("SELECT nothing FROM t"));
        note(c.execute("SELEC"));
        note(c.execute("SELECT ?"));
        note(c.execute("SELECT :x", named{{"y", 1}}));
        note(c.execute("SELECT abs(-9223372036854775808)"));
    });
}

TEST(out_of_memory, reading_survives_it) {
    on_connection(read_rows);
}

TEST(out_of_memory, prepared_statements_survive_it) {
    on_connection(use_prepared);
}

TEST(out_of_memory, transactions_survive_it) {
    fail_each(
        open,
        [](connection& c) {
            note(c.transact([](transaction& tx) -> result<void> {
                for (const auto* const sql : {"INSERT INTO t VALUES (10, ?, ?)",
                                              "INSERT INTO t VALUES (11, ?1 || 'y', ?2)"}) {
                    if (auto done = tx.execute(sql, text, text); !done) {
                        return done.error();
                    }
                }
                auto inner = tx.savepoint("a savepoint with a name that is long");
                if (!inner) {
                    return inner.error();
                }
                return inner->rollback();
            }));
        },
        [](connection& c) {
            const auto n = c.fetch_one<int>("SELECT count(*) FROM t").value();
            EXPECT_TRUE(n == 2 || n == 4) << *n;
            expect_usable(c);
        });
}

TEST(out_of_memory, batches_and_scripts_survive_it) {
    fail_each(
        open,
        [](connection& c) {
            batch steps;
            steps.add("INSERT INTO t VALUES (20, ?, ?)", text, text);
            steps.add("SELECT x, y FROM t");
            steps.add_if(condition::ok(0) && !condition::error(1),
                         "INSERT INTO t VALUES (21, ?1 || 'y', ?2)", text, text);
            note(c.run(steps, batch_mode::transactional));
        },
        [](connection& c) {
            const auto n = c.fetch_one<int>("SELECT count(*) FROM t").value();
            EXPECT_TRUE(n == 2 || n == 4) << *n;
            expect_usable(c);
        });
    on_connection([](connection& c) {
        batch steps;
        steps.add("INSERT INTO t VALUES (20, ?, ?)", text, text);
        steps.add("SELEC");
        steps.add("INSERT INTO t VALUES (20, ?, ?)", text, text);
        note(c.run(steps));
        note(c.run_script("SELECT x FROM t; UPDATE t SET y = 'some text'; SELECT nothing"));
    });
}

TEST(out_of_memory, functions_and_hooks_survive_it) {
    on_connection([](connection& c) {
        note(create_function(c, "twice", [](const std::string& s) { return s + s + text; }));
        note(create_collation(c, "backwards",
                              [](std::string_view a, std::string_view b) { return b.compare(a); }));
        note(set_update_hook(c, [](const update_event&) {}));
        note(c.execute("UPDATE t SET y = twice(x)"));
        note(c.fetch<std::string>("SELECT x FROM t ORDER BY x COLLATE backwards"));
    });
}

TEST(out_of_memory, blobs_backups_and_dumps_survive_it) {
    on_connection([](connection& c) {
        if (auto b = blob_io::open(c, {.table = "t", .column = "y", .rowid = 1})) {
            note(b->size());
            note(b->reopen(77));
        }
        note(serialize(c));
        note(dump(c));
        std::istringstream script("CREATE TABLE loaded(a); INSERT INTO loaded VALUES (1);");
        note(load_dump(c, script));
        auto other = database::open({.database = ":memory:"});
        if (other) {
            if (auto to = other->connect()) {
                note(back_up(c, *to));
            }
        }
    });
}

TEST(out_of_memory, pools_survive_it) {
    const temporary_directory dir;
    const options chosen{.database = dir.file("x.db"), .synchronous = synchronous_mode::off};
    fail_each([&] { return pool::open(chosen, {.pool_size = 2, .background = false}).value(); },
              [](pool& p) {
                  note(p.write(
                      [](connection& c) { return c.execute("CREATE TABLE IF NOT EXISTS t(x)"); }));
                  note(p.write(
                      [](connection& c) { return c.execute("INSERT INTO t VALUES (?)", text); }));
                  read_and_check_out(p);
              },
              [](pool& p) {
                  EXPECT_TRUE(p.write(
                      [](connection& c) { return c.execute("CREATE TABLE IF NOT EXISTS t(x)"); }));
                  EXPECT_TRUE(p.read([](connection& c) { return c.fetch<int>("SELECT 1"); }));
              });
    fail_each([] { return 0; }, [&](int) { note(pool::open(chosen, {.background = false})); },
              [](int) {});
}

TEST(out_of_memory, adding_steps_survives_it) {
    fail_each([] { return batch(); },
              [](batch& b) {
                  b.add("SELECT 1");
                  b.add_if(!condition::ok(0), "DELETE FROM t");
                  b.add("INSERT INTO t VALUES (:a)", named{{"a", text}});
              },
              [](batch& b) {  // there is a whole step or none
                  EXPECT_TRUE(b.size() < 2 || b.step(1).when != nullptr);
                  EXPECT_TRUE(b.size() < 3 || b.step(2).arguments.names != nullptr);
              });
}

}  // namespace
}  // namespace libsql
