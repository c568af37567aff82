// The reply to a pipeline in JSON: any bytes are decoded, or rejected with `protocol`.

#include "hrana_reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    libsql::testing::fuzz_pipeline(libsql::remote::json_codec(), data, size);
    return 0;
}
