#include "libsql/core/server_url.hpp"

#include "libsql/core/ascii_case.hpp"

#include <algorithm>
#include <charconv>

namespace libsql::detail {

namespace {

error invalid(std::string_view why) {
    return error(error_kind::invalid_argument, "option uri: " + std::string(why));
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65535;
}

/// Only an IPv6 address may be in brackets.
bool has_stray_bracket(std::string_view host) noexcept {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    return host.find_first_of("[]") != std::string_view::npos;
}

/// Removes `tls=0` and `tls=1` from the query and keeps the other parameters. False if `tls` has
/// another value.
bool take_tls(std::string& query, bool& secure) {
    std::string kept;
    std::string_view left(query);
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('&'), left.size());
        const std::string_view one = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (one == "tls=0" || one == "tls=1") {
            secure = one == "tls=1";
        } else if (one.starts_with("tls=")) {
            return false;
        } else if (!one.empty()) {
            kept += kept.empty() ? "" : "&";
            kept += one;
        }
    }
    query = std::move(kept);
    return true;
}

}  // namespace

result<server_url> parse_server_url(std::string_view text) {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) {
        return invalid("the scheme is missing; use libsql://, https:// or http://");
    }
    const std::string scheme = to_lower(text.substr(0, colon));
    server_url out;
    if (scheme == "http" || scheme == "ws") {
        out.secure = false;
    } else if (scheme != "libsql" && scheme != "https" && scheme != "wss") {
        return invalid("the scheme must be libsql, https, http, wss or ws");
    }
    text.remove_prefix(colon + 3);
    if (std::any_of(text.begin(), text.end(),
                    [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '\\'; })) {
        return invalid("it contains a space, a backslash or a control character");
    }
    if (text.find('#') != std::string_view::npos) {
        return invalid("a server's URL cannot have a fragment (#)");
    }
    const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
    const std::string_view authority = text.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos) {
        return invalid("it contains a user or a password; use the option auth_token instead");
    }
    // An IPv6 host contains colons, so the port is searched for after its brackets.
    const std::size_t bracket = authority.rfind(']');
    const std::size_t port_at =
        authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const std::string_view host = authority.substr(0, port_at);
    if (host.empty()) {
        return invalid("the host is missing");
    }
    if (has_stray_bracket(host)) {
        return invalid("it contains a bracket that does not enclose an IPv6 address");
    }
    if (port_at != std::string_view::npos && !is_port(authority.substr(port_at + 1))) {
        return invalid("the port must be a number from 1 to 65535");
    }
    text.remove_prefix(authority_end);
    const std::size_t query_at = std::min(text.find('?'), text.size());
    std::string_view path = text.substr(0, query_at);
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    std::string query(query_at < text.size() ? text.substr(query_at + 1) : std::string_view());
    if (to_lower(query).find("authtoken=") != std::string::npos) {
        return invalid("it contains a token; use the option auth_token instead");
    }
    bool secure = out.secure;
    if (scheme == "libsql" && !take_tls(query, secure)) {
        return invalid("tls must be 0 or 1");
    }
    out.secure = secure;
    out.host = to_lower(host);
    out.base = (out.secure ? "https://" : "http://") + to_lower(authority) + std::string(path);
    out.query = query.empty() ? "" : "?" + query;
    return out;
}

std::string origin_of(std::string_view url) {
    const std::size_t colon = std::min(url.find("://"), url.size());
    const std::string scheme = to_lower(url.substr(0, colon));
    url.remove_prefix(std::min(colon + 3, url.size()));
    std::string authority = to_lower(url.substr(0, url.find_first_of("/?#")));
    const std::size_t bracket = authority.rfind(']');
    if (authority.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos) {
        authority += scheme == "https" ? ":443" : ":80";
    }
    return scheme + "://" + authority;
}

}  // namespace libsql::detail
