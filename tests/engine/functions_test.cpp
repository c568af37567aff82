// What corrections of our engine mend that a few lines of SQL cannot show:
// docs/engine/functions.md.
#include "libsql/engine/engine.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using database = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;
using statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

database open() {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    return {db, &sqlite3_close_v2};
}

void run(const database& db, const char* sql) {
    EXPECT_EQ(sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db.get());
}

statement prepare(const database& db, const char* sql) {
    sqlite3_stmt* result = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db.get(), sql, -1, &result, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db.get());
    return {result, &sqlite3_finalize};
}

std::uint64_t bits(double d) {
    return std::bit_cast<std::uint64_t>(d);
}

/// The number that SQL makes of a text.
double number_of(const statement& cast, const std::string& text) {
    sqlite3_reset(cast.get());
    sqlite3_bind_text(cast.get(), 1, text.c_str(), static_cast<int>(text.size()), SQLITE_STATIC);
    EXPECT_EQ(sqlite3_step(cast.get()), SQLITE_ROW);
    return sqlite3_column_double(cast.get(), 0);
}

std::string formatted(const char* format, int digits, double d) {
    std::string text(400, '\0');
    text.resize(
        static_cast<std::size_t>(std::snprintf(text.data(), text.size(), format, digits, d)));
    return text;
}

}  // namespace

TEST(engine_functions, a_text_converts_to_the_nearest_number) {
    const database db = open();
    const statement cast = prepare(db, "SELECT CAST(? AS REAL)");
    std::mt19937_64 random(1);
    for (int i = 0; i < 20000; ++i) {
        const double any = std::bit_cast<double>(random());
        if (!std::isfinite(any)) {
            continue;
        }
        const auto ordinary =
            std::ldexp(static_cast<double>(random()), -static_cast<int>(random() % 90));
        std::vector<std::string> texts;
        for (const double d : {any, ordinary}) {
            for (const int digits : {1, 14, 15, 16, 17, 18, 19, 24, 60}) {
                texts.push_back(formatted("%.*e", digits, d));
            }
        }
        std::string digits;
        for (auto n = random() % 50 + 1; n > 0; --n) {
            digits += static_cast<char>('0' + random() % 10);
        }
        const std::string point(random() % 2, '.');
        texts.push_back(digits + point + digits + "e" + std::to_string(random() % 700));
        texts.push_back(digits + point + digits + "e-" + std::to_string(random() % 700));
        texts.push_back(std::to_string(UINT64_MAX - random() % 4000) + point + "e" +
                        std::to_string(static_cast<int>(random() % 660) - 340));
        // Halfway between two numbers, exactly, and a little above.
        texts.push_back(
            formatted("%.*f", 80, ordinary + std::ldexp(1.0, std::ilogb(ordinary) - 53)));
        texts.push_back(texts.back() + "00000000000000000001");
        for (const std::string& text : texts) {
            ASSERT_EQ(bits(number_of(cast, text)), bits(std::strtod(text.c_str(), nullptr)))
                << text;
        }
    }
}

TEST(engine_functions, quote_writes_a_text_that_reads_as_the_same_number) {
    const database db = open();
    const statement cast =
        prepare(db, "SELECT CAST(quote(?) AS REAL), CAST(printf('%!.17g', ?1) AS REAL)");
    std::mt19937_64 random(2);
    for (int i = 0; i < 50000; ++i) {
        const double d = std::bit_cast<double>(random());
        if (!std::isfinite(d)) {
            continue;
        }
        sqlite3_reset(cast.get());
        sqlite3_bind_double(cast.get(), 1, d);
        ASSERT_EQ(sqlite3_step(cast.get()), SQLITE_ROW);
        ASSERT_EQ(bits(sqlite3_column_double(cast.get(), 0)), bits(d)) << formatted("%.*e", 17, d);
        ASSERT_EQ(bits(sqlite3_column_double(cast.get(), 1)), bits(d)) << formatted("%.*e", 17, d);
    }
}

TEST(engine_functions, printf_writes_the_correct_digits) {
    const database db = open();
    const statement print = prepare(db, "SELECT printf('%!.15g', ?1), printf('%!.17g', ?1)");
    std::mt19937_64 random(3);
    for (int i = 0; i < 50000; ++i) {
        const double d = std::bit_cast<double>(random());
        // A larger number may be a whole number that ends in 5, which SQLite rounds up always.
        if (!std::isfinite(d) || (std::fabs(d) > 1e12 && std::fabs(d) < 1e40)) {
            continue;
        }
        sqlite3_reset(print.get());
        sqlite3_bind_double(print.get(), 1, d);
        ASSERT_EQ(sqlite3_step(print.get()), SQLITE_ROW);
        for (int column = 0; column < 2; ++column) {
            const auto* const text =
                reinterpret_cast<const char*>(sqlite3_column_text(print.get(), column));
            const std::string right = formatted("%.*g", column == 0 ? 15 : 17, d);
            ASSERT_EQ(bits(std::strtod(text, nullptr)), bits(std::strtod(right.c_str(), nullptr)))
                << text << " for " << right;
        }
    }
}

TEST(engine_functions, a_statement_planned_again_keeps_its_parameters) {
    const database db = open();
    run(db, "CREATE TABLE t(a, b)");
    run(db,
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) "
        "INSERT INTO t SELECT n % 10, n FROM c");
    run(db, "ANALYZE");
    const statement count = prepare(db, "SELECT count(*) FROM t WHERE a = ? AND b > 0");
    const auto counted = [&](int a) {
        sqlite3_reset(count.get());
        sqlite3_bind_int(count.get(), 1, a);
        EXPECT_EQ(sqlite3_step(count.get()), SQLITE_ROW);
        const int n = sqlite3_column_int(count.get(), 0);
        sqlite3_reset(count.get());
        return n;
    };
    EXPECT_EQ(counted(5), 100);
    run(db, "CREATE INDEX t_b ON t(b) WHERE a = 5");
    EXPECT_EQ(counted(5), 100);
    EXPECT_EQ(counted(6), 100);
}

namespace {

/// What the hook before a change was told, a line for each column of a change.
std::string told;

void before_change(void* /*unused*/, sqlite3* db, int change, const char* /*schema*/,
                   const char* /*table*/, sqlite3_int64 /*old_rowid*/,
                   sqlite3_int64 /*new_rowid*/) {
    for (int column = 0; column < 5; ++column) {
        sqlite3_value* value = nullptr;
        const auto tell = [&](int rc) {
            const std::string type =
                rc == SQLITE_OK ? std::to_string(sqlite3_value_type(value)) : "";
            told += rc == SQLITE_OK
                        ? reinterpret_cast<const char*>(sqlite3_value_text(value)) + (":" + type)
                        : "-";
            told += ' ';
        };
        if (change != SQLITE_INSERT) {
            tell(sqlite3_preupdate_old(db, column, &value));
        }
        if (change != SQLITE_DELETE) {
            tell(sqlite3_preupdate_new(db, column, &value));
        }
    }
    told += '\n';
}

}  // namespace

TEST(engine_functions, preupdate_values_belong_to_their_columns) {
    const database db = open();
    sqlite3_preupdate_hook(db.get(), before_change, nullptr);
    run(db, "CREATE TABLE g(a INTEGER PRIMARY KEY, b AS (a * 2), c, r REAL)");
    told.clear();
    run(db, "INSERT INTO g(c, r) VALUES ('one', 5); UPDATE g SET c = 'two', r = 7; DELETE FROM g");
    EXPECT_EQ(told,
              "1:1 - one:3 5.0:2 - \n"
              "1:1 1:1 - - one:3 two:3 5.0:2 7.0:2 - - \n"
              "1:1 - two:3 7.0:2 - \n");
    run(db,
        "CREATE TABLE q(a); INSERT INTO q VALUES (1); ALTER TABLE q ADD COLUMN r REAL DEFAULT 2");
    told.clear();
    run(db, "DELETE FROM q");
    EXPECT_EQ(told, "1:1 2.0:2 - - - \n");
}

TEST(engine_functions, case_sensitive_like_applies_to_its_connection_only) {
    const database db = open();
    const statement active = prepare(db, "SELECT 1 UNION ALL SELECT 2");
    ASSERT_EQ(sqlite3_step(active.get()), SQLITE_ROW);
    EXPECT_EQ(sqlite3_exec(db.get(), "PRAGMA case_sensitive_like = 1", nullptr, nullptr, nullptr),
              SQLITE_ERROR);
    EXPECT_STREQ(sqlite3_errmsg(db.get()),
                 "cannot change case_sensitive_like while a statement is active");

    const database other = open();
    run(other,
        "CREATE TABLE t(a COLLATE NOCASE); CREATE INDEX i ON t(a); CREATE TABLE u(a);"
        "CREATE INDEX j ON u(a); INSERT INTO t VALUES ('ab'); INSERT INTO u VALUES ('ab')");
    for (const char* sql :
         {"SELECT a FROM t WHERE a LIKE 'A%'", "SELECT a FROM u WHERE a LIKE 'A%'"}) {
        const statement found = prepare(other, sql);
        EXPECT_EQ(sqlite3_step(found.get()), SQLITE_ROW) << sql;
    }
    sqlite3_reset(active.get());
    run(db, "PRAGMA case_sensitive_like = 1");
    const statement sensitive = prepare(db, "SELECT 'ab' LIKE 'A%'");
    ASSERT_EQ(sqlite3_step(sensitive.get()), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int(sensitive.get(), 0), 0);
}
