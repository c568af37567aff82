#pragma once

#include "libsql/replication/frame.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The newer sync protocol as bytes: requests and replies.
namespace libsql::replication {

/// The number of frames requested or sent at once.
constexpr std::uint32_t frames_per_request = 128;

/// The path of `count` frames from `first` on. A push that continues another one carries the baton
/// given by the server.
std::string path_of_frames(std::uint32_t generation, std::uint32_t first, std::uint32_t count,
                           std::string_view baton = {});

/// The path of the database as it was when the generation began.
std::string path_of_export(std::uint32_t generation);

/// `{"current_generation": n}`; none for anything else.
std::optional<std::uint32_t> read_current_generation(std::string_view json);

/// `{"generation": n}`: the answer to a request for frames that do not exist. None for anything
/// else.
std::optional<std::uint32_t> read_generation(std::string_view json);

struct push_reply {
    bool conflict{false};  ///< the server has other frames there
    std::uint32_t generation{0};
    std::uint32_t last{0};  ///< the last frame of the server
    std::string baton{};    ///< for the next push; may be empty
};

/// None for anything that is not the answer to a push.
std::optional<push_reply> read_push_reply(std::string_view json);

/// Reads a frame in the format of SQLite's log; none if there are not exactly `frame::size` bytes,
/// or the page number is 0.
std::optional<frame> read_log_frame(std::string_view bytes, std::uint64_t number) noexcept;

/// `bytes` as a big-endian number; at most 8 bytes.
std::uint64_t read_big_endian(std::string_view bytes) noexcept;

/// Splits a database file that arrives in pieces of any size into pages. Memory: one page.
class export_reader {
public:
    /// Takes pages from `bytes`. `protocol` if this cannot become a database with pages of 4096
    /// bytes; or the error of `on_page`.
    template <class OnPage>
    result<void> feed(std::string_view bytes, OnPage&& on_page) {
        while (!bytes.empty()) {
            const std::size_t more = std::min(frame::page_size - page_.size(), bytes.size());
            page_.append(bytes.substr(0, more));
            bytes.remove_prefix(more);
            if (page_.size() < frame::page_size) {
                return {};
            }
            if (auto fits = check_page(); !fits) {
                return fits;
            }
            if (auto taken = on_page(frame{.page = pages_, .content = page_}); !taken) {
                return taken;
            }
            page_.clear();
        }
        return {};
    }

    /// Call at the end. `protocol` if a part is missing.
    [[nodiscard]] result<void> finish() const;

    /// The number of pages so far.
    [[nodiscard]] std::uint32_t pages() const noexcept { return pages_; }

    /// The expected number of pages; 0 if the file does not say.
    [[nodiscard]] std::uint32_t expected() const noexcept { return expected_; }

private:
    result<void> check_page();

    std::string page_;
    std::uint32_t pages_{0};
    std::uint32_t expected_{0};
};

}  // namespace libsql::replication
