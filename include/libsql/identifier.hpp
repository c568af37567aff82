#pragma once

#include <libsql/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace libsql {

/// `name` as an identifier in SQL text: ``a"b`` gives ``"a""b"``. A quoted name is never taken for
/// a keyword, nor, in this engine, for a string.
///
/// SQLite cannot store a name that contains a NUL byte. Such a byte is kept rather than dropped, so
/// that the statement fails: the driver rejects SQL text that contains a NUL. Linear in the length
/// of the name. May be called from any thread, as all functions here.
[[nodiscard]] LIBSQL_API std::string quote_identifier(std::string_view name);

/// Both names quoted, with a dot between them; only `name` when `schema` is empty. A NUL byte is
/// kept, as by `quote_identifier`.
[[nodiscard]] LIBSQL_API std::string qualify(std::string_view schema, std::string_view name);

/// `text` as a text literal in SQL: ``it's`` gives ``'it''s'``.
///
/// SQL text cannot contain a NUL byte, and the driver accepts only UTF-8. So text that contains a
/// NUL or is not UTF-8 becomes `(CAST(x'..' AS TEXT))`, an expression in brackets that may be used
/// wherever a literal may, even after DEFAULT. It is exact in a UTF-8 database, which is the
/// default. In a UTF-16 database the cast would read the bytes as UTF-16; bind such a value there.
/// Linear in the length of the text.
[[nodiscard]] LIBSQL_API std::string quote_literal(std::string_view text);

/// `bytes` as a blob literal: `x'00ff'`. Linear in the number of bytes.
[[nodiscard]] LIBSQL_API std::string quote_blob(std::span<const std::byte> bytes);

}  // namespace libsql
