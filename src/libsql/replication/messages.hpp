#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Identifies a log: a UUID, as its 16 bytes in the order of its text.
struct log_id {
    std::array<unsigned char, 16> bytes{};

    bool operator==(const log_id&) const = default;
};

/// Parses the text form of a UUID, with or without dashes.
std::optional<log_id> parse_log_id(std::string_view text) noexcept;

/// What the primary says about itself.
struct hello {
    replication::log_id log{};
    std::string session{};                  ///< to be sent with the other calls
    std::optional<std::uint64_t> newest{};  ///< the log's last frame; none: there is no data yet
};

/// The request `Hello`.
std::string write_hello_request();

/// Decodes its response; none if it is malformed, or has no log id or no session.
std::optional<hello> read_hello(std::string_view message);

/// The request `LogOffset`: frames from `next` on.
std::string write_log_offset(std::uint64_t next);

}  // namespace libsql::replication
