// Two SQLites in one process: the system's and the driver's. Each must be its own.
#include <libsql/version.hpp>

#include <sqlite3.h>

#include <cstdio>
#include <string_view>

namespace {

bool system_sqlite_answers() {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    const bool answers =
        sqlite3_open(":memory:", &database) == SQLITE_OK &&
        sqlite3_prepare_v2(database, "SELECT sqlite_version()", -1, &statement, nullptr) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        std::string_view(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0))) ==
            SQLITE_VERSION;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answers;
}

}  // namespace

int main() {
    const std::string_view system = sqlite3_libversion();
    const auto ours = libsql::engine();
    std::printf("system %s, driver %s\n", system.data(), ours.sqlite_version.data());
    if (system != SQLITE_VERSION || ours.sqlite_version == system || ours.cipher.empty() ||
        !system_sqlite_answers()) {
        std::puts("the two SQLites are mixed up");
        return 1;
    }
    std::puts("both work");
}
