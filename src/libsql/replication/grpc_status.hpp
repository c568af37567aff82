#pragma once

#include <libsql/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// The outcome of a gRPC call.
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

    /// True if the server does not know the session: repeat the handshake.
    [[nodiscard]] bool is_no_hello() const noexcept;

    /// True if the log no longer has the requested frame: ask for a snapshot.
    [[nodiscard]] bool needs_snapshot() const noexcept;

    /// True if a retry may succeed, for instance while a snapshot is still being made.
    [[nodiscard]] bool is_temporary() const noexcept { return code == unavailable; }
};

/// The status in the trailers of a reply, which are lines "name: value"; none if it is missing.
std::optional<grpc_status> read_trailers(std::string_view text);

/// The status in the headers `grpc-status` and `grpc-message` (decoded); none without a number.
std::optional<grpc_status> read_status(std::string_view code, std::string_view message);

/// The error for a status that is not ok.
error status_error(const grpc_status& status);

}  // namespace libsql::replication
