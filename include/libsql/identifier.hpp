#pragma once

#include <libsql/export.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace libsql {

/// `name` as an identifier in SQL text: ``a"b`` gives ``"a""b"``. What is quoted is never taken for
/// a keyword or, in this engine, for a string.
///
/// SQLite cannot hold a name with a NUL byte. Such a byte is kept, not dropped, so that the
/// statement fails: the driver refuses SQL text that contains a NUL. Linear in the name's length.
[[nodiscard]] LIBSQL_API std::string quote_identifier(std::string_view name);

/// Both names quoted, with a dot between them; `name` alone when `schema` is empty. A NUL byte is
/// kept, as by `quote_identifier`.
[[nodiscard]] LIBSQL_API std::string qualify(std::string_view schema, std::string_view name);

/// `text` as a text value in SQL: ``it's`` gives ``'it''s'``.
///
/// SQL text cannot contain a NUL byte, and the driver takes only UTF-8: text with a NUL and text
/// that is not UTF-8 becomes `(CAST(x'..' AS TEXT))`: an expression in brackets, which may stand
/// wherever a literal may, behind DEFAULT too. It is exact in a database whose encoding is UTF-8,
/// which is the default; in one that is UTF-16 the cast would read the bytes as UTF-16, so bind
/// such a value there. Linear in the text's length.
[[nodiscard]] LIBSQL_API std::string quote_literal(std::string_view text);

/// `bytes` as a blob literal: `x'00ff'`. Linear in the number of bytes.
[[nodiscard]] LIBSQL_API std::string quote_blob(std::span<const std::byte> bytes);

}  // namespace libsql
