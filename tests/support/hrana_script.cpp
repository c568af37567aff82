#include "support/hrana_script.hpp"

#include <array>

namespace libsql::testing {
namespace {

constexpr std::string_view one_row =
    R"({"cols":[{"name":"x","decltype":null}],"rows":[[{"type":"integer","value":"42"}]],)"
    R"("affected_row_count":0,"last_insert_rowid":null,"replication_index":null,"rows_read":0,)"
    R"("rows_written":0})";

std::string quoted_or_null(std::string_view text) {
    return text.empty() ? "null" : '"' + std::string(text) + '"';
}

std::size_t count(std::string_view text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + 1)) {
        ++n;
    }
    return n;
}

std::string batch_result(std::size_t steps) {
    std::string results;
    std::string errors;
    for (std::size_t i = 0; i < steps; ++i) {
        results += (i > 0 ? "," : "") + std::string(one_row);
        errors += i > 0 ? ",null" : "null";
    }
    return R"({"step_results":[)" + results + R"(],"step_errors":[)" + errors + "]}";
}

/// The response to the request in `one`, the text up to the next request.
std::string response_to(std::string_view type, std::string_view one, bool autocommit) {
    const std::string begin = R"({"type":")" + std::string(type) + '"';
    if (type == "execute") {
        return begin + R"(,"result":)" + std::string(one_row) + "}";
    }
    if (type == "batch") {
        return begin + R"(,"result":)" + batch_result(count(one, R"("stmt":)")) + "}";
    }
    if (type == "describe") {
        return begin +
               R"(,"result":{"params":[],"cols":[],"is_explain":false,"is_readonly":true}})";
    }
    if (type == "get_autocommit") {
        return begin + R"(,"is_autocommit":)" + (autocommit ? "true}" : "false}");
    }
    return begin + "}";
}

}  // namespace

std::string hrana_reply_to(std::string_view request, bool autocommit, std::string_view baton) {
    std::string out = R"({"baton":)" + quoted_or_null(baton) + R"(,"base_url":null,"results":[)";
    constexpr std::array types{"close",    "execute",        "batch",
                               "describe", "get_autocommit", "close_sql"};
    const auto find_next = [&](std::size_t from, std::string_view& type) {
        std::size_t first = std::string_view::npos;
        for (const std::string_view t : types) {
            const std::size_t at = request.find(R"({"type":")" + std::string(t) + '"', from);
            if (at < first) {
                first = at;
                type = t;
            }
        }
        return first;
    };
    std::string_view type;
    for (std::size_t at = find_next(0, type); at != std::string_view::npos;) {
        std::string_view following;
        const std::size_t next = find_next(at + 1, following);
        out += out.ends_with('[') ? "" : ",";
        out += R"({"type":"ok","response":)";
        out += response_to(type, request.substr(at, next - at), autocommit) + "}";
        at = next;
        type = following;
    }
    return out + "]}";
}

std::string hrana_cursor_reply(std::string_view baton) {
    return R"({"baton":)" + quoted_or_null(baton) +
           R"(,"base_url":null})"
           "\n"
           R"({"type":"step_begin","step":0,"cols":[{"name":"x","decltype":"INTEGER"}]})"
           "\n"
           R"({"type":"row","row":[{"type":"integer","value":"1"}]})"
           "\n"
           R"({"type":"row","row":[{"type":"integer","value":"2"}]})"
           "\n"
           R"({"type":"row","row":[{"type":"integer","value":"3"}]})"
           "\n"
           R"({"type":"step_end","affected_row_count":0,"last_insert_rowid":null})"
           "\n"
           R"({"type":"replication_index","replication_index":1})"
           "\n";
}

scripted_reply hrana_server_says(const scripted_request& request) {
    if (request.method == "GET") {
        return reply_with(200, "Hello");
    }
    const auto says = [&](std::string_view text) {
        return request.body.find(text) != std::string::npos;
    };
    const bool has_baton = !says(R"({"baton":null)");
    if (request.target.ends_with("/cursor")) {
        return reply_with(200, hrana_cursor_reply(has_baton ? "b" : ""));
    }
    const bool ends = says("COMMIT") || says("ROLLBACK") || says(R"({"type":"close"})");
    const bool open = !ends && (has_baton || says("BEGIN"));
    const bool closed = says(R"({"type":"close"})");
    return reply_with(200, hrana_reply_to(request.body, !open, closed ? "" : "b"));
}

}  // namespace libsql::testing
