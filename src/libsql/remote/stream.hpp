#pragma once

#include "libsql/remote/hrana.hpp"
#include "libsql/remote/http_session.hpp"
#include "libsql/remote/server_url.hpp"

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace libsql::remote {

/// One Hrana stream: requests to a server that belong to one connection there. It is open on the
/// server between a reply that carries a baton and the one that does not.
///
/// Whatever fails as a whole (no reply, a reply that is not 200, one that cannot be read) ends the
/// stream: the server has rolled back what was open in it, or will within seconds.
class stream {
public:
    stream(server_url where, std::string token, http_options how);

    /// Sends requests, in order, in one round trip. The reply has a result for each.
    result<hrana::reply> send(std::span<const hrana::request> requests, deadline until);

    /// The server holds state for it: a transaction, or what was not closed.
    [[nodiscard]] bool is_open() const noexcept { return baton_.has_value(); }

    /// Forgets it; the server lets go of its side after some seconds.
    void forget() noexcept;

    /// Ends the request that is on its way. From any thread.
    void interrupt() noexcept { http_.interrupt(); }

private:
    server_url where_;
    std::vector<std::string> headers_;
    http_session http_;
    std::optional<std::string> baton_;
    std::optional<std::string> base_url_;
};

}  // namespace libsql::remote
