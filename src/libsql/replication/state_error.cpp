#include "libsql/replication/state_error.hpp"

#include <cerrno>
#include <system_error>

namespace libsql::replication {

error state_failed(const std::string& what, const std::string& path) {
    const int why = errno;
    return error(why == EACCES || why == EPERM || why == EROFS ? error_kind::permission
                 : why == ENOSPC || why == EDQUOT              ? error_kind::full
                                                               : error_kind::io,
                 "cannot " + what + " the replica's state \"" + path +
                     "\": " + std::generic_category().message(why));
}

error state_gone(const std::string& path) {
    return error(error_kind::closed,
                 "the replica's state \"" + path +
                     "\" is gone: the replica was frozen, or the file was removed");
}

}  // namespace libsql::replication
