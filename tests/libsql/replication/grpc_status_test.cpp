#include "libsql/replication/grpc_status.hpp"

#include <gtest/gtest.h>

namespace libsql::replication {
namespace {

TEST(grpc_status, is_read_from_trailers) {
    const auto status = read_trailers("grpc-status:14\r\ngrpc-message:snapshot%20not%20found\r\n");
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 14);
    EXPECT_EQ(status->message, "snapshot not found");
    EXPECT_TRUE(status->is_temporary());
}

TEST(grpc_status, ignores_case_spaces_and_other_trailers) {
    const auto status = read_trailers("x: y\nGrpc-Status: 0\nanything\n");
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->is_ok());
}

TEST(grpc_status, is_empty_without_a_number) {
    EXPECT_FALSE(read_trailers(""));
    EXPECT_FALSE(read_trailers("grpc-message:x\r\n"));
    EXPECT_FALSE(read_trailers("grpc-status:\r\n"));
    EXPECT_FALSE(read_trailers("grpc-status:1x\r\n"));
    EXPECT_FALSE(read_status("-1", ""));
    EXPECT_FALSE(read_status("", ""));
    EXPECT_FALSE(read_status("99999999999999", ""));
}

TEST(grpc_status, keeps_invalid_percent_codes_in_a_message) {
    EXPECT_EQ(read_trailers("grpc-status:2\ngrpc-message:100%, %zz %4\n")->message, "100%, %zz %4");
    EXPECT_EQ(read_trailers("grpc-status:2\ngrpc-message:%C3%a9\n")->message, "\xC3\xA9");
}

TEST(grpc_status, recognises_no_hello_and_need_snapshot) {
    EXPECT_TRUE(read_status("9", "NO_HELLO")->is_no_hello());
    EXPECT_TRUE(read_status("9", "NEED_SNAPSHOT")->needs_snapshot());
    EXPECT_FALSE(read_status("9", "NEED_SNAPSHOT")->is_no_hello());
    EXPECT_FALSE(read_status("13", "NO_HELLO")->is_no_hello());
}

TEST(grpc_status, becomes_an_error_of_the_matching_kind) {
    EXPECT_EQ(status_error({16, "AuthError: The JWT is invalid"}).kind(),
              error_kind::authentication);
    EXPECT_EQ(status_error({13, "Error parsing auth header: Expected authorization header"}).kind(),
              error_kind::authentication);
    EXPECT_EQ(status_error({14, ""}).kind(), error_kind::network);
    EXPECT_EQ(status_error({9, "NAMESPACE_DOESNT_EXIST"}).kind(), error_kind::protocol);
    EXPECT_NE(status_error({9, "NAMESPACE_DOESNT_EXIST"}).message().find("NAMESPACE_DOESNT_EXIST"),
              std::string::npos);
    EXPECT_NE(status_error({2, ""}).message().find("2"), std::string::npos);
}

}  // namespace
}  // namespace libsql::replication
