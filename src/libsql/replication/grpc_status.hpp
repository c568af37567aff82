#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// How a gRPC call ended.
struct grpc_status {
    static constexpr int ok = 0;
    static constexpr int permission_denied = 7;
    static constexpr int failed_precondition = 9;
    static constexpr int internal = 13;
    static constexpr int unavailable = 14;
    static constexpr int unauthenticated = 16;

    int code{ok};
    std::string message{};

    [[nodiscard]] bool is_ok() const noexcept { return code == ok; }

    /// The server does not know the session: shake hands again.
    [[nodiscard]] bool is_no_hello() const noexcept;

    /// The log no longer has the frame that was asked for: ask for a snapshot.
    [[nodiscard]] bool needs_snapshot() const noexcept;

    /// It may go better in a moment; for instance a snapshot that is still being made.
    [[nodiscard]] bool is_temporary() const noexcept { return code == unavailable; }
};

/// The status in the trailers of a reply: lines "name: value". None if there is no status.
std::optional<grpc_status> read_trailers(std::string_view text);

/// The status of the headers `grpc-status` and `grpc-message` (decoded); none without a number.
std::optional<grpc_status> read_status(std::string_view code, std::string_view message);

/// The error for a status that is not ok.
error status_error(const grpc_status& status);

}  // namespace libsql::replication
