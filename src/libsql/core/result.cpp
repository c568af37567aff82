#include <libsql/result.hpp>

namespace libsql::detail {

void raise(const error& e) {
    throw exception(e);
}

void raise_misuse(const char* message) {
    throw exception(error(error_kind::misuse, message));
}

}  // namespace libsql::detail
