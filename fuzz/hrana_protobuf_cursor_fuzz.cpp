// The reply to a cursor in protobuf: any bytes are decoded, or rejected with `protocol`.

#include "hrana_reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    libsql::testing::fuzz_cursor(libsql::remote::protobuf_codec(), data, size);
    return 0;
}
