// The state file of a replica, and the messages in which a primary describes itself: any bytes are
// accepted or rejected, and what was read is unchanged when it is written and read again.

#include "libsql/replication/messages.hpp"
#include "libsql/replication/sync_info_file.hpp"
#include "libsql/replication/sync_v2_messages.hpp"
#include "libsql/replication/wal_index_file.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace libsql::replication;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto state = read_state(bytes);
    if (read_state(write_state(state)) != state) {
        std::abort();
    }
    if (const auto info = read_info(bytes)) {
        const auto again = read_info(write_info(*info));
        if (!again || *again != *info) {
            std::abort();
        }
    }
    static_cast<void>(read_hello(bytes));
    static_cast<void>(parse_log_id(bytes));
    static_cast<void>(read_current_generation(bytes));
    static_cast<void>(read_generation(bytes));
    static_cast<void>(read_push_reply(bytes));
    static_cast<void>(read_log_frame(bytes, 1));
    export_reader pages;
    for (std::size_t at = 0; at < bytes.size(); at += 1000) {
        const auto on_page = [](const frame& f) -> libsql::result<void> {
            if (f.content.size() != frame::page_size) {
                std::abort();
            }
            return {};
        };
        if (!pages.feed(bytes.substr(at, 1000), on_page)) {
            return 0;
        }
    }
    static_cast<void>(pages.finish());
    return 0;
}
