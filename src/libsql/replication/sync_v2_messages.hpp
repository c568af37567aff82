#pragma once

#include "libsql/replication/frame.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The newer sync protocol as bytes: what is asked for and what comes back.
namespace libsql::replication {

/// How many frames are asked for, or sent, at once.
constexpr std::uint32_t frames_per_request = 128;

/// The path of the frames from `first` on, `count` of them. A push that goes on shows the baton
/// that the server gave.
std::string path_of_frames(std::uint32_t generation, std::uint32_t first, std::uint32_t count,
                           std::string_view baton = {});

/// The path of the database as it was when the generation began.
std::string path_of_export(std::uint32_t generation);

/// `{"current_generation": n}`; none for what is not that.
std::optional<std::uint32_t> read_current_generation(std::string_view json);

/// `{"generation": n}`: the answer to a request for frames that there are none of. None for what is
/// not that.
std::optional<std::uint32_t> read_generation(std::string_view json);

struct push_reply {
    bool conflict{false};  ///< other frames are there
    std::uint32_t generation{0};
    std::uint32_t last{0};  ///< the server's last frame
    std::string baton{};    ///< for the next push; may be empty
};

/// None for what is not the answer to a push.
std::optional<push_reply> read_push_reply(std::string_view json);

/// Reads a frame as SQLite's log has it; none if there are not exactly `frame::size` bytes, or it
/// is of no page.
std::optional<frame> read_log_frame(std::string_view bytes, std::uint64_t number) noexcept;

/// `bytes` as a number, the highest first; at most 8.
std::uint64_t read_big_endian(std::string_view bytes) noexcept;

/// Reads the pages of a database file as it comes, in pieces of any size. Memory is that of a page.
class export_reader {
public:
    /// Takes pages from `bytes`. `protocol` when this cannot become a database with pages of 4096
    /// bytes; or what `on_page` failed with.
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

    /// That was all. `protocol` when a part is missing.
    [[nodiscard]] result<void> finish() const;

    /// The pages until now.
    [[nodiscard]] std::uint32_t pages() const noexcept { return pages_; }

    /// How many there will be; 0 if it does not say.
    [[nodiscard]] std::uint32_t expected() const noexcept { return expected_; }

private:
    result<void> check_page();

    std::string page_;
    std::uint32_t pages_{0};
    std::uint32_t expected_{0};
};

}  // namespace libsql::replication
