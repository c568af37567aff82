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
/// Encrypted files: their key, and several files with keys of their own on one connection. To open
/// a file with a key: the option `encryption_key`. No key ever appears in an error or in SQL text.

/// Rewrites the file that is open as `schema` with another key: from plain to encrypted, from one
/// key to another, or with an empty `new_key` from encrypted to plain. The connection goes on with
/// the new key; a `database` opened with the old one cannot connect any more.
///
/// The file is rewritten in one transaction: a crash in the middle leaves it with the old key. It
/// needs as much disk again for the journal, and leaves WAL mode and goes back to it.
///
/// Errors: `busy` when another connection has the file open in WAL mode or is reading it;
/// `transaction` inside a transaction or with rows open; `read_only`; `unsupported` for a database
/// in memory; `invalid_argument` when there is no such schema. The old key stays in force then,
/// except that a failure to go back to WAL mode leaves the new key and a rollback journal: its
/// message says so. Local only. Cannot be interrupted. O(file).
LIBSQL_API result<void> rekey(connection& target, std::string_view new_key,
                              std::string_view schema = "main");

/// Opens the file `path` as `schema` on the connection of `target`, beside its own. An empty `key`
/// means a plain file, also when the main one is encrypted. The file is created if the connection's
/// mode creates files. It keeps its journal mode; a new one has a rollback journal.
///
/// Errors: `wrong_key` when the key does not open it, it is not encrypted, or it is and no key was
/// given; `not_a_database`, `cannot_open`; `invalid_argument` for a key without a file; `sql` when
/// the name is in use or too many are attached. Local only.
LIBSQL_API result<void> attach(executor& target, std::string_view path, std::string_view schema,
                               std::string_view key = {});

/// Closes what was attached as `schema`. Errors: `sql` when there is no such schema or it is in
/// use.
LIBSQL_API result<void> detach(executor& target, std::string_view schema);

/// The cipher of the file that is open as `schema` ("aes256cbc"), none if it is not encrypted.
/// Local only.
LIBSQL_API result<std::optional<std::string>> cipher(const executor& target,
                                                     std::string_view schema = "main");

}  // namespace libsql
