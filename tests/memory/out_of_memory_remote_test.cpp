// As out_of_memory_test.cpp, on a server and on a replica of it.

#include "memory/fail_each.hpp"
#include "memory/work.hpp"
#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace libsql {
namespace {

using namespace testing;

class out_of_memory_remote : public ::testing::TestWithParam<bool> {
protected:
    out_of_memory_remote() {
        chosen_.uri = server_.url();
        if (GetParam()) {
            chosen_.database = directory_.file("replica.db");
        }
        database_ = database::open(chosen_).value();
        database_->connect()
            .value()
            .run_script(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE, y CHECK (y <> 'wrong'));"
                "INSERT INTO t VALUES (1, 'a long enough text, longer than a short one', x'0102');"
                "INSERT INTO t VALUES (2, 'another long enough text, as long as that', x'0304')")
            .value();
    }

    /// `work` ends in order, and the connection goes on after it: a transaction is there, or an end
    /// of it was told.
    void on_connection(const std::function<void(connection&)>& work) {
        fail_each([this] { return database_->connect().value(); }, work,
                  [](connection& c) {
                      EXPECT_TRUE(c.is_autocommit());
                      EXPECT_EQ(c.fetch_one<int>("SELECT 7").value(), 7);
                      const auto written = c.execute("UPDATE t SET y = 1 WHERE id = 2");
                      EXPECT_TRUE(written) << written.error().to_string();
                  });
    }

    /// The rows on the server.
    std::int64_t count() {
        return *database::open({.uri = server_.url()})
                    .value()
                    .connect()
                    .value()
                    .fetch_one<std::int64_t>("SELECT count(*) FROM t")
                    .value();
    }

    /// Where there was no memory for the reply that names a transaction's stream, nobody can end
    /// it, and the server does so 10 s after it has replied.
    void expect_writable(connection& c) {
        using namespace std::chrono_literals;
        auto written = c.execute(deadline::in(100ms), "UPDATE t SET y = 1 WHERE id = 2");
        for (auto in = 100ms; !written && in < 10s; in *= 2) {
            server_.move_clock(11s);
            written = c.execute(deadline::in(in), "UPDATE t SET y = 1 WHERE id = 2");
        }
        EXPECT_TRUE(written) << written.error().to_string();
    }

    options chosen_;
    std::optional<database> database_;

private:
    temporary_directory directory_;
    sqld_server server_{{.moving_clock = true}};
};

TEST_P(out_of_memory_remote, executing_survives_it) {
    on_connection([](connection& c) {
        note(c.execute("UPDATE t SET x = ?, y = ? WHERE id = 1", text, value(1.5)));
        note(c.execute("UPDATE t SET x = :x WHERE id = 1", named{{"x", text}}));
        note(c.execute("UPDATE t SET y = 'wrong'"));
        note(c.execute("SELECT nothing FROM t"));
        note(c.execute("SELEC"));
        note(c.execute("SELECT ?"));
    });
}

TEST_P(out_of_memory_remote, reading_survives_it) {
    on_connection([](connection& c) {
        read_rows(c);
        if (auto dropped = c.query("SELECT x, y FROM t")) {
            note(dropped->next());
        }
    });
}

TEST_P(out_of_memory_remote, prepared_statements_survive_it) {
    on_connection(use_prepared);
}

TEST_P(out_of_memory_remote, transactions_survive_it) {
    std::int64_t before = count();
    fail_each([this] { return database_->connect().value(); },
              [](connection& c) {
                  note(c.transact([](transaction& tx) -> result<void> {
                      for (int i = 0; i < 2; ++i) {
                          if (auto done = tx.execute("INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                              !done) {
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
              [&](connection& c) {
                  EXPECT_TRUE(c.is_autocommit());
                  const auto now = count();
                  EXPECT_TRUE(now == before || now == before + 2) << now << " after " << before;
                  before = now;
                  expect_writable(c);
              });
}

TEST_P(out_of_memory_remote, dropped_transactions_survive_it) {
    const auto before = count();
    on_connection([](connection& c) {
        if (auto tx = c.begin()) {
            note(tx->execute("INSERT INTO t(x, y) VALUES (NULL, ?)", text));
            auto rows = tx->query("SELECT x FROM t WHERE id < 3");
        }
    });
    EXPECT_EQ(count(), before);
}

TEST_P(out_of_memory_remote, batches_and_scripts_survive_it) {
    std::int64_t before = count();
    fail_each([this] { return database_->connect().value(); },
              [](connection& c) {
                  batch steps;
                  steps.add("INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                  steps.add("SELECT x, y FROM t WHERE id = 1");
                  steps.add_if(condition::ok(0) && !condition::error(1),
                               "INSERT INTO t(x, y) VALUES (NULL, ?)", text);
                  note(c.run(steps, batch_mode::transactional));
              },
              [&](connection& c) {
                  EXPECT_TRUE(c.is_autocommit());
                  const auto now = count();
                  EXPECT_TRUE(now == before || now == before + 2) << now << " after " << before;
                  before = now;
              });
    on_connection([](connection& c) {
        note(
            c.run_script("SELECT x FROM t WHERE id = 1; UPDATE t SET y = 'some text' WHERE id = 2; "
                         "SELECT nothing"));
    });
}

TEST_P(out_of_memory_remote, opening_survives_it) {
    fail_each([] { return 0; },
              [&](int) {
                  if (auto db = database::open(chosen_)) {
                      if (auto c = db->connect()) {
                          note(c->execute("SELECT 1"));
                      }
                      if (auto replica = db->replica()) {
                          note(replica->sync());
                      }
                  }
              },
              [](int) {});
    EXPECT_EQ(count(), 2);
}

INSTANTIATE_TEST_SUITE_P(mode, out_of_memory_remote, ::testing::Bool(), [](const auto& mode) {
    return std::string(mode.param ? "replica" : "remote");
});

}  // namespace
}  // namespace libsql
