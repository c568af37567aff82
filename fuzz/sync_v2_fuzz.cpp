// Any bytes as a reply of a server of the newer sync protocol, and as a replica's state file.
// Decoding must end, must not read out of bounds, and must not depend on how an export is split
// into pieces.

#include "libsql/replication/sync_info_file.hpp"
#include "libsql/replication/sync_v2_messages.hpp"

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

using namespace libsql;
using namespace libsql::replication;

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << what << '\n';
        std::abort();
    }
}

struct outcome {
    std::vector<std::size_t> pages{};
    bool ok{false};

    bool operator==(const outcome&) const = default;
};

outcome read_export(std::string_view bytes, std::size_t piece) {
    export_reader reader;
    outcome out{.ok = true};
    const auto on_page = [&](const frame& f) {
        require(f.page == out.pages.size() + 1, "a page is left out");
        out.pages.push_back(std::hash<std::string_view>()(f.content));
        return result<void>();
    };
    for (std::size_t at = 0; out.ok && at < bytes.size(); at += piece) {
        out.ok = reader.feed(bytes.substr(at, piece), on_page).has_value();
    }
    out.ok = out.ok && reader.finish().has_value();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read_export(bytes, size + 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
        require(read_export(bytes, piece) == whole, "the pieces matter");
    }
    static_cast<void>(read_log_frame(bytes.substr(0, frame::size), 1));
    require(read_generation(bytes) != 0U && read_current_generation(bytes) != 0U, "generation 0");
    if (const auto reply = read_push_reply(bytes)) {
        const auto path = path_of_frames(1, 1, 1, reply->baton);
        require(path.find_first_of("?#. \n", 1) == std::string::npos, "a baton gets out");
    }
    if (const auto info = read_info(bytes)) {
        require(read_info(write_info(*info)).value() == *info, "a state that does not come back");
    }
    return 0;
}
