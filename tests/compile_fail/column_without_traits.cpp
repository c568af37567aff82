// error: libsql: a column cannot be read as this type: give it sql_traits
#include <libsql/rows.hpp>

#include <string>

struct user_id {
    explicit user_id(int n) : number(n) {}

    int number;
};

int first(const libsql::row& r) {
    return r.get<user_id>(0).number;
}
