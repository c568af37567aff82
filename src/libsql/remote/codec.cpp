#include "libsql/remote/codec.hpp"

#include "libsql/remote/hrana_json.hpp"
#include "libsql/remote/hrana_protobuf.hpp"
#include "libsql/remote/server_error.hpp"

namespace libsql::remote {

const codec& json_codec() noexcept {
    static const codec one{json_encoder, json_decoder, "/v3", "application/json"};
    return one;
}

const codec& protobuf_codec() noexcept {
    static const codec one{protobuf_encoder, protobuf_decoder, "/v3-protobuf",
                           "application/x-protobuf"};
    return one;
}

error not_a_reply(std::string_view why) {
    return with_doubt(error(error_kind::protocol,
                            "the server's reply is not valid Hrana 3: " + std::string(why)));
}

}  // namespace libsql::remote
