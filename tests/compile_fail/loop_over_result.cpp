// error: libsql: this is a result: loop over its .value()
#include <libsql/connection.hpp>

int sum(libsql::connection& c) {
    int all = 0;
    for (auto& row : c.query("SELECT 1")) {
        all += row->get<int>(0);
    }
    return all;
}
