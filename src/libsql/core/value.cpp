#include "libsql/core/enum_words.hpp"
#include "libsql/core/exact_real.hpp"

#include <libsql/identifier.hpp>
#include <libsql/value.hpp>

#include <cmath>
#include <memory>

namespace libsql {

std::string_view to_string(value_type type) noexcept {
    constexpr std::array<std::string_view, 6> words{"null", "integer", "real",
                                                    "text", "blob",    "null"};
    return detail::word_of<value_type::null>(words, type, "null");
}

value::value(const value& other) : value() {
    switch (other.type_) {
        case value_type::integer:
            integer_ = other.integer_;
            break;
        case value_type::real:
            real_ = other.real_;
            break;
        case value_type::text:
            std::construct_at(&text_, other.text_);
            break;
        case value_type::blob:
            std::construct_at(&blob_, other.blob_);
            break;
        case value_type::null:
            break;
    }
    type_ = other.type_;
}

bool value::equals(const value& other) const noexcept {
    if (type_ != other.type_) {
        return false;
    }
    switch (type_) {
        case value_type::integer:
            return integer_ == other.integer_;
        case value_type::real:
            return real_ == other.real_;
        case value_type::text:
            return text_ == other.text_;
        case value_type::blob:
            return blob_ == other.blob_;
        case value_type::null:
            break;
    }
    return true;
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
