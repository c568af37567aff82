#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace libsql::testing {

struct http_answer {
    long status{0};  ///< 0: there is none
    std::string body{};
};

/// Asks a server directly, without the driver: `method` `url`, with `body` if there is one. Headers
/// are "name: value". Waits 30 s at most.
http_answer ask(const std::string& method, const std::string& url, const std::string& body = {},
                const std::vector<std::string>& headers = {});

}  // namespace libsql::testing
