// Messages with frames as sent by a primary: any bytes are decoded or rejected as malformed, and
// the result does not depend on how they are split into pieces. Because inputs are short and pages
// are not, each byte 0xf0 of the input stands for 4000 zeros.

#include "libsql/replication/frames_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace libsql::replication;

class notes final : public frame_sink {
public:
    bool on_frame(const frame& f) override {
        if (f.content.size() != frame::page_size || f.page == 0) {
            std::abort();
        }
        text += std::to_string(f.number) + ' ' + std::to_string(f.page) + ' ' +
                std::to_string(f.size_after) + ' ';
        text += f.content;
        return true;
    }

    std::string text;
};

std::string read(std::string_view bytes, frames_reader::message kind, std::size_t piece) {
    notes sink;
    frames_reader reader(kind, sink);
    bool more = reader.message_begins(bytes.size());
    for (std::size_t at = 0; more && at < bytes.size(); at += piece) {
        more = reader.message_content(bytes.substr(at, piece));
    }
    more = more && reader.message_ends();
    if (more == reader.is_malformed()) {
        std::abort();
    }
    return sink.text + (more ? "" : "malformed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string bytes;
    for (std::size_t i = 0; i < size && bytes.size() < 100'000; ++i) {
        if (data[i] == 0xf0) {
            bytes.append(4000, '\0');
        } else {
            bytes += static_cast<char>(data[i]);
        }
    }
    for (const auto kind : {frames_reader::message::frame, frames_reader::message::frames}) {
        const auto whole = read(bytes, kind, bytes.size() + 1);
        if (read(bytes, kind, 1 + size % 7) != whole || read(bytes, kind, 4096) != whole) {
            std::abort();
        }
    }
    static_cast<void>(read_frame(bytes));
    return 0;
}
