#include "libsql/core/server_url.hpp"

#include "support/outcome.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace libsql::detail {
namespace {

using testing::failed_with;
using testing::succeeded;

std::string pipeline(std::string_view url) {
    auto parsed = parse_server_url(url);
    EXPECT_TRUE(succeeded(parsed)) << url;
    return parsed ? parsed->at("/v3/pipeline") : "";
}

TEST(server_url, schemes_choose_http_or_https) {
    for (const auto& [scheme, secure] :
         {std::pair("libsql", true), std::pair("https", true), std::pair("http", false),
          std::pair("wss", true), std::pair("ws", false), std::pair("LibSQL", true)}) {
        const std::string text = std::string(scheme) + "://DB.Example.org";
        EXPECT_EQ(pipeline(text),
                  std::string(secure ? "https" : "http") + "://db.example.org/v3/pipeline");
        EXPECT_EQ(parse_server_url(text)->secure, secure) << text;
    }
}

TEST(server_url, the_origin_identifies_the_server) {
    const auto mine = origin_of("https://db.example.org");
    for (const char* const same : {"https://db.example.org/a?b", "HTTPS://DB.example.org:443",
                                   "https://db.example.org?x", "https://db.example.org/@other"}) {
        EXPECT_EQ(origin_of(same), mine) << same;
    }
    for (const char* const other :
         {"http://db.example.org", "https://db.example.org:444", "https://example.org",
          "https://db.example.org.evil", "https://evil@db.example.org", "db.example.org", ""}) {
        EXPECT_NE(origin_of(other), mine) << other;
    }
    EXPECT_EQ(origin_of("http://[::1]/x"), origin_of("http://[::1]:80"));
}

TEST(server_url, invalid_schemes_are_refused) {
    for (const char* const text : {"", "db.example.org", "127.0.0.1:8080", "file:a.db", "a:b",
                                   "libsql:/a", "libsql:a", "//a"}) {
        EXPECT_TRUE(failed_with(parse_server_url(text), error_kind::invalid_argument,
                                "the scheme is missing"))
            << text;
    }
    for (const char* const text : {"ftp://a", "file:///a", "://a", "httpss://a", " http://a"}) {
        EXPECT_TRUE(failed_with(parse_server_url(text), error_kind::invalid_argument,
                                "the scheme must be libsql"))
            << text;
    }
}

TEST(server_url, hosts_and_ports_are_read) {
    EXPECT_EQ(pipeline("http://127.0.0.1:8080"), "http://127.0.0.1:8080/v3/pipeline");
    EXPECT_EQ(pipeline("http://[::1]"), "http://[::1]/v3/pipeline");
    EXPECT_EQ(pipeline("http://[FE80::1]:65535"), "http://[fe80::1]:65535/v3/pipeline");
    EXPECT_EQ(parse_server_url("http://Example.org:80")->host, "example.org");
    EXPECT_EQ(parse_server_url("http://[::1]:80")->host, "[::1]");
}

TEST(server_url, invalid_hosts_and_ports_are_refused) {
    for (const char* const text :
         {"http://", "http:///path", "http://?a=b", "http://:80", "http://::1"}) {
        EXPECT_TRUE(failed_with(parse_server_url(text), error_kind::invalid_argument,
                                "the host is missing"))
            << text;
    }
    for (const char* const text :
         {"http://a:", "http://a:0", "http://a:65536", "http://a:-1", "http://a:+1", "http://a:8x",
          "http://a:99999999999999999999", "http://a:80:90", "http://[::1]:"}) {
        EXPECT_TRUE(failed_with(parse_server_url(text), error_kind::invalid_argument, "the port"))
            << text;
    }
    for (const char* const text :
         {"http://[::1]x", "http://[::1]x:80", "http://x[::1]", "http://[]", "http://a]",
          "http://[::1]]:80", "http://[[::1]", "http://[::1"}) {
        EXPECT_TRUE(failed_with(parse_server_url(text), error_kind::invalid_argument, "bracket"))
            << text;
    }
}

TEST(server_url, paths_and_queries_are_kept) {
    EXPECT_EQ(pipeline("http://a/"), "http://a/v3/pipeline");
    EXPECT_EQ(pipeline("http://a/dev/One//"), "http://a/dev/One/v3/pipeline");
    EXPECT_EQ(pipeline("http://a?x=1&y=2"), "http://a/v3/pipeline?x=1&y=2");
    EXPECT_EQ(pipeline("http://a/p?x=1"), "http://a/p/v3/pipeline?x=1");
    EXPECT_EQ(pipeline("http://a?"), "http://a/v3/pipeline");
    EXPECT_EQ(pipeline("http://a?tls=0"), "http://a/v3/pipeline?tls=0");  // only libsql: knows it
}

TEST(server_url, the_parameter_tls_applies_to_the_scheme_libsql) {
    EXPECT_EQ(pipeline("libsql://a:8080?tls=0"), "http://a:8080/v3/pipeline");
    EXPECT_EQ(pipeline("libsql://a?tls=1"), "https://a/v3/pipeline");
    EXPECT_EQ(pipeline("libsql://a?x=1&tls=0&y=2"), "http://a/v3/pipeline?x=1&y=2");
    EXPECT_FALSE(parse_server_url("libsql://a?tls=0")->secure);
    EXPECT_TRUE(failed_with(parse_server_url("libsql://a?tls=no"), error_kind::invalid_argument,
                            "tls must be 0 or 1"));
    EXPECT_TRUE(failed_with(parse_server_url("libsql://a?tls="), error_kind::invalid_argument,
                            "tls must be 0 or 1"));
}

TEST(server_url, users_tokens_fragments_and_control_characters_are_refused) {
    EXPECT_TRUE(failed_with(parse_server_url("https://user:secret@a"), error_kind::invalid_argument,
                            "auth_token"));
    EXPECT_TRUE(failed_with(parse_server_url("https://a?authToken=secret"),
                            error_kind::invalid_argument, "auth_token"));
    EXPECT_TRUE(failed_with(parse_server_url("https://a?x=1&AUTHTOKEN=secret"),
                            error_kind::invalid_argument, "auth_token"));
    EXPECT_TRUE(
        failed_with(parse_server_url("https://a/#x"), error_kind::invalid_argument, "fragment"));
    for (const char* const text : {"https://a b", "https://a\tb", "https://a/\r\nx-header: 1",
                                   "https://a\x7f", "https://a\\b"}) {
        EXPECT_TRUE(
            failed_with(parse_server_url(text), error_kind::invalid_argument, "control character"))
            << text;
    }
    EXPECT_TRUE(failed_with(parse_server_url(std::string_view("https://a\0b", 11)),
                            error_kind::invalid_argument, "control character"));
}

TEST(server_url, errors_do_not_repeat_the_url) {
    for (const char* const text : {"s3cr3t", "s3cr3t://a", "https://s3cr3t@a", "https://a:s3cr3t",
                                   "https://a?authToken=s3cr3t", "libsql://a?tls=s3cr3t",
                                   "https://a#s3cr3t", "https://a s3cr3t"}) {
        const auto parsed = parse_server_url(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().to_string().find("s3cr3t"), std::string::npos);
    }
}

RC_GTEST_PROP(server_url, any_text_after_a_scheme_is_read_or_refused, (const std::string& rest)) {
    for (const char* const scheme : {"libsql://", "https://", "ws://"}) {
        const auto parsed = parse_server_url(scheme + rest);
        if (parsed) {
            RC_ASSERT(!parsed->host.empty());
            RC_ASSERT(!parsed->base.ends_with('/'));
            RC_ASSERT(parse_server_url(parsed->base + parsed->query).has_value());
        } else {
            RC_ASSERT(parsed.error().kind() == error_kind::invalid_argument);
        }
    }
}

}  // namespace
}  // namespace libsql::detail
