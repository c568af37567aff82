#pragma once

#include <libsql/argument.hpp>
#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// SQLite's JSON functions with types. Every document may be JSON text or JSONB (SQLite's binary
/// form, which is faster to read). See docs/json.md.
///
/// Paths are SQLite's: "$", "$.name", "$.\"any name\"", "$[0]", "$[#-1]" (the last element), "$[#]"
/// (after the last). Text that is not JSON and an invalid path are errors of kind `sql`. Each call
/// runs one statement (`keys`: two), which is one round trip in remote mode; for many rows use the
/// functions in the query itself.

namespace libsql::json {

/// A JSON document, by view: text, or a blob of JSONB. What it views must outlive the call that it
/// is passed to.
class document {
public:
    /// JSON text.
    document(std::string_view text) noexcept : cell_(libsql::detail::to_cell(text)) {}

    /// JSON text.
    document(const std::string& text) noexcept : document(std::string_view(text)) {}

    /// JSON text that ends with a NUL; must not be null.
    document(const char* text) noexcept : document(std::string_view(text)) {}

    /// A blob of JSONB.
    document(blob_view jsonb) noexcept : cell_(libsql::detail::to_cell(jsonb)) {}

    /// A blob of JSONB.
    document(const blob& jsonb) noexcept : document(blob_view(jsonb)) {}

    /// For the driver: makes it an argument of a statement.
    friend libsql::detail::cell to_cell(const document& d) noexcept { return d.cell_; }

private:
    libsql::detail::cell cell_;
};

/// A value to insert into a document as JSON: `raw{"[1, 2]"}` is an array, "[1, 2]" alone is a
/// string.
struct raw {
    document json;  ///< the JSON to insert

    /// For the driver: makes it an argument of a statement.
    friend libsql::detail::cell to_cell(const raw& r) noexcept { return to_cell(r.json); }
};

/// The type of a JSON value.
enum class type : unsigned char { null, boolean, integer, real, text, array, object };

/// The name of the type: "null", "boolean", "integer", ...
LIBSQL_API std::string_view to_string(type of) noexcept;

/// The form in which a document is returned: `std::string` for text, `libsql::blob` for JSONB.
template <class T>
concept form = std::same_as<T, std::string> || std::same_as<T, blob>;

namespace detail {

template <form Form>
constexpr std::string_view prefix = std::same_as<Form, blob> ? "jsonb_" : "json_";

/// The parameter as SQL in which a bool becomes true or false rather than 1 or 0.
template <class Value>
std::string expression(std::size_t parameter) {
    std::string p = "?" + std::to_string(parameter);
    if constexpr (std::same_as<Value, bool>) {
        return "json(iif(" + p + ", 'true', 'false'))";
    } else if constexpr (std::same_as<Value, std::optional<bool>>) {
        return "json(CASE " + p + " WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)";
    } else if constexpr (std::same_as<Value, raw>) {
        return "json(" + p + ")";
    } else {
        return p;
    }
}

/// The value of a query that always returns one.
template <class T, class... Args>
result<T> one(executor& on, const std::string& sql, const Args&... args) {
    auto found = on.fetch_one<std::optional<T>>(sql, args...);
    if (!found) {
        return found.error();
    }
    if (!*found || !**found) {
        return error(error_kind::invalid_argument, "json: nothing is left of the document");
    }
    return *std::move(**found);
}

/// The value of a query; none for NULL.
template <class T, class... Args>
result<std::optional<T>> maybe(executor& on, const std::string& sql, const Args&... args) {
    auto found = on.fetch_one<std::optional<T>>(sql, args...);
    if (!found) {
        return found.error();
    }
    return *found ? **std::move(found) : std::optional<T>();
}

template <form Form, class Value>
result<Form> edit(executor& on, std::string_view verb, document in, std::string_view path,
                  const Value& to) {
    const std::string function = std::string(prefix<Form>) + std::string(verb);
    return one<Form>(on, "SELECT " + function + "(?1, ?2, " + expression<Value>(3) + ")", in, path,
                     to);
}

}  // namespace detail

// --- reading ---

/// Whether `what` is strict JSON (RFC 8259) or well-formed JSONB. Never fails because of the
/// document.
LIBSQL_API result<bool> valid(executor& on, document what);

/// The value at `path` as `T` (one of `row::get`'s types that owns its content): the text of a
/// string, a number, 1 or 0 for true or false, the JSON text of an array or object. None if it is
/// null or does not exist; `type_of` tells which.
template <class T>
result<std::optional<T>> extract(executor& on, document from, std::string_view path) {
    return detail::maybe<T>(on, "SELECT json_extract(?1, ?2)", from, path);
}

/// The value at `path` as a document: "null" for null; none if it does not exist.
template <form Form = std::string>
result<std::optional<Form>> fragment(executor& on, document from, std::string_view path) {
    return detail::maybe<Form>(
        on, std::same_as<Form, blob> ? "SELECT jsonb(?1 -> ?2)" : "SELECT ?1 -> ?2", from, path);
}

/// The type of the value at `path`; none if it does not exist.
LIBSQL_API result<std::optional<json::type>> type_of(executor& on, document in,
                                                     std::string_view path = "$");

/// The number of elements of the array at `path`: 0 for anything that is not an array; none if it
/// does not exist.
LIBSQL_API result<std::optional<std::int64_t>> array_length(executor& on, document in,
                                                            std::string_view path = "$");

/// The number of elements of an array or members of an object, and 1 for anything else; none if it
/// does not exist. (SQLite has no such function; this is a query over json_each.)
LIBSQL_API result<std::optional<std::int64_t>> length(executor& on, document in,
                                                      std::string_view path = "$");

/// The names in the object at `path`, in its order; none if there is no object. (A query over
/// json_each.)
LIBSQL_API result<std::optional<std::vector<std::string>>> keys(executor& on, document in,
                                                                std::string_view path = "$");

/// The depth of nesting: 1 for a scalar and for an empty array or object, and one more for each
/// level below; none if it does not exist. Reads the whole document with json_tree.
LIBSQL_API result<std::optional<std::int64_t>> depth(executor& on, document in,
                                                     std::string_view path = "$");

/// One value inside a document.
struct element {
    value key{};  ///< name in an object (text), position in an array (integer), or NULL
    json::type type{json::type::null};     ///< the JSON type of `content`
    value content{};                       ///< the SQL value; JSON text for an array or object
    std::int64_t id{0};                    ///< number of this value in the document
    std::optional<std::int64_t> parent{};  ///< the id of the container; only from `tree`
    std::string full_key{};                ///< the path of this value
    std::string path{};                    ///< the path of its container

    friend bool operator==(const element&, const element&) = default;
};

/// The elements of the array or members of the object at `path`, or the scalar there.
LIBSQL_API result<std::vector<element>> each(executor& on, document in,
                                             std::string_view path = "$");

/// The value at `path` and everything below it, each container before its content.
LIBSQL_API result<std::vector<element>> tree(executor& on, document in,
                                             std::string_view path = "$");

/// @name Changing
/// These return the changed document, as text or (`set<libsql::blob>(..)`) as JSONB. Values are
/// bound: a string stays a string, a bool is true or false, NULL is null; pass JSON as `raw`. A
/// blob that is not JSONB is an error. If a path cannot exist (a member of a number), the document
/// is unchanged.
/// @{

/// Puts `to` at `path`, whether or not something is there.
template <form Form = std::string, class Value>
result<Form> set(executor& on, document in, std::string_view path, const Value& to) {
    return detail::edit<Form>(on, "set", in, path, to);
}

/// Puts `to` at `path` if nothing is there. The elements of an array do not move; use "$[#]" to
/// append.
template <form Form = std::string, class Value>
result<Form> insert(executor& on, document in, std::string_view path, const Value& to) {
    return detail::edit<Form>(on, "insert", in, path, to);
}

/// Puts `to` at `path` if something is there.
template <form Form = std::string, class Value>
result<Form> replace(executor& on, document in, std::string_view path, const Value& to) {
    return detail::edit<Form>(on, "replace", in, path, to);
}

/// Removes what is at `path`. `invalid_argument` for "$", which would leave nothing.
template <form Form = std::string>
result<Form> remove(executor& on, document from, std::string_view path) {
    return detail::one<Form>(on, "SELECT " + std::string(detail::prefix<Form>) + "remove(?1, ?2)",
                             from, path);
}

/// Applies the merge patch `by` (RFC 7396) to `in`: members of `by` are merged, null removes.
template <form Form = std::string>
result<Form> patch(executor& on, document in, document by) {
    return detail::one<Form>(on, "SELECT " + std::string(detail::prefix<Form>) + "patch(?1, ?2)",
                             in, by);
}

/// @}

// --- making ---

/// The document as text without spaces. Also converts JSONB and JSON5 text.
LIBSQL_API result<std::string> to_text(executor& on, document what);

/// The document as JSONB. Also converts JSON5 text.
LIBSQL_API result<blob> to_jsonb(executor& on, document what);

/// The document as indented text.
LIBSQL_API result<std::string> pretty(executor& on, document what,
                                      std::string_view indent = "    ");

/// A value as JSON: a quoted string, a number, true, null.
template <class Value>
result<std::string> quote(executor& on, const Value& what) {
    return detail::one<std::string>(on, "SELECT json_quote(" + detail::expression<Value>(1) + ")",
                                    what);
}

/// An array of the values.
template <form Form = std::string, class... Values>
result<Form> array(executor& on, const Values&... values) {
    std::string sql = "SELECT " + std::string(detail::prefix<Form>) + "array(";
    std::size_t n = 0;
    ((sql += (n == 0 ? "" : ", ") + detail::expression<Values>(n + 1), ++n), ...);
    return detail::one<Form>(on, sql + ")", values...);
}

/// An object: `object(on, std::pair("name", "Ada"), std::pair("age", 36))`. If a name is repeated,
/// both members are kept.
template <form Form = std::string, class... Names, class... Values>
result<Form> object(executor& on, const std::pair<Names, Values>&... members) {
    std::string sql = "SELECT " + std::string(detail::prefix<Form>) + "object(";
    std::size_t n = 0;
    ((sql +=
      (n == 0 ? "?" : ", ?") + std::to_string(n + 1) + ", " + detail::expression<Values>(n + 2),
      n += 2),
     ...);
    return std::apply(
        [&](const auto&... arguments) { return detail::one<Form>(on, sql + ")", arguments...); },
        std::tuple_cat(std::tie(members.first, members.second)...));
}

}  // namespace libsql::json
