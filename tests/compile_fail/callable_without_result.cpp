// error: libsql: this callable must return a libsql::result, or nothing
#include <libsql/connection.hpp>

void run(libsql::connection& c) {
    static_cast<void>(c.transact([](libsql::transaction&) { return 1; }));
}
