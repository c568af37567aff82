// Any bytes as a primary's reply, in pieces of any size: gRPC-web framing, messages, frames, the
// handshake and the state file. Decoding must end, must not read out of bounds, and must not depend
// on the pieces.

#include "libsql/replication/frames_reader.hpp"
#include "libsql/replication/grpc_web.hpp"
#include "libsql/replication/messages.hpp"
#include "libsql/replication/wal_index_file.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

using namespace libsql::replication;

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << what << '\n';
        std::abort();
    }
}

class counted_frames final : public frame_sink {
public:
    bool on_frame(const frame& f) override {
        require(f.page != 0 && f.content.size() == frame::page_size, "no frame of a page");
        numbers.push_back(f.number);
        return true;
    }

    std::vector<std::uint64_t> numbers;
};

struct outcome {
    std::vector<std::uint64_t> numbers{};
    bool ok{false};
    bool malformed{false};
    int status{-1};

    bool operator==(const outcome&) const = default;
};

outcome read(std::string_view body, std::size_t piece, frames_reader::message kind) {
    counted_frames frames;
    frames_reader messages(kind, frames);
    grpc_web_reader reader(messages);
    outcome out{.ok = true};
    for (std::size_t at = 0; out.ok && at < body.size(); at += piece) {
        out.ok = reader.feed(body.substr(at, piece));
    }
    out.numbers = std::move(frames.numbers);
    out.malformed = reader.is_malformed() || messages.is_malformed();
    out.status = reader.status() ? reader.status()->code : -1;
    require(out.ok || out.malformed, "ended without a reason");
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const auto kind : {frames_reader::message::frame, frames_reader::message::frames}) {
        const auto whole = read(bytes, size + 1, kind);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
            require(read(bytes, piece, kind) == whole, "the pieces matter");
        }
    }
    static_cast<void>(read_hello(bytes));
    static_cast<void>(read_trailers(bytes));
    const auto state = read_state(bytes);
    if (!state.log && !state.committed && !state.committing) {
        return 0;
    }
    require(read_state(write_state(state)) == state, "a state that does not come back");
    return 0;
}
