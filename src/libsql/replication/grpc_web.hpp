#pragma once

#include "libsql/replication/byte_collector.hpp"
#include "libsql/replication/grpc_status.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Who gets the messages of a gRPC-web reply. False ends the reading.
class message_sink {
public:
    virtual bool message_begins(std::size_t size) = 0;

    /// A piece of the message's content; all pieces together are its `size` bytes.
    virtual bool message_content(std::string_view piece) = 0;
    virtual bool message_ends() = 0;

protected:
    message_sink() = default;
    message_sink(const message_sink&) = default;
    message_sink& operator=(const message_sink&) = default;
    ~message_sink() = default;
};

/// Reads the body of a gRPC-web reply, in whatever pieces it comes: messages, which are handed on
/// as they come because they can be huge, and the trailers with the status.
class grpc_web_reader {
public:
    explicit grpc_web_reader(message_sink& to) noexcept : to_(to) { head_.expect(head_size); }

    /// False: it is malformed, or the sink has had enough.
    bool feed(std::string_view bytes);

    [[nodiscard]] bool is_malformed() const noexcept { return malformed_; }

    /// The status in the trailers; none before they have come.
    [[nodiscard]] const std::optional<grpc_status>& status() const noexcept { return status_; }

private:
    static constexpr std::size_t head_size = 5;

    enum class part : unsigned char { head, message, trailers, end };

    bool malformed() noexcept;
    bool feed_part(std::string_view& bytes);
    bool read_head(std::string_view head);

    message_sink& to_;
    part part_{part::head};
    byte_collector head_;
    byte_collector trailers_;
    std::size_t left_{0};  ///< of the message
    bool malformed_{false};
    std::optional<grpc_status> status_;
};

/// A message as it goes into the body of a request.
std::string grpc_message(std::string_view content);

}  // namespace libsql::replication
