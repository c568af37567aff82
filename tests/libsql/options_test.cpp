#include "support/open_connection.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/options.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql {

using namespace std::chrono_literals;
using namespace testing;

namespace {

using setting = std::pair<std::string_view, std::string_view>;

result<options> parse(std::string_view name, std::string_view value) {
    const std::vector<setting> one{{name, value}};
    return options::parse(one);
}

/// What a file opened with `name` set to `value` answers to `query`, as SQL.
std::string answer(std::string_view name, std::string_view value, std::string_view query) {
    const temporary_directory directory;
    auto chosen = parse(name, value).value();
    chosen.database = directory.file("a.db");
    auto conn = open_with(chosen);
    run_all(conn, "CREATE TABLE t(x)");
    return scalar<libsql::value>(conn, query).to_sql();
}

result<void> validate_with(void (*change)(options&)) {
    options chosen{.database = "a.db"};
    change(chosen);
    return validate(chosen);
}

}  // namespace

// --- faults ---

TEST(options, an_unknown_name_is_refused) {
    for (const std::string_view name :
         {"", "databse", "DATABASE", "custom_pragmas", "cache", " database"}) {
        EXPECT_TRUE(failed_with(parse(name, "x"), error_kind::invalid_argument,
                                "no option \"" + std::string(name)));
    }
}

TEST(options, a_bad_value_is_refused_with_the_options_name) {
    const std::vector<setting> all{{"sync", "yes"},
                                   {"mode", "rw"},
                                   {"busy_timeout", "5s"},
                                   {"busy_timeout", "-1"},
                                   {"busy_timeout", ""},
                                   {"busy_timeout", "1e3"},
                                   {"timeout", "-5"},
                                   {"timeout", "99999999999999999999"},
                                   {"cache_size", "big"},
                                   {"cache_size", "1 "},
                                   {"cache_size", "0x10"},
                                   {"cache_size", "9223372036854775808"},
                                   {"journal_mode", "WAL"},
                                   {"journal_mode", ""},
                                   {"synchronous", "2"},
                                   {"temp_store", "disk"},
                                   {"foreign_keys", "TRUE"},
                                   {"foreign_keys", ""},
                                   {"auto_vacuum", "1"},
                                   {"page_size", "4k"},
                                   {"page_size", "4294967296"},
                                   {"locking_mode", "shared"},
                                   {"secure_delete", "true"},
                                   {"statement_cache_size", "-1"},
                                   {"default_transaction_mode", "read-only"},
                                   {"mmap_size", "1.5"},
                                   {"cache_spill", "2"},
                                   {"case_sensitive_like", "maybe"},
                                   {"wal_autocheckpoint", "x"},
                                   {"journal_size_limit", "x"},
                                   {"soft_heap_limit", "x"},
                                   {"hard_heap_limit", "x"}};
    for (const auto& [name, value] : all) {
        EXPECT_TRUE(failed_with(parse(name, value), error_kind::invalid_argument,
                                "option " + std::string(name)));
    }
}

TEST(options, missing_or_contradictory_options_are_refused) {
    EXPECT_TRUE(failed_with(validate({}), error_kind::invalid_argument, "set option database"));
    const auto invalid = [](void (*change)(options&), std::string_view words) {
        EXPECT_TRUE(failed_with(validate_with(change), error_kind::invalid_argument, words));
    };
    invalid([](options& o) { o.database = std::string("a\0b", 3); }, "NUL");
    invalid([](options& o) { o.auth_token = "t"; }, "uri");
    invalid([](options& o) { o.sync.interval = 1s; }, "uri");
    invalid([](options& o) { o.remote_encryption_key = "k"; }, "uri");
    invalid([](options& o) { o.busy_timeout = -1ms; }, "negative");
    invalid([](options& o) { o.timeout = -1ms; }, "negative");
    invalid([](options& o) { o.page_size = 1000; }, "page_size");
    invalid([](options& o) { o.page_size = 256; }, "page_size");
    invalid([](options& o) { o.page_size = 131072; }, "page_size");
    invalid([](options& o) { o.page_size = -4096; }, "page_size");
    invalid([](options& o) { o.mmap_size = -1; }, "mmap_size");
    invalid([](options& o) { o.mmap_size = std::int64_t{1} << 40; }, "mmap_size");
    invalid([](options& o) { o.custom_pragmas = {{"busy_timeout", "5"}}; }, "busy_timeout");
    invalid([](options& o) { o.custom_pragmas = {{"Journal_Mode", "off"}}; }, "Journal_Mode");
    for (const auto change : {+[](options& o) { o.journal_mode = journal_mode::wal; },
                              +[](options& o) { o.page_size = 4096; },
                              +[](options& o) { o.auto_vacuum = auto_vacuum::full; }}) {
        options chosen{.database = "a.db", .mode = open_mode::read_only};
        change(chosen);
        EXPECT_TRUE(failed_with(validate(chosen), error_kind::invalid_argument, "read_only"));
    }
    for (const auto change : {+[](options& o) { o.journal_mode = journal_mode::wal; },
                              +[](options& o) { o.mode = open_mode::read_only; },
                              +[](options& o) { o.mode = open_mode::read_write; },
                              +[](options& o) { o.encryption_key = "k"; }}) {
        options chosen{.database = ":memory:"};
        change(chosen);
        EXPECT_TRUE(failed_with(validate(chosen), error_kind::invalid_argument, "memory"));
    }
}

TEST(options, options_of_another_mode_are_refused) {
    const auto refused = [](options chosen, std::string_view words) {
        EXPECT_TRUE(failed_with(validate(chosen), error_kind::invalid_argument, words));
    };
    const std::string uri = "libsql://host";
    refused({.uri = uri, .encryption_key = "k"}, "encryption_key is for a file");
    refused({.uri = uri, .foreign_keys = false}, "foreign_keys is for a file");
    refused({.uri = uri, .sync = {.interval = 1s}}, "sync (interval) is for a replica");
    refused({.database = "a.db", .sync = {.on_open = false}}, "sync (on_open) is for a replica");
    refused({.database = "a.db", .server_namespace = "n"}, "namespace needs the option uri");
    refused({.database = ":memory:", .uri = uri}, "a replica must be a file");
    refused({.database = "a.db", .uri = uri, .page_size = 4096}, "pages of its primary");
    refused({.uri = "a.db"}, "scheme");
    refused({.uri = uri, .connect_timeout = 0ms}, "connect_timeout");
    EXPECT_TRUE(validate({.uri = uri}));
    EXPECT_TRUE(validate({.database = "a.db", .uri = uri, .sync = {.interval = 1s}}));
}

TEST(options, heap_limits_are_unsupported) {
    // The engine would take these and do nothing.
    EXPECT_TRUE(failed_with(validate_with([](options& o) { o.soft_heap_limit = 1; }),
                            error_kind::unsupported, "heap"));
    EXPECT_TRUE(failed_with(validate_with([](options& o) { o.hard_heap_limit = 1; }),
                            error_kind::unsupported, "heap"));
}

TEST(options, a_journal_mode_that_the_database_does_not_accept_is_an_error) {
    for (const auto mode :
         {journal_mode::delete_file, journal_mode::truncate, journal_mode::persist}) {
        EXPECT_TRUE(failed_with(database::open({.database = ":memory:", .journal_mode = mode}),
                                error_kind::unsupported, "it stays in \"memory\""));
    }
    EXPECT_TRUE(
        succeeded(database::open({.database = ":memory:", .journal_mode = journal_mode::off})));
}

TEST(options, custom_pragmas_are_checked) {
    const auto open = [](std::string name, std::string value) {
        return database::open(
            {.database = ":memory:", .custom_pragmas = {{std::move(name), std::move(value)}}});
    };
    EXPECT_TRUE(
        failed_with(open("no_such_pragma", "1"), error_kind::invalid_argument, "no_such_pragma"));
    EXPECT_TRUE(failed_with(open("user_version", "1; DROP TABLE t"), error_kind::invalid_argument,
                            "user_version"));
    EXPECT_TRUE(failed_with(open("user_version", ""), error_kind::invalid_argument));
    EXPECT_TRUE(failed_with(open("user_version = 1; --", "1"), error_kind::invalid_argument));
    auto conn = open("user_version", "7").value().connect().value();
    EXPECT_EQ(scalar<int>(conn, "PRAGMA user_version"), 7);
}

TEST(options, a_missing_extension_fails_the_opening) {
    EXPECT_TRUE(failed_with(database::open({.database = ":memory:",
                                            .load_extensions = {{.path = "no/such/extension"}}}),
                            error_kind::cannot_open, "no/such/extension"));
    auto conn = testing::open_memory();
    EXPECT_TRUE(failed_with(conn.execute("SELECT load_extension('x')"), error_kind::sql));
}

// --- each has its effect ---

TEST(options, every_option_can_be_given_as_text) {
    const std::vector<setting> all{{"database", "a.db"},
                                   {"encryption_key", "k"},
                                   {"mode", "read_write"},
                                   {"busy_timeout", "7"},
                                   {"timeout", "8"},
                                   {"default_transaction_mode", "exclusive"},
                                   {"statement_cache_size", "9"},
                                   {"journal_mode", "persist"},
                                   {"synchronous", "extra"},
                                   {"cache_size", "-10"},
                                   {"cache_spill", "off"},
                                   {"temp_store", "file"},
                                   {"mmap_size", "11"},
                                   {"foreign_keys", "0"},
                                   {"case_sensitive_like", "true"},
                                   {"auto_vacuum", "incremental"},
                                   {"page_size", "8192"},
                                   {"locking_mode", "exclusive"},
                                   {"secure_delete", "fast"},
                                   {"wal_autocheckpoint", "12"},
                                   {"journal_size_limit", "-1"},
                                   {"soft_heap_limit", "13"},
                                   {"hard_heap_limit", "14"},
                                   {"uri", "u"},
                                   {"auth_token", "t"},
                                   {"sync", "off"},
                                   {"sync_interval", "15"},
                                   {"read_your_writes", "0"},
                                   {"offline_writes", "1"},
                                   {"namespace", "n"},
                                   {"connect_timeout", "16"},
                                   {"ca_file", "c"},
                                   {"proxy", "p"},
                                   {"user_agent", "ua"},
                                   {"wire_format", "protobuf"},
                                   {"remote_encryption_key", "r"}};
    const auto o = options::parse(all).value();
    EXPECT_EQ(o.database, "a.db");
    EXPECT_EQ(o.encryption_key, "k");
    EXPECT_EQ(o.mode, open_mode::read_write);
    EXPECT_EQ(o.busy_timeout, 7ms);
    EXPECT_EQ(o.timeout, 8ms);
    EXPECT_EQ(o.default_transaction_mode, transaction_mode::exclusive);
    EXPECT_EQ(o.statement_cache_size, 9U);
    EXPECT_EQ(o.journal_mode, journal_mode::persist);
    EXPECT_EQ(o.synchronous, synchronous_mode::extra);
    EXPECT_EQ(o.cache_size, -10);
    EXPECT_EQ(o.cache_spill, false);
    EXPECT_EQ(o.temp_store, temp_store::file);
    EXPECT_EQ(o.mmap_size, 11);
    EXPECT_EQ(o.foreign_keys, false);
    EXPECT_EQ(o.case_sensitive_like, true);
    EXPECT_EQ(o.auto_vacuum, auto_vacuum::incremental);
    EXPECT_EQ(o.page_size, 8192);
    EXPECT_EQ(o.locking_mode, locking_mode::exclusive);
    EXPECT_EQ(o.secure_delete, secure_delete::fast);
    EXPECT_EQ(o.wal_autocheckpoint, 12);
    EXPECT_EQ(o.journal_size_limit, -1);
    EXPECT_EQ(o.soft_heap_limit, 13);
    EXPECT_EQ(o.hard_heap_limit, 14);
    EXPECT_EQ(o.uri, "u");
    EXPECT_EQ(o.auth_token.get().value(), "t");
    EXPECT_EQ(o.sync.on_open, false);
    EXPECT_EQ(o.sync.interval, 15ms);
    EXPECT_EQ(o.sync.read_your_writes, false);
    EXPECT_EQ(o.sync.offline_writes, true);
    EXPECT_EQ(o.server_namespace, "n");
    EXPECT_EQ(o.connect_timeout, 16ms);
    EXPECT_EQ(o.ca_file, "c");
    EXPECT_EQ(o.proxy, "p");
    EXPECT_EQ(o.user_agent, "ua");
    EXPECT_EQ(o.wire_format, wire_format::protobuf);
    EXPECT_EQ(o.remote_encryption_key, "r");
    EXPECT_EQ(parse("mode", "read_only").value().mode, open_mode::read_only);
    EXPECT_EQ(parse("mode", "read_write_create").value().mode, open_mode::read_write_create);
}

TEST(options, each_option_reaches_the_engine) {
    struct effect {
        std::string_view name, value, query, answer;
    };

    const std::vector<effect> all{
        {"journal_mode", "wal", "PRAGMA journal_mode", "'wal'"},
        {"journal_mode", "delete", "PRAGMA journal_mode", "'delete'"},
        {"journal_mode", "truncate", "PRAGMA journal_mode", "'truncate'"},
        {"journal_mode", "persist", "PRAGMA journal_mode", "'persist'"},
        {"journal_mode", "memory", "PRAGMA journal_mode", "'memory'"},
        {"journal_mode", "off", "PRAGMA journal_mode", "'off'"},
        {"synchronous", "off", "PRAGMA synchronous", "0"},
        {"synchronous", "normal", "PRAGMA synchronous", "1"},
        {"synchronous", "full", "PRAGMA synchronous", "2"},
        {"synchronous", "extra", "PRAGMA synchronous", "3"},
        {"cache_size", "123", "PRAGMA cache_size", "123"},
        {"cache_size", "-4000", "PRAGMA cache_size", "-4000"},
        {"cache_spill", "false", "PRAGMA cache_spill", "0"},
        {"temp_store", "file", "PRAGMA temp_store", "1"},
        {"temp_store", "memory", "PRAGMA temp_store", "2"},
        {"mmap_size", "1048576", "PRAGMA mmap_size", "1048576"},
        {"foreign_keys", "false", "PRAGMA foreign_keys", "0"},
        {"foreign_keys", "true", "PRAGMA foreign_keys", "1"},
        {"case_sensitive_like", "true", "SELECT 'a' LIKE 'A'", "0"},
        {"case_sensitive_like", "false", "SELECT 'a' LIKE 'A'", "1"},
        {"auto_vacuum", "none", "PRAGMA auto_vacuum", "0"},
        {"auto_vacuum", "full", "PRAGMA auto_vacuum", "1"},
        {"auto_vacuum", "incremental", "PRAGMA auto_vacuum", "2"},
        {"page_size", "512", "PRAGMA page_size", "512"},
        {"page_size", "65536", "PRAGMA page_size", "65536"},
        {"locking_mode", "normal", "PRAGMA locking_mode", "'normal'"},
        {"locking_mode", "exclusive", "PRAGMA locking_mode", "'exclusive'"},
        {"secure_delete", "off", "PRAGMA secure_delete", "0"},
        {"secure_delete", "on", "PRAGMA secure_delete", "1"},
        {"secure_delete", "fast", "PRAGMA secure_delete", "2"},
        {"wal_autocheckpoint", "77", "PRAGMA wal_autocheckpoint", "77"},
        {"wal_autocheckpoint", "0", "PRAGMA wal_autocheckpoint", "0"},
        {"journal_size_limit", "4096", "PRAGMA journal_size_limit", "4096"},
        {"journal_size_limit", "-1", "PRAGMA journal_size_limit", "-1"},
    };
    for (const auto& e : all) {
        EXPECT_EQ(answer(e.name, e.value, e.query), e.answer) << e.name << " = " << e.value;
    }
}

TEST(options, a_file_opened_without_options_has_the_documented_defaults) {
    const temporary_directory directory;
    auto conn = testing::open_file(directory.file("a.db"));
    EXPECT_EQ(scalar<std::string>(conn, "PRAGMA journal_mode"), "wal");
    EXPECT_EQ(scalar<int>(conn, "PRAGMA foreign_keys"), 1);
    EXPECT_EQ(scalar<int>(conn, "PRAGMA synchronous"), 2);
    EXPECT_EQ(scalar<int>(conn, "SELECT 'a' LIKE 'A'"), 1);
    EXPECT_EQ(
        scalar<int>(
            conn,
            "SELECT count(*) FROM pragma_compile_options WHERE compile_options = 'TEMP_STORE=2'"),
        1);
}

TEST(options, a_page_size_can_be_combined_with_a_key) {
    const temporary_directory directory;
    const options chosen{
        .database = directory.file("a.db"), .encryption_key = "k", .page_size = 8192};
    {
        auto conn = open_with(chosen);
        run_all(conn, "CREATE TABLE t(x); INSERT INTO t VALUES (7)");
        EXPECT_EQ(scalar<int>(conn, "PRAGMA page_size"), 8192);
    }
    auto conn = open_with(chosen);
    EXPECT_EQ(scalar<int>(conn, "SELECT x FROM t"), 7);
}

}  // namespace libsql
