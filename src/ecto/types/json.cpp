#include "ecto/types/json_reader.hpp"

#include <ecto/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace ecto {

namespace {

std::string string_of(std::string_view text) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            made += '\\';
            made += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            made += "\\u00";
            made += hexadecimal[static_cast<std::size_t>(c >> 4)];
            made += hexadecimal[static_cast<std::size_t>(c & 0x0f)];
        } else {
            made += c;
        }
    }
    return made + '"';
}

std::string number_of(double d) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), d).ptr;
    return {text.data(), end};
}

}  // namespace

result<json> json::parse(std::string text) {
    detail::json_reader reader(text);
    if (!reader.read()) {
        return error(error_kind::invalid, "the text is not JSON: it is wrong at byte " +
                                              std::to_string(reader.position()));
    }
    json made;
    made.text_ = std::move(text);
    return made;
}

bool type<json>::load(const detail::cell& from, json& to) {
    if (from.type != detail::cell_type::text) {
        return false;
    }
    auto made = json::parse(std::string(detail::bytes_of(from)));
    if (made) {
        to = *std::move(made);
        return true;
    }
    return false;
}

bool type<json>::dump(const json& from, detail::cell& to, detail::arena& /*room*/) {
    return detail::set_text(to, from.text());
}

bool type<json>::cast(const param& from, json& to) {
    std::string text = "null";
    if (const auto* b = from.get_if<bool>()) {
        text = *b ? "true" : "false";
    } else if (const auto* i = from.get_if<std::int64_t>()) {
        text = std::to_string(*i);
    } else if (const auto* d = from.get_if<double>()) {
        text = number_of(*d);
    } else if (const auto* s = from.get_if<std::string>()) {
        text = string_of(*s);
    }
    auto made = json::parse(std::move(text));  // refuses an infinity, and what is not UTF-8
    if (!made) {
        return false;
    }
    to = *std::move(made);
    return true;
}

}  // namespace ecto
