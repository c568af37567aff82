#include "libsql/core/enum_words.hpp"
#include "libsql/core/exact_real.hpp"

#include <libsql/identifier.hpp>
#include <libsql/value.hpp>

#include <array>
#include <cmath>

namespace libsql {

std::string_view to_string(value_type type) noexcept {
    constexpr std::array<std::string_view, 6> words{"null", "integer", "real",
                                                    "text", "blob",    "null"};
    return detail::word_of<value_type::null>(words, type, "null");
}

void value::copy(const value& other) {
    if (const auto* const text = other.if_text()) {
        data_ = std::string(*text);
    } else if (const auto* const bytes = other.if_blob()) {
        data_ = libsql::blob(*bytes);
    } else if (const auto* const integer = other.if_integer()) {
        data_ = *integer;
    } else if (const auto* const real = other.if_real()) {
        data_ = *real;
    } else {
        data_ = std::monostate();
    }
}

value_type value::type() const noexcept {
    constexpr std::array types{value_type::null, value_type::integer, value_type::real,
                               value_type::text, value_type::blob};
    return types.at(data_.index());
}

namespace {

std::string real_to_sql(double d) {
    if (std::isnan(d)) {
        return "NULL";
    }
    if (std::isinf(d)) {
        return d > 0 ? "9e999" : "-9e999";
    }
    return detail::exact_real(d);
}

}  // namespace

std::string value::to_sql() const {
    if (const auto* i = if_integer()) {
        return std::to_string(*i);
    }
    if (const auto* d = if_real()) {
        return real_to_sql(*d);
    }
    if (const auto* t = if_text()) {
        return quote_literal(*t);
    }
    if (const auto* b = if_blob()) {
        return quote_blob(*b);
    }
    return "NULL";
}

}  // namespace libsql
