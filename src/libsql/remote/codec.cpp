#include "libsql/remote/codec.hpp"

#include "libsql/remote/server_error.hpp"

namespace libsql::remote {

error not_a_reply(std::string_view why) {
    return with_doubt(error(error_kind::protocol,
                            "the server's reply is not valid Hrana 3: " + std::string(why)));
}

}  // namespace libsql::remote
