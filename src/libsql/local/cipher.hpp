#pragma once

#include "libsql/local/connection.hpp"
#include "libsql/local/engine.h"

namespace libsql::local {

/// The next key that `db` is given is for libSQL's cipher, whatever a pragma chose before.
void choose_cipher(sqlite3* db) noexcept;

/// While it lives, files that `c` attaches are not mapped into memory: until
/// `libsql_engine_key_changed` the engine would read the mapping of an encrypted file as plain.
class attaching_unmapped {
public:
    explicit attaching_unmapped(connection& c) noexcept;
    ~attaching_unmapped();

    attaching_unmapped(const attaching_unmapped&) = delete;
    attaching_unmapped& operator=(const attaching_unmapped&) = delete;

private:
    connection& connection_;
    sqlite3_int64 before_{0};
};

}  // namespace libsql::local
