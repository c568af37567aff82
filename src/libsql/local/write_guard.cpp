#include "libsql/local/write_guard.hpp"

namespace libsql::local {

void write_guard::push(sqlite3* db) noexcept {
    const int was = libsql_engine_set_query_only(db, 1);
    if (count_++ == 0) {
        query_only_before_ = was != 0;
    }
}

void write_guard::pop(sqlite3* db) noexcept {
    if (count_ == 0) {
        return;
    }
    --count_;
    if (!refuses()) {
        libsql_engine_set_query_only(db, query_only_before_ ? 1 : 0);
    }
}

void write_guard::clear(sqlite3* db) noexcept {
    while (count_ > 0) {
        pop(db);
    }
}

void write_guard::refuse_always(sqlite3* db) noexcept {
    libsql_engine_set_query_only(db, 1);
    always_ = true;
}

}  // namespace libsql::local
