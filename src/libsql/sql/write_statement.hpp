#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql {

/// The effect of a statement that changes rows.
enum class write_kind : std::uint8_t { insert, update, remove };

/// A statement that changes the rows of one table.
struct write_statement {
    write_kind kind{};
    std::string schema;     ///< as written; empty if there is none
    std::string table;      ///< without quotes
    std::string_view text;  ///< up to its last word; a view into the parsed text
    bool returns{false};    ///< whether it has a RETURNING
};

/// Parses an INSERT, REPLACE, UPDATE or DELETE, with or without WITH; none for any other text.
/// Checks no more than is read here; the engine reports other errors.
std::optional<write_statement> parse_write(std::string_view sql);

}  // namespace libsql
