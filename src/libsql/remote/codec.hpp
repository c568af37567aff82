#pragma once

#include "libsql/remote/hrana.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace libsql::remote {

/// Reads what a cursor sends, in whatever pieces it comes: bytes in, entries out.
class cursor_reader {
public:
    cursor_reader(const cursor_reader&) = delete;
    cursor_reader& operator=(const cursor_reader&) = delete;
    virtual ~cursor_reader() = default;

    /// To be appended to as bytes come; what was read is taken away at its beginning.
    std::string& input() noexcept { return input_; }

    /// No more bytes will come.
    void end() noexcept { ended_ = true; }

    /// The next entry; none when more bytes are needed, or at the end. `protocol` for anything that
    /// is not one, and for an end in the middle of one.
    virtual result<std::optional<hrana::cursor_entry>> next() = 0;

protected:
    cursor_reader() = default;

    [[nodiscard]] std::string_view unread() const noexcept {
        return std::string_view(input_).substr(read_);
    }

    void take(std::size_t size) noexcept { read_ += size; }

    /// More bytes are needed: makes room for them.
    void drop_read() {
        input_.erase(0, read_);
        read_ = 0;
    }

    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    std::string input_;
    std::size_t read_{0};
    bool ended_{false};
};

/// One way to write Hrana's messages. Stateless; any thread.
class codec {
public:
    codec(const codec&) = delete;
    codec& operator=(const codec&) = delete;

    /// Where a server that speaks it answers: "/v3".
    [[nodiscard]] virtual std::string_view path() const noexcept = 0;

    [[nodiscard]] virtual std::string_view content_type() const noexcept = 0;

    /// Writes a pipeline of requests. `invalid_argument` for what cannot be carried.
    [[nodiscard]] virtual result<std::string> write_pipeline(
        std::optional<std::string_view> baton, std::span<const hrana::request> requests) const = 0;

    /// Writes the request for a cursor over a batch.
    [[nodiscard]] virtual result<std::string> write_cursor(
        std::optional<std::string_view> baton, const hrana::batch_request& batch) const = 0;

    /// Reads the reply to a pipeline of `requests`. `protocol` for anything that is not one.
    [[nodiscard]] virtual result<hrana::reply> read_pipeline(
        std::string body, std::span<const hrana::request> requests) const = 0;

    [[nodiscard]] virtual std::unique_ptr<cursor_reader> read_cursor() const = 0;

    /// Reads the body of a reply that is not 200: an error in this format, in JSON, or any text.
    [[nodiscard]] virtual hrana::failure read_refusal(std::string body) const = 0;

protected:
    codec() = default;
    ~codec() = default;
};

const codec& json_codec() noexcept;
const codec& protobuf_codec() noexcept;

/// The error of a codec that reads what is not a reply, and why.
error not_a_reply(std::string_view why);

}  // namespace libsql::remote
