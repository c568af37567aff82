#include <libsql/value_view.hpp>

namespace libsql {

error value_view::mismatch(std::string_view what, std::string_view wanted) const {
    std::string message(what);
    message += is_null() ? " is NULL" : " is " + std::string(to_string(type()));
    message += " and cannot be read as " + std::string(wanted);
    if (is_null()) {
        message += "; read it as std::optional";
    }
    return error(error_kind::mismatch, std::move(message));
}

}  // namespace libsql
