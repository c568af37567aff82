#include "libsql/core/enum_words.hpp"

#include <libsql/json.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace libsql::json {

namespace {

result<type> parse_type(std::string_view word) {
    if (word == "true" || word == "false") {
        return type::boolean;
    }
    for (const auto t :
         {type::null, type::integer, type::real, type::text, type::array, type::object}) {
        if (word == to_string(t)) {
            return t;
        }
    }
    return error(error_kind::internal,
                 "json: the engine answered with an unknown type: " + std::string(word));
}

}  // namespace

std::string_view to_string(type of) noexcept {
    constexpr std::array<std::string_view, 7> words{"null", "boolean", "integer", "real",
                                                    "text", "array",   "object"};
    return libsql::detail::word_of<type::object>(words, of, "object");
}

result<bool> valid(executor& on, document what) {
    // 1: RFC 8259 text, 8: strictly JSONB.
    return detail::one<bool>(on, "SELECT json_valid(?1, 9)", what);
}

result<std::optional<type>> type_of(executor& on, document in, std::string_view path) {
    auto word = detail::maybe<std::string>(on, "SELECT json_type(?1, ?2)", in, path);
    if (!word) {
        return word.error();
    }
    if (!*word) {
        return std::optional<type>();
    }
    return parse_type(**word).transform([](type t) { return std::optional(t); });
}

result<std::optional<std::int64_t>> array_length(executor& on, document in, std::string_view path) {
    return detail::maybe<std::int64_t>(on, "SELECT json_array_length(?1, ?2)", in, path);
}

result<std::optional<std::int64_t>> length(executor& on, document in, std::string_view path) {
    return detail::maybe<std::int64_t>(on,
                                       "SELECT CASE WHEN json_type(?1, ?2) IS NULL THEN NULL "
                                       "WHEN json_type(?1, ?2) IN ('array', 'object') THEN (SELECT "
                                       "count(*) FROM json_each(?1, ?2)) "
                                       "ELSE 1 END",
                                       in, path);
}

result<std::optional<std::vector<std::string>>> keys(executor& on, document in,
                                                     std::string_view path) {
    auto what = type_of(on, in, path);
    if (!what) {
        return what.error();
    }
    if (*what != type::object) {
        return std::optional<std::vector<std::string>>();
    }
    return on.fetch<std::string>("SELECT key FROM json_each(?1, ?2)", in, path)
        .transform([](std::vector<std::string>&& all) { return std::optional(std::move(all)); });
}

result<std::optional<std::int64_t>> depth(executor& on, document in, std::string_view path) {
    using node = std::pair<std::int64_t, std::optional<std::int64_t>>;
    auto nodes = on.fetch<node>("SELECT id, parent FROM json_tree(?1, ?2)", in, path);
    if (!nodes) {
        return nodes.error();
    }
    std::map<std::int64_t, std::int64_t> depths;
    std::optional<std::int64_t> deepest;
    for (const auto& [id, parent] : *nodes) {
        const auto above = parent ? depths.find(*parent) : depths.end();
        const std::int64_t here = above == depths.end() ? 1 : above->second + 1;
        depths.emplace(id, here);
        deepest = std::max(deepest.value_or(0), here);
    }
    return deepest;
}

namespace {

struct element_row {
    value key;
    std::string type;
    value content;
    std::int64_t id;
    std::optional<std::int64_t> parent;
    std::string full_key;
    std::string path;
};

result<std::vector<element>> elements(executor& on, std::string_view function, document in,
                                      std::string_view path) {
    auto rows = on.fetch<element_row>("SELECT key, type, value, id, parent, fullkey, path FROM " +
                                          std::string(function) + "(?1, ?2)",
                                      in, path);
    if (!rows) {
        return rows.error();
    }
    std::vector<element> all;
    all.reserve(rows->size());
    for (auto& row : *rows) {
        auto what = parse_type(row.type);
        if (!what) {
            return what.error();
        }
        all.push_back({std::move(row.key), *what, std::move(row.content), row.id, row.parent,
                       std::move(row.full_key), std::move(row.path)});
    }
    return all;
}

}  // namespace

result<std::vector<element>> each(executor& on, document in, std::string_view path) {
    return elements(on, "json_each", in, path);
}

result<std::vector<element>> tree(executor& on, document in, std::string_view path) {
    return elements(on, "json_tree", in, path);
}

result<std::string> to_text(executor& on, document what) {
    return detail::one<std::string>(on, "SELECT json(?1)", what);
}

result<blob> to_jsonb(executor& on, document what) {
    return detail::one<blob>(on, "SELECT jsonb(?1)", what);
}

result<std::string> pretty(executor& on, document what, std::string_view indent) {
    return detail::one<std::string>(on, "SELECT json_pretty(?1, ?2)", what, indent);
}

}  // namespace libsql::json
