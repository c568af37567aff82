// error: use of deleted function .*loop_over_the_value_of_this_result
#include <libsql/connection.hpp>

int sum(libsql::connection& c) {
    int all = 0;
    for (auto& row : c.query("SELECT 1")) {
        all += row->get<int>(0);
    }
    return all;
}
