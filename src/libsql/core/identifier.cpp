#include "libsql/core/sql_text.hpp"

#include <libsql/identifier.hpp>

namespace libsql {

namespace {

std::string quote(std::string_view text, char quote_mark) {
    std::string quoted;
    quoted.reserve(text.size() + 2);
    quoted += quote_mark;
    for (const char c : text) {
        if (c == quote_mark) {
            quoted += quote_mark;
        }
        quoted += c;
    }
    quoted += quote_mark;
    return quoted;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
    return quote(name, '"');
}

std::string qualify(std::string_view schema, std::string_view name) {
    return schema.empty() ? quote_identifier(name)
                          : quote_identifier(schema) + '.' + quote_identifier(name);
}

std::string quote_literal(std::string_view text) {
    if (!check_sql_text(text)) {
        return quote(text, '\'');
    }
    return "(CAST(" + quote_blob(std::as_bytes(std::span(text))) + " AS TEXT))";
}

std::string quote_blob(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted;
    quoted.reserve(bytes.size() * 2 + 3);
    quoted += "x'";
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        quoted += digits[value >> 4U];
        quoted += digits[value & 0xFU];
    }
    quoted += '\'';
    return quoted;
}

}  // namespace libsql
