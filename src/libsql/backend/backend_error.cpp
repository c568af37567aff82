#include "libsql/backend/backend_error.hpp"

namespace libsql::detail {

error connection_in_use() {
    return error(
        error_kind::misuse,
        "the connection is in use: by another thread, by the call that runs this callback, as the "
        "destination of a backup, or by the process that opened it before fork()");
}

error connection_closed() {
    return error(error_kind::closed, "the connection is closed");
}

error deadline_passed() {
    return error(error_kind::timeout, "the deadline passed");
}

}  // namespace libsql::detail
