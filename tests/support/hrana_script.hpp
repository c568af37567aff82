#pragma once

#include "support/scripted_server.hpp"

#include <string>
#include <string_view>

namespace libsql::testing {

/// What a server says in JSON that has no fault: `body` of a pipeline's reply, in which each
/// statement gave one row with one column, 42. `baton` is none if it is empty.
std::string hrana_reply_to(std::string_view request, bool autocommit = true,
                           std::string_view baton = {});

/// The reply to a cursor: three rows 1, 2, 3.
std::string hrana_cursor_reply(std::string_view baton = {});

/// The whole reply to `request` of such a server, whose transactions are open from BEGIN on to
/// COMMIT or ROLLBACK: it remembers nothing but the baton.
scripted_reply hrana_server_says(const scripted_request& request);

}  // namespace libsql::testing
