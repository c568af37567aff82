#pragma once

#include "libsql/replication/byte_collector.hpp"
#include "libsql/replication/grpc_status.hpp"
#include "libsql/replication/piecewise_reader.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Receives the messages of a gRPC-web reply. Returning false ends the reading.
class message_sink {
public:
    virtual bool message_begins(std::size_t size) = 0;

    /// A piece of the content of the message; the pieces add up to its `size` bytes.
    virtual bool message_content(std::string_view piece) = 0;
    virtual bool message_ends() = 0;

protected:
    message_sink() = default;
    message_sink(const message_sink&) = default;
    message_sink& operator=(const message_sink&) = default;
    ~message_sink() = default;
};

/// Decodes the body of a gRPC-web reply, in whatever pieces it arrives: messages, which are passed
/// on as they arrive because they can be huge, and the trailers with the status.
class grpc_web_reader final : public piecewise_reader {
public:
    explicit grpc_web_reader(message_sink& to) noexcept : to_(to) { head_.expect(head_size); }

    /// The status in the trailers; none before they have arrived.
    [[nodiscard]] const std::optional<grpc_status>& status() const noexcept { return status_; }

private:
    static constexpr std::size_t head_size = 5;

    enum class part : unsigned char { head, message, trailers, end };

    bool feed_part(std::string_view& bytes) override;
    bool read_head(std::string_view head);

    message_sink& to_;
    part part_{part::head};
    byte_collector head_;
    byte_collector trailers_;
    std::size_t left_{0};  ///< of the message
    std::optional<grpc_status> status_;
};

/// A message as part of the body of a request.
std::string grpc_message(std::string_view content);

}  // namespace libsql::replication
