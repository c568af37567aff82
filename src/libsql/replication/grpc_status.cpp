#include "libsql/replication/grpc_status.hpp"

#include "libsql/core/ascii_case.hpp"

#include <algorithm>
#include <charconv>

namespace libsql::replication {

namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ') || text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    return text;
}

/// A message is percent-encoded UTF-8. Invalid escapes are left unchanged.
std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size()) {
            const char* const from = text.data() + i + 1;
            const auto [end, failed] = std::from_chars(from, from + 2, byte, 16);
            if (failed == std::errc() && end == from + 2) {
                out += static_cast<char>(byte);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

}  // namespace

bool grpc_status::is_no_hello() const noexcept {
    return code == failed_precondition && message.find("NO_HELLO") != std::string::npos;
}

bool grpc_status::needs_snapshot() const noexcept {
    return code == failed_precondition && message.find("NEED_SNAPSHOT") != std::string::npos;
}

std::optional<grpc_status> read_status(std::string_view code, std::string_view message) {
    int number = 0;
    const auto [end, failed] = std::from_chars(code.data(), code.data() + code.size(), number);
    if (failed != std::errc() || end != code.data() + code.size() || number < 0) {
        return std::nullopt;
    }
    return grpc_status{number, std::string(message)};
}

std::optional<grpc_status> read_trailers(std::string_view text) {
    std::string_view code;
    std::string message;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (equals_ignoring_case(name, "grpc-status")) {
            code = value;
        } else if (equals_ignoring_case(name, "grpc-message")) {
            message = decode(value);
        }
    }
    return read_status(code, message);
}

error status_error(const grpc_status& status) {
    error_kind kind = error_kind::protocol;
    if (status.is_temporary()) {
        kind = error_kind::network;
    } else if (status.code == grpc_status::unauthenticated ||
               status.code == grpc_status::permission_denied ||
               // sqld reports a missing token as an internal error.
               (status.code == grpc_status::internal &&
                status.message.find("uthorization header") != std::string::npos)) {
        kind = error_kind::authentication;
    }
    return error(kind, "the primary refused the sync: " +
                           (status.message.empty() ? "gRPC status " + std::to_string(status.code)
                                                   : status.message));
}

}  // namespace libsql::replication
