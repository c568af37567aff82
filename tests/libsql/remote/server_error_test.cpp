#include "libsql/remote/server_error.hpp"

#include "libsql/engine/engine.h"
#include "libsql/remote/hrana_json.hpp"
#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <string>

namespace libsql::remote {
namespace {

using testing::is_error;

TEST(server_error, codes_of_a_server_are_those_of_sqlite) {
    const auto busy = statement_error({"SQLite error: database is locked", "SQLITE_BUSY"}, "X");
    EXPECT_TRUE(is_error(busy, error_kind::busy));
    EXPECT_EQ(busy.message(), "database is locked");
    EXPECT_EQ(busy.code(), SQLITE_BUSY);
    EXPECT_EQ(busy.sql(), "X");
    EXPECT_EQ(busy.hrana_code(), "SQLITE_BUSY");
    EXPECT_TRUE(is_error(statement_error({"x", "SQLITE_READONLY"}, ""), error_kind::read_only));
    EXPECT_TRUE(is_error(statement_error({"x", "SQLITE_CORRUPT"}, ""), error_kind::corrupt));
    EXPECT_TRUE(is_error(statement_error({"x", "SQLITE_FULL"}, ""), error_kind::full));
    EXPECT_TRUE(is_error(statement_error({"x", "SQLITE_UNKNOWN"}, ""), error_kind::sql));
    const auto io = statement_error({"x", "SQLITE_IOERR"}, "COMMIT");
    EXPECT_TRUE(is_error(io, error_kind::io));
    EXPECT_EQ(io.outcome(), error_outcome::unknown);  // the disk may have it
    const auto memory = statement_error({"x", "SQLITE_NOMEM"}, "COMMIT");
    EXPECT_EQ(memory.outcome(), error_outcome::unknown);
}

/// docs/errors.md: a statement that fails is undone, but for what may have reached the disk.
TEST(server_error, each_code_of_sqlite_has_an_outcome) {
    struct expected {
        const char* code;
        error_kind kind;
        error_outcome outcome{error_outcome::undone};
    };

    for (const auto& [code, kind, outcome] :
         {expected{"SQLITE_ERROR", error_kind::sql},
          expected{"SQLITE_BUSY", error_kind::busy},
          expected{"SQLITE_LOCKED", error_kind::locked},
          expected{"SQLITE_FULL", error_kind::full},
          expected{"SQLITE_CORRUPT", error_kind::corrupt},
          expected{"SQLITE_READONLY", error_kind::read_only},
          expected{"SQLITE_PERM", error_kind::permission},
          expected{"SQLITE_AUTH", error_kind::permission},
          expected{"SQLITE_SCHEMA", error_kind::schema},
          expected{"SQLITE_MISUSE", error_kind::misuse},
          expected{"SQLITE_TOOBIG", error_kind::too_big},
          expected{"SQLITE_INTERRUPT", error_kind::interrupted},
          expected{"SQLITE_CONSTRAINT", error_kind::constraint},
          expected{"SQLITE_MISMATCH", error_kind::mismatch},
          expected{"SQLITE_NOTADB", error_kind::not_a_database},
          expected{"SQLITE_CANTOPEN", error_kind::cannot_open},
          expected{"SQLITE_IOERR", error_kind::io, error_outcome::unknown},
          expected{"SQLITE_NOMEM", error_kind::out_of_memory, error_outcome::unknown},
          expected{"RESPONSE_TOO_LARGE", error_kind::too_big, error_outcome::stands},
          expected{"TRANSACTION_BUSY", error_kind::busy, error_outcome::not_run},
          expected{"BLOCKED", error_kind::permission, error_outcome::not_run}}) {
        const auto why = statement_error({"x", code}, "UPDATE t SET x = 1");
        EXPECT_TRUE(is_error(why, kind)) << code;
        EXPECT_EQ(to_string(why.outcome()), to_string(outcome)) << code;
    }
}

TEST(server_error, an_extended_code_has_the_kind_of_its_primary_code) {
    const auto flush = statement_error({"x", "SQLITE_IOERR_FSYNC"}, "COMMIT");
    EXPECT_TRUE(is_error(flush, error_kind::io));
    EXPECT_EQ(flush.outcome(), error_outcome::unknown);
    EXPECT_TRUE(is_error(statement_error({"x", "SQLITE_BUSY_SNAPSHOT"}, ""), error_kind::busy));
}

TEST(server_error, an_unknown_code_does_not_say_that_nothing_ran) {
    const auto outcome_of = [](const char* code) {
        return statement_error({"x", code}, "").outcome();
    };
    EXPECT_EQ(outcome_of("SOMETHING_NEW"), error_outcome::unknown);
    EXPECT_EQ(outcome_of("SQLITE"), error_outcome::unknown);
    EXPECT_EQ(outcome_of(""), error_outcome::unknown);
    EXPECT_EQ(outcome_of("SQL_PARSE_ERROR"), error_outcome::not_run);
    EXPECT_EQ(outcome_of("SQL_INPUT_ERROR"), error_outcome::not_run);
}

TEST(server_error, constraint_errors_have_their_extended_codes) {
    const auto kind_of = [](std::string message, std::string extended = "") {
        return statement_error({std::move(message), "SQLITE_CONSTRAINT", std::move(extended)}, "")
            .extended_code();
    };
    EXPECT_EQ(kind_of("SQLite error: UNIQUE constraint failed: t.x"), SQLITE_CONSTRAINT_UNIQUE);
    EXPECT_EQ(kind_of("NOT NULL constraint failed: t.x"), SQLITE_CONSTRAINT_NOTNULL);
    EXPECT_EQ(kind_of("CHECK constraint failed: x > 1"), SQLITE_CONSTRAINT_CHECK);
    EXPECT_EQ(kind_of("FOREIGN KEY constraint failed"), SQLITE_CONSTRAINT_FOREIGNKEY);
    EXPECT_EQ(kind_of("cannot store TEXT value in INT column t.x"), SQLITE_CONSTRAINT_DATATYPE);
    EXPECT_EQ(kind_of("what a trigger says"), SQLITE_CONSTRAINT_TRIGGER);
    EXPECT_EQ(kind_of("constraint failed"), SQLITE_CONSTRAINT);
    EXPECT_EQ(kind_of("UNIQUE constraint failed: t.x", "SQLITE_CONSTRAINT_PRIMARYKEY"),
              SQLITE_CONSTRAINT_PRIMARYKEY);
    EXPECT_EQ(kind_of("UNIQUE constraint failed: t.x", "SQLITE_CONSTRAINT_OF_TOMORROW"),
              SQLITE_CONSTRAINT_UNIQUE);
}

TEST(server_error, errors_without_a_code_of_sqlite_have_a_kind) {
    const auto kind_of = [](const char* code) { return statement_error({"x", code}, "").kind(); };
    EXPECT_EQ(kind_of("TRANSACTION_TIMEOUT"), error_kind::transaction);
    EXPECT_EQ(kind_of("STREAM_EXPIRED"), error_kind::transaction);
    EXPECT_EQ(kind_of("TRANSACTION_BUSY"), error_kind::busy);
    EXPECT_EQ(kind_of("ARGS_INVALID"), error_kind::invalid_argument);
    EXPECT_EQ(kind_of("RESPONSE_TOO_LARGE"), error_kind::too_big);
    EXPECT_TRUE(is_error(
        statement_error(
            {"Arguments do not match SQL parameters: string or blob too big", "ARGS_INVALID"}, ""),
        error_kind::too_big));
    EXPECT_EQ(kind_of("BLOCKED"), error_kind::permission);
    EXPECT_EQ(kind_of("SOMETHING_NEW"), error_kind::sql);
    EXPECT_EQ(kind_of(""), error_kind::sql);
}

TEST(server_error, offsets_are_taken_from_the_message) {
    const auto at = statement_error(
        {"SQL input error: no such column: x (at offset 7)", "SQL_INPUT_ERROR"}, "SELECT x");
    EXPECT_EQ(at.message(), "no such column: x");
    EXPECT_EQ(at.offset(), 7U);
    for (const char* const message :
         {"x (at offset )", "x (at offset 7", "x (at offset -1)", "x (at offset 7x)",
          "x (at offset 99999999999999999999999)", " (at offset ", ")"}) {
        const auto none = statement_error({message, "SQL_INPUT_ERROR"}, "SELECT x");
        EXPECT_EQ(none.message(), message);
        EXPECT_EQ(none.offset(), std::nullopt);
    }
}

TEST(server_error, a_syntax_error_has_the_local_message_and_offset) {
    const auto why =
        statement_error({"SQL string could not be parsed: near SELEC", "SQL_PARSE_ERROR"}, "SELEC");
    EXPECT_TRUE(is_error(why, error_kind::sql, "syntax error"));
    EXPECT_EQ(why.offset(), 0U);
    const auto refused =
        statement_error({"unsupported statement", "SQL_PARSE_ERROR"}, "ATTACH 'x' AS y");
    EXPECT_TRUE(is_error(refused, error_kind::sql, "unsupported statement"));
}

TEST(server_error, refusals_map_to_kinds) {
    const auto kind_of = [](int status, hrana::failure why = {"x"}) {
        return reply_error(status, why).kind();
    };
    EXPECT_EQ(kind_of(401), error_kind::authentication);
    EXPECT_EQ(kind_of(403), error_kind::authentication);
    EXPECT_EQ(kind_of(404), error_kind::cannot_open);
    EXPECT_EQ(kind_of(429), error_kind::busy);
    EXPECT_EQ(kind_of(400), error_kind::protocol);
    EXPECT_EQ(kind_of(400, {"The stream has expired", "STREAM_EXPIRED"}), error_kind::transaction);
    EXPECT_EQ(kind_of(400, {"Received an invalid baton"}), error_kind::transaction);
    EXPECT_EQ(kind_of(500), error_kind::network);
    EXPECT_EQ(kind_of(302), error_kind::protocol);
    EXPECT_EQ(reply_error(404, {"x"}, true).kind(), error_kind::transaction);
    EXPECT_TRUE(is_error(reply_error(500, {}), error_kind::network, "no reason was given"));
}

TEST(server_error, messages_are_read_from_json_bodies) {
    EXPECT_EQ(read_failure(R"({"message":"m","code":"C"})"), (hrana::failure{"m", "C"}));
    EXPECT_EQ(read_failure(R"({"error":"m"})"), (hrana::failure{"m"}));
    EXPECT_EQ(read_failure("text"), (hrana::failure{"text"}));
    EXPECT_EQ(read_failure(""), (hrana::failure{}));
    for (const char* const text : {"{", "[1]", "5", R"({"error":5})", R"({"code":"C"})", "null"}) {
        EXPECT_EQ(read_failure(text).message, text);
    }
    EXPECT_EQ(read_failure(std::string(100'000, 'x')).message.size(), 500U);
}

TEST(server_error, messages_are_read_from_protobuf_bodies) {
    const auto& c = protobuf_codec();
    EXPECT_EQ(c.read_refusal("\n\1m\x12\1C"), (hrana::failure{"m", "C"}));
    EXPECT_EQ(c.read_refusal(R"({"error":"m"})"), (hrana::failure{"m"}));
    EXPECT_EQ(c.read_refusal("text"), (hrana::failure{"text"}));
    EXPECT_EQ(c.read_refusal("\nx"), (hrana::failure{"\nx"}));
    EXPECT_EQ(c.read_refusal(""), (hrana::failure{}));
    EXPECT_EQ(json_codec().read_refusal("text"), (hrana::failure{"text"}));
}

TEST(server_error, only_what_was_sent_may_have_run) {
    const error why(error_kind::network, "it broke");
    EXPECT_TRUE(
        is_error(transport_error({why, true}), error_kind::network, "may have carried out"));
    EXPECT_EQ(transport_error({why, false}).message(), "it broke");
}

}  // namespace
}  // namespace libsql::remote
