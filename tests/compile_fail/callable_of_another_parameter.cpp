// error: libsql: this callable cannot be called with what it is given
#include <libsql/connection.hpp>

void run(libsql::connection& c) {
    static_cast<void>(c.transact([](libsql::connection&) {}));
}
