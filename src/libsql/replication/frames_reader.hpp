#pragma once

#include "libsql/replication/byte_collector.hpp"
#include "libsql/replication/frame.hpp"
#include "libsql/replication/grpc_web.hpp"
#include "libsql/replication/piecewise_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Receives the frames of a reply, each as soon as it is complete. Returning false ends the
/// reading.
class frame_sink {
public:
    virtual bool on_frame(const frame& f) = 0;

protected:
    frame_sink() = default;
    frame_sink(const frame_sink&) = default;
    frame_sink& operator=(const frame_sink&) = default;
    ~frame_sink() = default;
};

/// Reads frames out of messages. Each message is one `Frame` (in a snapshot), or `Frames`, which
/// contains any number of them (a batch of the log; one transaction can make it as large as the
/// database). Memory: one frame.
class frames_reader final : public message_sink, private piecewise_reader {
public:
    enum class message : unsigned char { frame, frames };

    frames_reader(message kind, frame_sink& to) noexcept : kind_(kind), to_(to) {}

    bool message_begins(std::size_t size) override;

    bool message_content(std::string_view piece) override { return feed(piece); }

    bool message_ends() override;

    /// True if a message does not contain frames, or a frame does not contain a page.
    using piecewise_reader::is_malformed;

private:
    enum class part : unsigned char { tag, scalar, size, frame, skipped };

    bool feed_part(std::string_view& bytes) override;
    bool on_varint(std::uint64_t value);
    bool on_field(std::string_view bytes);
    bool expect_frame(std::size_t size);
    void expect_varint(part next) noexcept;

    message kind_;
    frame_sink& to_;
    part part_{part::tag};
    bool of_frame_{false};  ///< the field whose size is being read is a frame
    std::string varint_;
    byte_collector field_;
    std::size_t skip_{0};
};

}  // namespace libsql::replication
