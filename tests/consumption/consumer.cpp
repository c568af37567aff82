// A program of somebody who uses the library.
#include <libsql/version.hpp>

#include <cstdio>

int main() {
    const auto engine = libsql::engine();
    std::printf("driver %s, SQLite %s, libSQL %s, cipher %s\n", engine.driver_version.data(),
                engine.sqlite_version.data(), engine.libsql_version.data(), engine.cipher.data());
}
