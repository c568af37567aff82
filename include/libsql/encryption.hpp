#pragma once

#include <libsql/connection.hpp>
#include <libsql/deadline.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace libsql {

/// @file
/// Encrypted files: changing their keys, and attaching files that have keys of their own. To open a
/// file with a key, use the option `encryption_key`. No key ever appears in an error or in SQL
/// text.

/// Rewrites the file that is open as `schema` with another key: from plain to encrypted, from one
/// key to another, or, with an empty `new_key`, from encrypted to plain. The connection continues
/// with the new key. A `database` opened with the old key can no longer connect.
///
/// The file is rewritten in one transaction: after a crash in the middle it has the old key. The
/// journal needs as much disk space again. The file leaves WAL mode and returns to it.
///
/// Errors: `busy` when another connection has the file open in WAL mode or is reading it;
/// `transaction` inside a transaction or with open rows; `read_only`; `unsupported` for a database
/// in memory, and in remote and replica mode; `invalid_argument` when there is no such schema.
/// After an error the old key is still in force, with one exception: if the return to WAL mode
/// fails, the file has the new key and a rollback journal, and the message says so. Cannot be
/// interrupted. O(file size).
LIBSQL_API result<void> rekey(connection& target, std::string_view new_key,
                              std::string_view schema = "main");

/// Attaches the file `path` as `schema` to the connection of `target`. An empty `key` means a plain
/// file, even if the main one is encrypted. The file is created if the connection's mode allows it.
/// It keeps its journal mode; a new file has a rollback journal.
///
/// Errors: `wrong_key` when the key does not open the file, the file is not encrypted, or it is
/// encrypted and no key was given; `not_a_database`, `cannot_open`; `invalid_argument` for a key
/// without a file; `sql` when the name is in use or too many databases are attached. Local only.
LIBSQL_API result<void> attach(executor& target, std::string_view path, std::string_view schema,
                               std::string_view key = {});

/// Detaches what was attached as `schema`. Errors: `sql` when there is no such schema or it is in
/// use.
LIBSQL_API result<void> detach(executor& target, std::string_view schema);

/// The cipher of the file that is open as `schema` ("aes256cbc"); none if it is not encrypted.
/// `invalid_argument` when there is no such schema. Local only.
LIBSQL_API result<std::optional<std::string>> cipher(const executor& target,
                                                     std::string_view schema = "main");

}  // namespace libsql
