#pragma once

#include <libsql/connection.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <string_view>

namespace libsql {

/// The whole database `schema` as the bytes that its file would have: written to disk, they are a
/// database. They include the content of the log, and are plain even if the file is encrypted.
/// Consistent: read in one transaction.
///
/// Errors: `invalid_argument` when there is no such schema; `transaction` inside a transaction that
/// has written to it; `busy`; `corrupt`, `io` when a page cannot be read; `too_big` above 1 GiB
/// (use `back_up` then); `out_of_memory`. Memory: twice the size. O(size). Local only.
LIBSQL_API result<blob> serialize(connection& source, std::string_view schema = "main");

/// How a deserialised database may be used.
enum class deserialize_access : unsigned char {
    read_write,  ///< it grows in memory up to 1 GiB, or to its size if that is more; then `full`
    read_only,
};

/// Replaces the database `schema` of this connection with one in memory that is made from a copy of
/// `bytes`. If it had a file, that is closed and not changed. No bytes make an empty database.
///
/// The header and the schema are checked before anything is replaced: `not_a_database` or
/// `corrupt`. Damage elsewhere is reported as `corrupt` when it is read. Other errors:
/// `transaction` with an open transaction, rows, blob or backup; `invalid_argument` when there is
/// no such schema; `unsupported` for "temp", and for an encrypted database, whose key cannot
/// protect memory; `out_of_memory`. O(size). Local only.
LIBSQL_API result<void> deserialize(connection& target, blob_view bytes,
                                    deserialize_access access = deserialize_access::read_write,
                                    std::string_view schema = "main");

}  // namespace libsql
