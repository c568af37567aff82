// error: libsql: a column cannot be read as this type: give it sql_traits
// max-lines: 12
#include <libsql/connection.hpp>

#include <chrono>
#include <string>

struct user {
    std::string name;
    std::chrono::sys_seconds joined;
};

void run(libsql::connection& c) {
    static_cast<void>(c.fetch<user>("SELECT name, joined FROM users"));
}
