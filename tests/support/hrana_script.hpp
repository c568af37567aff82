#pragma once

#include "support/scripted_server.hpp"

#include <string>
#include <string_view>

namespace libsql::testing {

/// A correct JSON reply of a server: the body of the reply to a pipeline, in which each statement
/// returned one row with one column, 42. An empty `baton` means none.
std::string hrana_reply_to(std::string_view request, bool autocommit = true,
                           std::string_view baton = {});

/// The reply to a cursor with the three rows 1, 2, 3.
std::string hrana_cursor_reply(std::string_view baton = {});

/// The complete reply of such a server to `request`. Its transactions are open from BEGIN to COMMIT
/// or ROLLBACK; its only state is the baton.
scripted_reply hrana_server_says(const scripted_request& request);

}  // namespace libsql::testing
