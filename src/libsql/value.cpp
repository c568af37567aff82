#include <libsql/value.hpp>

#include <array>
#include <cmath>

#include <libsql/identifier.hpp>

#include "libsql/local/exact_real.hpp"

namespace libsql {

std::string_view to_string(value_type type) noexcept {
    switch (type) {
        case value_type::integer:
            return "integer";
        case value_type::real:
            return "real";
        case value_type::text:
            return "text";
        case value_type::blob:
            return "blob";
        case value_type::null:
            break;
    }
    return "null";
}

value_type value::type() const noexcept {
    constexpr std::array types{value_type::null, value_type::integer, value_type::real, value_type::text,
                               value_type::blob};
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
    return local::exact_real(d);
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
