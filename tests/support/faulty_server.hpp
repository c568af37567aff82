#pragma once

#include "support/hrana_script.hpp"
#include "support/scripted_server.hpp"

#include <libsql/libsql.hpp>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace libsql::testing {

/// A server without a fault, but for requests whose body or target holds `where`: there it does
/// what `fault` says.
struct faulty_server {
    std::function<scripted_reply(const scripted_request&)> fault{hrana_server_says};
    std::string where{"fault"};
    std::atomic<int> faults{INT_MAX};  ///< how often
    scripted_server server{[this](const scripted_request& r) {
        const bool here =
            r.body.find(where) != std::string::npos || r.target.find(where) != std::string::npos;
        return here && faults.fetch_sub(1) > 0 ? fault(r) : hrana_server_says(r);
    }};

    [[nodiscard]] options how() const {
        return {.uri = server.url(), .wire_format = wire_format::json};
    }

    [[nodiscard]] connection connect() const { return connect(how()); }

    static connection connect(options chosen) {
        return database::open(std::move(chosen)).value().connect().value();
    }

    [[nodiscard]] std::size_t count(std::string_view text) const {
        std::size_t n = 0;
        for (const auto& r : server.requests()) {
            n += r.body.find(text) != std::string::npos ? 1U : 0U;
        }
        return n;
    }
};

/// A fault that is the same for each request.
inline auto always(scripted_reply reply) {
    return [reply = std::move(reply)](const scripted_request&) { return reply; };
}

/// Drops what was asked, but not before it was read.
inline scripted_reply broken() {
    return {.end = scripted_end::close};
}

/// Answers nothing, and keeps the connection open.
inline scripted_reply stalled() {
    return {.end = scripted_end::stall};
}

inline bool is_alive(connection& c) {
    return c.fetch_one<std::int64_t>("SELECT 42").value() == 42;
}

/// The time since `begin`.
inline std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
}

}  // namespace libsql::testing
