#include "libsql/remote/codec.hpp"

namespace libsql::remote {

error not_a_reply(std::string_view why) {
    return error(error_kind::protocol,
                 "the server's reply is not what Hrana 3 says: " + std::string(why));
}

}  // namespace libsql::remote
