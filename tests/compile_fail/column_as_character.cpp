// error: libsql: a column cannot be read as this type
#include <libsql/rows.hpp>

char first(const libsql::row& r) {
    return r.get<char>(0);
}
