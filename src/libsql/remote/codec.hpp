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

/// Decodes the reply to a cursor, in whatever pieces it arrives: bytes in, entries out.
class cursor_reader {
public:
    cursor_reader(const cursor_reader&) = delete;
    cursor_reader& operator=(const cursor_reader&) = delete;
    virtual ~cursor_reader() = default;

    /// The buffer to append arriving bytes to. Bytes that were read are removed from its beginning.
    std::string& input() noexcept { return input_; }

    /// Call when no more bytes will arrive.
    void end() noexcept { ended_ = true; }

    /// The next entry; none if more bytes are needed, and at the end. `protocol` for anything else,
    /// including an end in the middle of an entry.
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

/// How messages are encoded. `invalid_argument` for what cannot be.
struct encoder {
    /// A pipeline of requests.
    result<std::string> (*write_pipeline)(std::optional<std::string_view> baton,
                                          std::span<const hrana::request> requests);

    /// The request for a cursor over a batch.
    result<std::string> (*write_cursor)(std::optional<std::string_view> baton,
                                        const hrana::batch_request& batch);
};

/// How replies are decoded. `protocol` for anything else.
struct decoder {
    /// The reply to a pipeline of `requests`.
    result<hrana::reply> (*read_pipeline)(std::string body,
                                          std::span<const hrana::request> requests);

    std::unique_ptr<cursor_reader> (*read_cursor)();

    /// The body of a reply other than 200: an error in this encoding, in JSON, or as any text.
    hrana::failure (*read_refusal)(std::string body);
};

/// An encoding of Hrana's messages. Stateless; may be used by any thread.
struct codec : encoder, decoder {
    std::string_view path;  ///< at which a server supports it: "/v3"
    std::string_view content_type;
};

const codec& json_codec() noexcept;
const codec& protobuf_codec() noexcept;

/// The error for something that is not a reply, and why it is not.
error not_a_reply(std::string_view why);

}  // namespace libsql::remote
