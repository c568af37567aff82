#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql {

/// What a statement that changes rows does.
enum class write_kind : std::uint8_t { insert, update, remove };

/// A statement that changes the rows of one table.
struct write_statement {
    write_kind kind{};
    std::string schema;     ///< as it is written; empty when it is not
    std::string table;      ///< without its quotes
    std::string_view text;  ///< up to its last word; a part of what was parsed
    bool returns{false};    ///< whether it has a RETURNING
};

/// Reads an INSERT, REPLACE, UPDATE or DELETE, behind WITH too. Nothing for any other text. The
/// text is not checked beyond what is read here: the engine says what is wrong with it.
std::optional<write_statement> parse_write(std::string_view sql);

}  // namespace libsql
