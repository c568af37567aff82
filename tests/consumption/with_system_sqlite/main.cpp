// Two SQLites in one process, the system's and the driver's. Each must be its own, and they must be
// able to work on one file in turn.
#include <libsql/libsql.hpp>

#include <sqlite3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace {

constexpr const char* create = "CREATE TABLE visit(id INTEGER PRIMARY KEY, sqlite TEXT)";
constexpr const char* insert = "INSERT INTO visit(sqlite) VALUES (sqlite_version())";
constexpr const char* visits =
    "SELECT group_concat(sqlite, ' ') FROM (SELECT sqlite FROM visit ORDER BY id)";

struct closer {
    void operator()(sqlite3* database) const { sqlite3_close(database); }

    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Writes a row with the system's SQLite; gives the versions in all rows, or the error.
std::string visit_with_system(const std::string& file) {
    sqlite3* opened = nullptr;
    const int rc = sqlite3_open(file.c_str(), &opened);
    const std::unique_ptr<sqlite3, closer> database(opened);
    if (rc != SQLITE_OK || sqlite3_exec(opened, insert, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return sqlite3_errmsg(opened);
    }
    sqlite3_stmt* compiled = nullptr;
    sqlite3_prepare_v2(opened, visits, -1, &compiled, nullptr);
    const std::unique_ptr<sqlite3_stmt, closer> statement(compiled);
    return sqlite3_step(compiled) == SQLITE_ROW
               ? reinterpret_cast<const char*>(sqlite3_column_text(compiled, 0))
               : sqlite3_errmsg(opened);
}

/// The same with the driver.
std::string visit_with_driver(const std::string& file, const char* first = "SELECT 1") {
    auto database = libsql::database::open({.database = file}).value().connect().value();
    database.execute(first).value();
    database.execute(insert).value();
    return database.fetch_one<std::string>(visits).value().value();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::puts("which file?");
        return 2;
    }
    const std::string file = arguments[1];
    const std::string system = sqlite3_libversion();
    const auto engine = libsql::engine();
    const std::string ours(engine.sqlite_version);
    std::printf("system %s, driver %s\n", system.c_str(), ours.c_str());
    // In turn: two SQLites in one process do not see each other's locks on a file.
    const std::string first = visit_with_driver(file, create);
    const std::string second = visit_with_system(file);
    const std::string third = visit_with_driver(file);
    const std::string fourth = visit_with_system(file);
    std::puts(fourth.c_str());
    if (system != SQLITE_VERSION || ours == system || engine.cipher.empty() || first != ours ||
        second != first + " " + system || third != second + " " + ours ||
        fourth != third + " " + system) {
        std::puts("the two SQLites are mixed up");
        return 1;
    }
    std::puts("both work");
}
