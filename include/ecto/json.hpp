#pragma once

#include <ecto/type.hpp>
#include <libsql/export.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ecto {

/// A JSON value as the text that it was read from. Texts that differ in white space or in the order
/// of members are not equal. Thread safety: as a standard container.
class LIBSQL_API json {
public:
    json() = default;  ///< null

    /// From one JSON value (RFC 8259) of valid UTF-8, at most 500 levels deep. `invalid` otherwise;
    /// the message says at which byte.
    static result<json> parse(std::string text);

    /// The text.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    friend bool operator==(const json&, const json&) = default;

private:
    std::string text_{"null"};
};

/// Stored as text. What is read must be JSON.
template <>
struct LIBSQL_API type<json> {
    static constexpr std::string_view sql = "TEXT";          ///< the type of a column
    static constexpr std::string_view word = "JSON (text)";  ///< for messages
    /// One value has many texts, so queries do not compare them.
    static constexpr bool compared = false;

    /// Reads a stored text.
    static bool load(const detail::cell& from, json& to);
    /// The text.
    static bool dump(const json& from, detail::cell& to, detail::arena& room);
    /// Makes JSON of a value from outside: of a text a JSON string.
    static bool cast(const param& from, json& to);
};

}  // namespace ecto
