// The body of a gRPC-web reply, with a sink that records it. However it is split into pieces, the
// result must be the same.

#include "libsql/replication/grpc_web.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace libsql::replication;

class notes final : public message_sink {
public:
    bool message_begins(std::size_t size) override {
        left_ = size;
        text += '[';
        return true;
    }

    bool message_content(std::string_view piece) override {
        if (piece.size() > left_) {
            std::abort();
        }
        left_ -= piece.size();
        text += piece;
        return true;
    }

    bool message_ends() override {
        if (left_ != 0) {
            std::abort();
        }
        text += ']';
        return true;
    }

    std::string text;

private:
    std::size_t left_{0};
};

std::string read(std::string_view bytes, std::size_t piece) {
    notes sink;
    grpc_web_reader reader(sink);
    bool more = true;
    for (std::size_t at = 0; more && at < bytes.size(); at += piece) {
        more = reader.feed(bytes.substr(at, piece));
    }
    if (more == reader.is_malformed()) {
        std::abort();
    }
    if (const auto& status = reader.status()) {
        sink.text += std::to_string(status->code) + status->message;
    }
    return sink.text + (more ? "" : " malformed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read(bytes, size + 1);
    if (read(bytes, 1) != whole || read(bytes, 1 + size % 11) != whole) {
        std::abort();
    }
    return 0;
}
