#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace libsql::testing {

struct http_answer {
    long status{0};  ///< 0: there was no reply
    std::string body{};
};

/// Sends a request to a server without using the driver; `body` may be empty. Headers are "name:
/// value". Waits at most 30 s.
http_answer ask(const std::string& method, const std::string& url, const std::string& body = {},
                const std::vector<std::string>& headers = {});

}  // namespace libsql::testing
