// What the corrections vector_* of our engine mend (docs/engine/vectors.md): an index may be
// approximate, but it must not forget.

#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/encryption.hpp>
#include <libsql/script.hpp>
#include <libsql/vacuum.hpp>
#include <libsql/vector.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace libsql::vector {

namespace {

/// A table with an index, and random writes to it.
class written_table {
public:
    struct shape {
        element type;
        std::size_t dimensions;
        std::int64_t rows;
        bool text_key;
        index options;  ///< of the index
    };

    written_table(connection& on, const shape& of, unsigned seed)
        : on_(on), of_(of), random_(seed) {
        for (int i = 0; i < 5; ++i) {
            centres_.push_back(numbers(1));
        }
        const auto type = column_type(of.type, of.dimensions).value();
        on_.execute("CREATE TABLE t(id " +
                    std::string(of.text_key ? "TEXT PRIMARY KEY, e " : "INTEGER PRIMARY KEY, e ") +
                    type + ")" + (of.text_key ? " WITHOUT ROWID" : ""))
            .value();
        auto wanted = of.options;
        wanted.name = "ix";
        wanted.table = "t";
        wanted.column = "e";
        create_index(on_, wanted).value();
    }

    void fill() {
        on_.execute("BEGIN").value();
        for (std::int64_t i = 0; i < of_.rows; ++i) {
            on_.execute("INSERT INTO t VALUES (" + fresh_key() + ", ?)", vector()).value();
        }
        on_.execute("COMMIT").value();
    }

    /// Inserts, deletes, updates of vector and key, upserts, REPLACE, equal vectors, NULLs, each
    /// perhaps undone by a savepoint or a rollback.
    void write(int times) {
        on_.execute("BEGIN").value();
        for (int i = 0; i < times; ++i) {
            write_once();
        }
        on_.execute("COMMIT").value();
    }

    void clear() { on_.execute("DELETE FROM t").value(); }

    /// Every row is found, no other, none twice; also when more are asked for than there are.
    void expect_all_found() {
        const auto there = keys("SELECT CAST(id AS TEXT) FROM t WHERE e IS NOT NULL");
        for (const std::int64_t more : {0, 1000}) {
            const auto found =
                on_.fetch<std::string>("SELECT CAST(id AS TEXT) FROM vector_top_k('ix', ?, ?)",
                                       vector(), std::ssize(there) + more)
                    .value();
            EXPECT_EQ(found.size(), there.size());
            EXPECT_EQ(std::set(found.begin(), found.end()), there);
        }
    }

    /// Of the ten nearest rows, how many the index finds.
    double recall(int queries) {
        const bool is_l2 = of_.options.metric == metric::l2;
        const std::string by = is_l2 ? "vector_distance_l2" : "vector_distance_cos";
        double wanted = 0;
        double found = 0;
        for (int i = 0; i < queries; ++i) {
            const auto query = vector();
            const auto exact =
                on_.fetch<double>(
                       "SELECT " + by + "(e, ?1) FROM t WHERE e IS NOT NULL ORDER BY 1 LIMIT 10",
                       query)
                    .value();
            const auto near =
                on_.fetch<double>("SELECT " + by +
                                      "(t.e, ?1) FROM vector_top_k('ix', ?1, 10) AS k JOIN t ON "
                                      "t.id = k.id",
                                  query)
                    .value();
            EXPECT_EQ(near.size(), exact.size());
            wanted += static_cast<double>(exact.size());
            found += static_cast<double>(std::ranges::count_if(
                near, [&](double distance) { return distance <= exact.back() + 1e-6; }));
        }
        return wanted == 0 ? 1 : found / wanted;
    }

private:
    std::vector<float> numbers(float spread) {
        std::normal_distribution<float> normal(0, spread);
        std::vector<float> some(of_.dimensions);
        std::ranges::generate(some, [&] { return normal(random_); });
        return some;
    }

    blob vector() {
        auto some = numbers(0.3F);
        const auto& centre = centres_[random_() % centres_.size()];
        std::ranges::transform(some, centre, some.begin(), std::plus<>());
        return encode(of_.type, std::span<const float>(some)).value();
    }

    std::string key(std::int64_t number) const {
        return of_.text_key ? "'k" + std::to_string(number) + "'" : std::to_string(number);
    }

    std::string fresh_key() { return key(next_++); }

    /// The key of some row, or one that no row has.
    std::string some_key() {
        auto one = on_.fetch_one<std::string>(
                          "SELECT quote(id) FROM t WHERE id >= " +
                          key(static_cast<std::int64_t>(random_() % static_cast<unsigned>(next_))) +
                          " ORDER BY id LIMIT 1")
                       .value();
        return one.value_or(key(0));
    }

    std::set<std::string> keys(const std::string& sql) {
        const auto all = on_.fetch<std::string>(sql).value();
        return {all.begin(), all.end()};
    }

    void write_once() {
        const auto rows = on_.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value();
        auto what = random_() % 100;
        if (rows < of_.rows * 4 / 5) {
            what %= 30;
        } else if (rows > of_.rows * 6 / 5 + 1) {
            what = 40 + what % 15;
        }
        if (what < 25) {
            on_.execute("INSERT INTO t VALUES (" + fresh_key() + ", ?)", vector()).value();
        } else if (what < 32) {
            on_.execute("INSERT INTO t SELECT " + fresh_key() +
                        ", e FROM t WHERE id = " + some_key())
                .value();
        } else if (what < 36) {
            on_.execute("INSERT INTO t VALUES (" + fresh_key() + ", NULL)").value();
        } else if (what < 58) {
            on_.execute("DELETE FROM t WHERE id = " + some_key()).value();
        } else if (what < 66) {
            on_.execute("UPDATE t SET e = ? WHERE id = " + some_key(), vector()).value();
        } else if (what < 74) {
            on_.execute("UPDATE t SET id = " + fresh_key() + " WHERE id = " + some_key()).value();
        } else if (what < 82) {
            on_.execute("INSERT INTO t VALUES (" + some_key() +
                            ", ?) ON CONFLICT (id) DO UPDATE SET e = excluded.e",
                        vector())
                .value();
        } else if (what < 90) {
            on_.execute("REPLACE INTO t VALUES (" + some_key() + ", ?)", vector()).value();
        } else if (what < 94) {
            on_.execute("SAVEPOINT s").value();
            ++savepoints_;
        } else if (what < 97 && savepoints_ > 0) {
            on_.execute(random_() % 2 == 0 ? "ROLLBACK TO s" : "RELEASE s").value();
            savepoints_ = 0;
        } else {
            on_.execute(random_() % 2 == 0 ? "ROLLBACK" : "COMMIT").value();
            on_.execute("BEGIN").value();
            savepoints_ = 0;
        }
    }

    connection& on_;
    shape of_;
    std::mt19937 random_;
    std::vector<std::vector<float>> centres_;
    std::int64_t next_{1};
    int savepoints_{0};
};

void expect_nothing_forgotten(const written_table::shape& shape, int writes) {
    auto c = libsql::testing::open_memory();
    written_table table(c, shape, 7);
    table.fill();
    table.write(writes);
    table.expect_all_found();
    const double written = table.recall(30);
    EXPECT_GE(written, 0.95);
    EXPECT_EQ(c.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    c.execute("REINDEX ix").value();
    table.expect_all_found();
    EXPECT_GE(written, table.recall(30) - 0.03);
    table.clear();
    table.expect_all_found();
    table.fill();
    table.expect_all_found();
}

TEST(engine_vector, finds_every_one_of_3_rows) {
    expect_nothing_forgotten({element::f32, 4, 3, false, {}}, 800);
}

TEST(engine_vector, finds_every_one_of_20_rows) {
    expect_nothing_forgotten({element::f8, 16, 20, true, {}}, 1500);
}

TEST(engine_vector, finds_every_one_of_200_rows) {
    expect_nothing_forgotten({element::f64, 8, 200, false, {.metric = metric::l2}}, 1500);
    expect_nothing_forgotten({element::f16, 8, 200, true, {.max_neighbors = 8}}, 300);
}

// So many that searches go by the graph: they have few neighbours and read few candidates.
TEST(engine_vector, finds_every_one_of_2000_rows) {
    expect_nothing_forgotten(
        {element::f32,
         16,
         2000,
         false,
         {.compress_neighbors = element::f8, .max_neighbors = 20, .insert_l = 40, .search_l = 80}},
        1500);
}

TEST(engine_vector, finds_all_of_many_equal_vectors) {
    auto c = libsql::testing::open_memory();
    c.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, e F32_BLOB(2))").value();
    create_index(c, {.name = "ix", .table = "t", .column = "e"}).value();
    c.execute("INSERT INTO t SELECT value, vector32('[1, 2]') FROM generate_series(1, 300)")
        .value();
    c.execute("DELETE FROM t WHERE id % 3 = 0").value();
    c.execute("INSERT INTO t SELECT value, vector32('[0, 0]') FROM generate_series(301, 320)")
        .value();
    const auto found =
        c.fetch<std::int64_t>("SELECT id FROM vector_top_k('ix', vector32('[1, 1]'), 1000)")
            .value();
    EXPECT_EQ(found.size(), 220U);
    EXPECT_EQ(std::set(found.begin(), found.end()).size(), 220U);
    EXPECT_EQ(found.back(), 320);  // those at no defined distance are the last
}

TEST(engine_vector, an_update_of_all_keys_loses_no_row) {
    auto c = libsql::testing::open_memory();
    written_table table(c, {element::f32, 8, 400, false, {}}, 3);
    table.fill();
    c.execute("UPDATE t SET id = id + 1000").value();
    c.execute("UPDATE t SET id = -id WHERE id % 2 = 0").value();
    table.expect_all_found();
}

TEST(engine_vector, vacuum_keeps_the_index) {
    const libsql::testing::temporary_directory directory;
    for (const bool encrypted : {false, true}) {
        const auto open = [&](const std::string& name) {
            libsql::options chosen;
            chosen.database = directory.file(name);
            if (encrypted) {
                chosen.encryption_key = "a key of this test";
            }
            return database::open(chosen).value().connect().value();
        };
        const std::string suffix = encrypted ? "_encrypted.db" : ".db";
        auto c = open("main" + suffix);
        written_table table(c, {element::f32, 8, 100, false, {}}, 11);
        table.fill();
        table.write(100);
        const auto nodes = [](connection& of) {
            return of.fetch<std::pair<std::int64_t, blob>>("SELECT index_key, data FROM ix_shadow")
                .value();
        };
        const auto before = nodes(c);
        for (int i = 0; i < 3; ++i) {
            vacuum(c).value();
            EXPECT_EQ(c.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
            table.expect_all_found();
        }
        EXPECT_EQ(nodes(c), before);
        vacuum_into(c, directory.file("copy" + suffix)).value();
        auto copy = open("copy" + suffix);
        EXPECT_EQ(copy.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
        EXPECT_EQ(nodes(copy), before);
        copy.execute("INSERT INTO t SELECT 999999, e FROM t LIMIT 1").value();
        EXPECT_EQ(copy.fetch_one<std::int64_t>("SELECT count(*) FROM vector_top_k('ix', (SELECT e "
                                               "FROM t LIMIT 1), 1000)")
                      .value(),
                  std::ssize(before) + 1);
    }
}

// Compiling a statement made or dropped the tables of the index.
TEST(engine_vector, compiling_a_statement_changes_nothing) {
    auto c = libsql::testing::open_memory();
    written_table table(c, {element::f32, 8, 20, false, {}}, 5);
    table.fill();
    for (const char* sql :
         {"DROP INDEX ix", "DROP TABLE t", "CREATE INDEX other ON t(libsql_vector_idx(e))"}) {
        c.prepare(sql).value();
        c.query(std::string("EXPLAIN ") + sql).value();
        table.expect_all_found();
    }
    EXPECT_EQ(
        c.fetch_one<int>("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'other%'").value(), 0);
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM libsql_vector_meta_shadow").value(), 1);
}

// An index of another database kept its tables and lost its parameters.
TEST(engine_vector, drop_index_stays_in_its_database) {
    auto c = libsql::testing::open_memory();
    c.execute("ATTACH ':memory:' AS other").value();
    for (const std::string schema : {"main", "other"}) {
        c.execute("CREATE TABLE " + schema + ".t(id INTEGER PRIMARY KEY, e F32_BLOB(2))").value();
        create_index(c, {.name = "ix", .table = "t", .column = "e", .schema = schema}).value();
    }
    c.execute("DROP INDEX other.ix").value();
    c.execute("INSERT INTO main.t VALUES (1, vector32('[1, 2]'))").value();
    c.execute("INSERT INTO other.t VALUES (1, vector32('[1, 2]'))").value();
    EXPECT_EQ(c.fetch_one<int>("SELECT id FROM vector_top_k('ix', vector32('[1, 2]'), 9)").value(),
              1);
    EXPECT_EQ(c.fetch_one<int>("SELECT count(*) FROM other.libsql_vector_meta_shadow").value(), 0);
}

// Reading the schema for ALTER TABLE checked the parameters of all vector indexes again: one that
// an older version had accepted, and that is refused today, stopped it. ALTER COLUMN with another
// collation built vector indexes anew, too, which have no order.
TEST(engine_vector, alter_table_leaves_indexes_alone) {
    auto c = libsql::testing::open_memory();
    for (const char* sql :
         {"CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, e F32_BLOB(2))",
          "CREATE TABLE u(x, y)", "CREATE INDEX names ON t(name)",
          "CREATE INDEX ix ON t(libsql_vector_idx(e, 'max_neighbors=20'))",
          "INSERT INTO t VALUES (1, 'B', vector32('[1, 2]')), (2, 'a', vector32('[2, 1]'))",
          "PRAGMA writable_schema = ON",
          "UPDATE sqlite_schema SET sql = replace(sql, '=20', '=70000') WHERE name = 'ix'",
          "PRAGMA writable_schema = RESET", "ALTER TABLE u ADD COLUMN z",
          "ALTER TABLE u RENAME COLUMN x TO w", "ALTER TABLE u DROP COLUMN y"}) {
        c.execute(sql).value();
    }
    const std::string alter = "ALTER TABLE t ALTER COLUMN name TO name TEXT COLLATE NOCASE";
    std::vector<std::string> reindexed;
    for (auto program = c.query("EXPLAIN " + alter).value(); program.next().value();) {
        if (program.current().get<std::string>("opcode") == "SqlExec") {
            reindexed.push_back(program.current().get<std::string>("p4"));
        }
    }
    EXPECT_EQ(reindexed, std::vector<std::string>{R"(REINDEX "main"."names")"});
    c.execute(alter).value();
    EXPECT_EQ(c.fetch<int>("SELECT id FROM t WHERE name > '' ORDER BY name").value(),
              (std::vector<int>{2, 1}));
    EXPECT_EQ(
        c.fetch_one<int>("SELECT count(*) FROM vector_top_k('ix', vector32('[1, 2]'), 9)").value(),
        2);
}

/// Little-endian.
template <class Number>
void put(blob& into, std::size_t at, Number value) {
    for (std::size_t i = 0; i < sizeof(value); ++i) {
        into.at(at + i) = static_cast<std::byte>(value >> (8 * i));
    }
}

// What is in the index's own tables may be damaged, or written to do harm.
TEST(engine_vector, damaged_nodes_and_parameters_do_no_harm) {
    auto c = libsql::testing::open_memory();
    written_table table(c, {element::f32, 8, 40, false, {.max_neighbors = 6}}, 5);
    table.fill();
    const auto nodes =
        c.fetch<std::pair<std::int64_t, blob>>("SELECT index_key, data FROM ix_shadow").value();
    const auto parameters =
        c.fetch_one<blob>("SELECT metadata FROM libsql_vector_meta_shadow").value().value();
    const auto query = nodes.front().second;
    std::mt19937 random(13);
    const auto use = [&] {
        for (const char* sql :
             {"SELECT count(*) FROM vector_top_k('ix', vector32('[1,2,3,4,5,6,7,8]'), 5)",
              "SELECT count(*) FROM vector_top_k('ix', vector32('[1,2,3,4,5,6,7,8]'), 2147483647)",
              "UPDATE t SET e = vector32('[1,2,3,4,5,6,7,8]') WHERE id = 7",
              "UPDATE t SET id = 1000 WHERE id = 9", "DELETE FROM t WHERE id = 11",
              "INSERT INTO t VALUES (1001, vector32('[8,2,3,4,5,6,7,8]'))"}) {
            c.execute("SAVEPOINT s").value();
            static_cast<void>(c.query(sql).and_then([](rows found) { return found.next(); }));
            c.execute("ROLLBACK TO s").value();
            c.execute("RELEASE s").value();
        }
    };
    for (int i = 0; i < 150; ++i) {
        auto node = nodes.at(random() % nodes.size());
        if (i % 3 == 0) {
            put(node.second, 8, static_cast<std::uint16_t>(random()));  // how many edges it has
        } else if (i % 3 == 1) {
            for (int k = 0; k < 20; ++k) {
                node.second.at(random() % node.second.size()) = static_cast<std::byte>(random());
            }
        } else {
            node.second.resize(random() % node.second.size());
        }
        c.execute("SAVEPOINT damage").value();
        c.execute("UPDATE ix_shadow SET data = ? WHERE index_key = ?", node.second, node.first)
            .value();
        use();
        c.execute("ROLLBACK TO damage").value();
        auto others = parameters;
        put(others, 1 + 9 * (random() % (others.size() / 9)),
            i % 2 == 0 ? std::uint64_t{random()} << (random() % 32)
                       : std::uint64_t{random() % 300});
        c.execute("UPDATE libsql_vector_meta_shadow SET metadata = ?", others).value();
        use();
        c.execute("ROLLBACK TO damage").value();
        c.execute("RELEASE damage").value();
    }
    table.expect_all_found();
}

}  // namespace

}  // namespace libsql::vector
