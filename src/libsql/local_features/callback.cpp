#include "libsql/local_features/callback.hpp"

#include "libsql/core/out_of_memory.hpp"
#include "libsql/core/sql_text.hpp"

#include <exception>
#include <string>

namespace libsql::local {

error caught() noexcept {
    const auto sql_error = [](const char* message) {
        return detail::made([&] {
            return error({.kind = error_kind::sql,
                          .code = SQLITE_ERROR,
                          .extended_code = SQLITE_ERROR,
                          .message = message});
        });
    };
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return detail::out_of_memory();
    } catch (const std::exception& e) {
        return sql_error(e.what());
    } catch (...) {
        return sql_error("a callback threw something that is not a std::exception");
    }
}

error too_late(const error& why) {
    return error(why.kind(), why.message());
}

std::optional<error> check_name(std::string_view what, std::string_view name) {
    const auto invalid = [&](const std::string& why) {
        return error(error_kind::invalid_argument,
                     "the name of a " + std::string(what) + " " + why);
    };
    if (name.empty()) {
        return invalid("cannot be empty");
    }
    if (name.find('\0') != std::string_view::npos) {
        return invalid("cannot contain a NUL");
    }
    if (find_invalid_utf8(name)) {
        return invalid("must be UTF-8");
    }
    constexpr std::size_t longest = 255;
    if (name.size() > longest) {
        return invalid("can have at most 255 bytes");
    }
    return std::nullopt;
}

value_view view_of(sqlite3_value* v) noexcept {
    detail::cell c = detail::null_cell();
    libsql_engine_value(v, reinterpret_cast<libsql_engine_cell*>(&c));
    return value_view(c);
}

}  // namespace libsql::local
