#include <libsql/row.hpp>

#include <algorithm>

namespace libsql {

namespace detail {

value to_value(const cell& c) {
    switch (c.type) {
        case cell_type::integer:
            return c.integer;
        case cell_type::real:
            return c.real;
        case cell_type::text:
            return text_of(c);
        case cell_type::blob:
            return blob_of(c);
        default:
            return nullptr;
    }
}

}  // namespace detail

result<std::size_t> row::find(std::string_view name) const {
    for (std::size_t i = 0; i < size(); ++i) {
        if (source_->column_name(i) == name) {
            return i;
        }
    }
    std::string message = "the row has no column \"" + std::string(name) + "\"";
    message += size() == 0 ? "" : "; its columns are ";
    constexpr std::size_t shown = 20;
    for (std::size_t i = 0; i < std::min(size(), shown); ++i) {
        message += (i == 0 ? "\"" : ", \"") + std::string(source_->column_name(i)) + "\"";
    }
    message += size() > shown ? ", ..." : "";
    return error({.kind = error_kind::invalid_argument,
                  .message = std::move(message),
                  .sql = std::string(source_->sql())});
}

error row::mismatch(std::size_t i, std::string_view wanted) const {
    if (i >= size()) {
        return error(error_kind::invalid_argument, "there is no column " + std::to_string(i) +
                                                       ": the row has " + std::to_string(size()) +
                                                       " columns");
    }
    std::string message =
        "column " + std::to_string(i) + " (\"" + std::string(source_->column_name(i)) + "\") is ";
    const auto held = type(i);
    if (held == value_type::integer) {
        message += "the integer " + std::to_string(source_->cells()[i].integer);
    } else if (held == value_type::null) {
        message += "NULL";
    } else {
        message += to_string(held);
    }
    message += " and cannot be read as " + std::string(wanted);
    if (held == value_type::null) {
        message += "; read it as std::optional";
    }
    return error({.kind = error_kind::mismatch,
                  .message = std::move(message),
                  .sql = std::string(source_->sql())});
}

void row::raise(std::size_t i, std::string_view wanted) const {
    throw exception(mismatch(i, wanted));
}

error row::wrong_size(std::size_t wanted) const {
    return error({.kind = error_kind::mismatch,
                  .message = "the row has " + std::to_string(size()) +
                             " columns, but the type that it is read as has " +
                             std::to_string(wanted),
                  .sql = std::string(source_->sql())});
}

}  // namespace libsql
