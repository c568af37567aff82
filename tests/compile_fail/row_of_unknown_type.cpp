// error: libsql: a row is read as a scalar, a tuple, an aggregate, or a type with sql_traits
#include <libsql/connection.hpp>

#include <chrono>

void run(libsql::connection& c) {
    static_cast<void>(c.fetch_one<std::chrono::seconds>("SELECT 3"));
}
