// error: libsql: this type cannot be an SQL parameter
#include <libsql/connection.hpp>

enum class colour { red, blue };

void run(libsql::connection& c) {
    static_cast<void>(c.execute("SELECT ?", colour::red));
}
