#include "support/temporary_directory.hpp"

#include <libsql/database.hpp>
#include <libsql/encryption.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view first_key = "correct horse battery staple";
constexpr std::string_view second_key = "another key";
constexpr std::string_view canary = "a text that must not be readable in the file";

class encryption : public ::testing::Test {
protected:
    [[nodiscard]] connection open(std::string_view key, libsql::options chosen = {}) const {
        chosen.database = path;
        chosen.encryption_key = key;
        return database::open(std::move(chosen)).value().connect().value();
    }

    [[nodiscard]] error open_error(std::string_view key, std::string where = {}) const {
        return database::open(
                   {.database = where.empty() ? path : where, .encryption_key = std::string(key)})
            .error();
    }

    static void fill(connection& c) {
        auto t = c.begin(transaction_mode::immediate).value();
        t.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)").value();
        for (int i = 0; i < 200; ++i) {
            t.execute("INSERT INTO t(body) VALUES (?)", canary).value();
        }
        t.commit().value();
    }

    static void expect_filled(connection& c, std::string_view table = "t") {
        EXPECT_EQ(c.fetch_one<std::int64_t>(
                       "SELECT count(*) FROM " + std::string(table) + " WHERE body = ?", canary)
                      .value(),
                  200);
        EXPECT_EQ(c.fetch_one<std::string>("PRAGMA integrity_check").value(), "ok");
    }

    [[nodiscard]] static std::string bytes(const std::string& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    testing::temporary_directory directory;
    std::string path = directory.file("secret.db");
};

TEST_F(encryption, a_wrong_key_no_key_and_a_plain_file_give_different_errors) {
    {
        auto c = open(first_key);
        fill(c);
    }
    const auto wrong = open_error(second_key);
    EXPECT_EQ(wrong.kind(), error_kind::wrong_key);
    EXPECT_EQ(wrong.message(), "the key does not open \"" + path + "\"");
    const auto none = open_error("");
    EXPECT_EQ(none.kind(), error_kind::wrong_key);
    EXPECT_EQ(none.message(), "\"" + path + "\" is encrypted and no key was given");

    const auto plain = directory.file("plain.db");
    database::open({.database = plain})
        .value()
        .connect()
        .value()
        .execute("CREATE TABLE t(a)")
        .value();
    const auto superfluous = open_error(first_key, plain);
    EXPECT_EQ(superfluous.kind(), error_kind::wrong_key);
    EXPECT_EQ(superfluous.message(), "a key was given, but \"" + plain + "\" is not encrypted");
}

TEST_F(encryption, a_wrong_key_for_a_uri_is_reported) {
    open(first_key).execute("CREATE TABLE t(a)").value();
    EXPECT_EQ(open_error(second_key, "file:" + path).kind(), error_kind::wrong_key);
}

TEST_F(encryption, a_file_of_rubbish_is_not_a_database_with_or_without_key) {
    std::ofstream(path) << std::string(8192, 'x');
    EXPECT_EQ(open_error(first_key).kind(), error_kind::not_a_database);
    EXPECT_EQ(open_error("").kind(), error_kind::not_a_database);
}

TEST_F(encryption, a_wrong_key_leaves_the_file_unchanged) {
    {
        auto c = open(first_key);
        fill(c);
    }
    const auto before = bytes(path);
    static_cast<void>(open_error(second_key));
    static_cast<void>(open_error(""));
    EXPECT_EQ(bytes(path), before);
}

TEST_F(encryption, a_key_in_a_uri_is_refused_and_not_shown) {
    for (const auto* parameter : {"?key=", "?mode=rwc&key=", "?hexkey=", "?textkey="}) {
        const auto why = open_error("", "file:" + path + parameter + "abcdef0123");
        EXPECT_EQ(why.kind(), error_kind::invalid_argument) << parameter;
        EXPECT_THAT(why.to_string(), Not(HasSubstr("abcdef0123")));
    }
    EXPECT_TRUE(database::open({.database = "file:" + path + "?monkey=1"}));
}

TEST_F(encryption, a_key_for_memory_is_refused) {
    EXPECT_EQ(open_error(first_key, ":memory:").kind(), error_kind::invalid_argument);
    EXPECT_EQ(open_error(first_key, "file::memory:").kind(), error_kind::invalid_argument);
    EXPECT_EQ(open_error(first_key, "file:x?mode=memory").kind(), error_kind::invalid_argument);
}

TEST_F(encryption, no_error_shows_the_key) {
    {
        auto c = open(first_key);
        fill(c);
        for (const auto* wrong :
             {"SELEC", "SELECT * FROM nothing", "INSERT INTO t(id) VALUES (1)"}) {
            EXPECT_THAT(c.execute(wrong).error().to_string(), Not(HasSubstr(first_key)));
        }
        EXPECT_THAT(attach(c, "/nowhere/at/all.db", "other", second_key).error().to_string(),
                    Not(HasSubstr(second_key)));
        auto t = c.begin().value();
        EXPECT_THAT(rekey(c, second_key).error().to_string(), Not(HasSubstr(second_key)));
    }
    EXPECT_THAT(open_error(second_key).to_string(), Not(HasSubstr(second_key)));
}

TEST_F(encryption, the_file_and_its_log_contain_no_plain_text) {
    auto c = open(first_key);
    fill(c);
    EXPECT_EQ(c.fetch_one<std::string>("PRAGMA journal_mode").value(), "wal");
    const auto log = bytes(path + "-wal");
    EXPECT_GT(log.size(), canary.size() * 200);
    EXPECT_EQ(log.find(canary), std::string::npos);
    EXPECT_EQ(log.find("CREATE TABLE"), std::string::npos);
    c.execute("PRAGMA wal_checkpoint(TRUNCATE)").value();
    const auto file = bytes(path);
    EXPECT_GT(file.size(), canary.size() * 200);
    EXPECT_EQ(file.find(canary), std::string::npos);
    EXPECT_EQ(file.find("SQLite format"), std::string::npos);
    EXPECT_EQ(file.find("CREATE TABLE"), std::string::npos);
}

TEST_F(encryption, the_rollback_journal_contains_no_plain_text) {
    auto c = open(first_key, {.journal_mode = journal_mode::persist});
    fill(c);
    c.execute("UPDATE t SET body = upper(body)").value();
    const auto journal = bytes(path + "-journal");
    EXPECT_GT(journal.size(), canary.size() * 200);
    EXPECT_EQ(journal.find(canary), std::string::npos);
}

TEST_F(encryption, the_page_size_and_version_bytes_of_the_header_are_not_encrypted) {
    open(first_key).execute("CREATE TABLE t(a)").value();
    // Page size 4096, WAL, no reserved bytes, then the three constants: what libSQL's cipher
    // leaves.
    EXPECT_EQ(bytes(path).substr(16, 8), std::string("\x10\x00\x02\x02\x00\x40\x20\x20", 8));
}

TEST_F(encryption, keys_may_contain_any_bytes) {
    for (const auto& key : {std::string("a\0b", 3), std::string("\xff\xfe"), std::string(31, 'k'),
                            std::string("'")}) {
        path = directory.file("key" + std::to_string(key.size()) + ".db");
        open(key).execute("CREATE TABLE t(a)").value();
        EXPECT_TRUE(open(key).fetch_one<std::int64_t>("SELECT count(*) FROM t"));
        EXPECT_EQ(open_error(key + 'x').kind(), error_kind::wrong_key);
        EXPECT_EQ(open_error(key.substr(0, 1) + "y").kind(), error_kind::wrong_key);
    }
}

// As in libSQL's other clients, which must be able to open the file.
TEST_F(encryption, only_the_first_32_bytes_of_a_key_count) {
    open(std::string(32, 'k')).execute("CREATE TABLE t(a)").value();
    EXPECT_TRUE(open(std::string(64, 'k')).fetch_one<std::int64_t>("SELECT count(*) FROM t"));
    EXPECT_EQ(open_error(std::string(31, 'k')).kind(), error_kind::wrong_key);
}

TEST_F(encryption, readers_and_a_writer_share_an_encrypted_wal) {
    auto writer = open(first_key);
    fill(writer);
    auto reader = open(first_key);
    expect_filled(reader);
    auto t = writer.begin(transaction_mode::immediate).value();
    t.execute("DELETE FROM t").value();
    expect_filled(reader);
    t.commit().value();
    EXPECT_EQ(reader.fetch_one<std::int64_t>("SELECT count(*) FROM t").value(), 0);
}

TEST_F(encryption, works_with_mapped_memory_page_sizes_and_long_values) {
    const std::string body(300'000, 'z');
    for (const int page_size : {512, 8192, 65536}) {
        path = directory.file(std::to_string(page_size));
        const libsql::options chosen{.mmap_size = 1 << 24, .page_size = page_size};
        {
            auto c = open(first_key, chosen);
            c.execute("CREATE TABLE t(a, body)").value();
            c.execute("INSERT INTO t VALUES (1, ?)", body).value();
        }
        auto again = open(first_key, chosen);
        EXPECT_EQ(again.fetch_one<std::string>("SELECT body FROM t").value(), body);
        EXPECT_EQ(again.fetch_one<int>("PRAGMA page_size").value(), page_size);
        EXPECT_EQ(bytes(path).find("zzzzzzzz"), std::string::npos);
    }
}

TEST_F(encryption, works_with_mapped_memory_of_an_attached_file) {
    {
        auto c = open(first_key);
        fill(c);
        for (int i = 0; i < 200; ++i) {  // a schema of several pages
            c.execute("CREATE TABLE t" + std::to_string(i) +
                      "(a_column_with_a_long_name, another_one)")
                .value();
        }
    }
    auto c = database::open({.database = directory.file("plain.db"), .mmap_size = 1 << 24})
                 .value()
                 .connect()
                 .value();
    attach(c, path, "secret", first_key).value();
    c.execute("PRAGMA mmap_size = 16777216").value();
    expect_filled(c, "secret.t");
    EXPECT_EQ(c.fetch_one<std::int64_t>("SELECT count(*) FROM secret.sqlite_schema").value(), 201);
}

TEST_F(encryption, cipher_names_the_cipher) {
    auto c = open(first_key);
    EXPECT_EQ(cipher(c).value(), "aes256cbc");
    EXPECT_EQ(cipher(c, "nothing").error().kind(), error_kind::invalid_argument);
    auto memory = database::open({.database = ":memory:"}).value().connect().value();
    EXPECT_EQ(cipher(memory).value(), std::nullopt);
    memory.close().value();
    EXPECT_EQ(cipher(memory).error().kind(), error_kind::closed);
}

// --- rekey ---

TEST_F(encryption, rekey_refuses_what_it_cannot_do) {
    auto memory = database::open({.database = ":memory:"}).value().connect().value();
    EXPECT_EQ(rekey(memory, first_key).error().kind(), error_kind::unsupported);

    auto c = open(first_key);
    fill(c);
    EXPECT_EQ(rekey(c, second_key, "nothing").error().kind(), error_kind::invalid_argument);
    {
        auto t = c.begin().value();
        EXPECT_EQ(rekey(c, second_key).error().kind(), error_kind::transaction);
    }
    {
        auto rows = c.query("SELECT * FROM t").value();
        rows.next().value();
        EXPECT_EQ(rekey(c, second_key).error().kind(), error_kind::transaction);
    }
    c.close().value();
    EXPECT_EQ(rekey(c, second_key).error().kind(), error_kind::closed);

    auto reader = open(first_key, {.mode = open_mode::read_only});
    EXPECT_EQ(rekey(reader, second_key).error().kind(), error_kind::read_only);
    expect_filled(reader);
}

TEST_F(encryption, rekey_with_another_connection_on_the_log_is_busy_and_changes_nothing) {
    auto c = open(first_key);
    fill(c);
    {
        auto other = open(first_key);
        expect_filled(other);
        const auto why = rekey(c, second_key).error();
        EXPECT_EQ(why.kind(), error_kind::busy);
        EXPECT_THAT(why.message(), HasSubstr("only connection"));
        EXPECT_EQ(c.fetch_one<std::string>("PRAGMA journal_mode").value(), "wal");
        expect_filled(other);
        expect_filled(c);
    }
    rekey(c, second_key).value();
    expect_filled(c);
}

TEST_F(encryption, rekey_against_a_reader_without_a_log_is_busy_and_keeps_the_old_key) {
    const libsql::options chosen{.busy_timeout = std::chrono::milliseconds(20),
                                 .journal_mode = journal_mode::delete_file};
    for (const std::string_view old_key : {first_key, std::string_view()}) {
        for (const std::string_view new_key : {second_key, std::string_view()}) {
            if (old_key == new_key) {
                continue;
            }
            SCOPED_TRACE(std::string(old_key) + " to " + std::string(new_key));
            path = directory.file(old_key.empty()   ? "plain.db"
                                  : new_key.empty() ? "to_plain.db"
                                                    : "rekeyed.db");
            auto c = open(old_key, chosen);
            fill(c);
            auto other = open(old_key, chosen);
            auto rows = other.query("SELECT * FROM t").value();
            ASSERT_TRUE(rows.next().value());
            EXPECT_EQ(rekey(c, new_key).error().kind(), error_kind::busy);
            rows.close();
            expect_filled(c);
            expect_filled(other);
            c.execute("INSERT INTO t(body) VALUES ('after')").value();
            expect_filled(other);
            auto third = open(old_key, chosen);
            expect_filled(third);
        }
    }
}

/// Files of this process cannot grow beyond `bytes` while this lives: `on_signal` decides whether
/// that is a full disk (SIG_IGN) or sudden death (SIG_DFL).
class file_size_limit {
public:
    file_size_limit(std::size_t bytes, sighandler_t on_signal)
        : handler_(::signal(SIGXFSZ, on_signal)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit less = before_;
        less.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &less);
    }

    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, handler_);
    }

    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

private:
    sighandler_t handler_;
    rlimit before_{};
};

class failing_rekey
    : public encryption,
      public ::testing::WithParamInterface<std::pair<std::string_view, std::string_view>> {
protected:
    /// The small cache makes pages go to the file before the journal is complete.
    [[nodiscard]] connection open_with_small_cache() { return open(old_key, {.cache_size = 10}); }

    /// Makes a file of more than 100 pages; its size.
    std::size_t fill_many_pages(connection& c) {
        fill(c);
        for (int i = 0; i < 6; ++i) {
            c.execute("INSERT INTO t(body) SELECT ?1 || body FROM t", "x").value();
        }
        c.execute("DELETE FROM t WHERE body <> ?", canary).value();
        c.execute("PRAGMA wal_checkpoint(TRUNCATE)").value();
        return bytes(path).size();
    }

    std::string_view old_key = GetParam().first;
    std::string_view new_key = GetParam().second;
};

TEST_P(failing_rekey, on_a_full_disk_keeps_the_old_key_and_every_row) {
    {
        auto c = open_with_small_cache();
        const auto size = fill_many_pages(c);
        ASSERT_GT(size, 100U * 4096U);
        {
            const file_size_limit full(size / 2, SIG_IGN);
            const auto kind = rekey(c, new_key).error().kind();
            EXPECT_TRUE(kind == error_kind::full || kind == error_kind::io) << to_string(kind);
        }
        expect_filled(c);
        c.execute("INSERT INTO t(body) VALUES ('after')").value();
    }
    auto again = open(old_key);
    expect_filled(again);
}

TEST_P(failing_rekey, killed_in_the_middle_keeps_the_old_key_and_every_row) {
    std::size_t size = 0;
    {
        auto c = open_with_small_cache();
        size = fill_many_pages(c);
    }
    const auto die = [&] {
        auto c = open_with_small_cache();
        const file_size_limit death(size / 2, SIG_DFL);
        static_cast<void>(rekey(c, new_key));
    };
    EXPECT_EXIT(die(), ::testing::KilledBySignal(SIGXFSZ), "");
    EXPECT_TRUE(std::filesystem::exists(path + "-journal"));
    auto again = open(old_key);
    expect_filled(again);
}

INSTANTIATE_TEST_SUITE_P(from_and_to, failing_rekey,
                         ::testing::Values(std::pair(first_key, second_key),
                                           std::pair(first_key, std::string_view()),
                                           std::pair(std::string_view(), second_key)));

TEST_F(encryption, rekey_changes_the_key) {
    {
        auto c = open(first_key);
        fill(c);
        rekey(c, second_key).value();
        expect_filled(c);
        EXPECT_EQ(c.fetch_one<std::string>("PRAGMA journal_mode").value(), "wal");
        c.execute("INSERT INTO t(body) VALUES ('later')").value();
    }
    EXPECT_EQ(open_error(first_key).kind(), error_kind::wrong_key);
    auto again = open(second_key);
    expect_filled(again);
    EXPECT_EQ(bytes(path).find(canary), std::string::npos);
}

TEST_F(encryption, rekey_encrypts_a_plain_file) {
    for (const auto mode : {journal_mode::wal, journal_mode::delete_file}) {
        path = directory.file(mode == journal_mode::wal ? "wal.db" : "delete.db");
        {
            auto c = open("", {.journal_mode = mode});
            fill(c);
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)").value();
            EXPECT_NE(bytes(path).find(canary), std::string::npos);
            rekey(c, first_key).value();
            expect_filled(c);
            EXPECT_EQ(cipher(c).value(), "aes256cbc");
        }
        EXPECT_EQ(bytes(path).find(canary), std::string::npos);
        EXPECT_EQ(open_error("").kind(), error_kind::wrong_key);
        auto again = open(first_key);
        expect_filled(again);
    }
}

TEST_F(encryption, rekey_with_an_empty_key_decrypts) {
    {
        auto c = open(first_key);
        fill(c);
        rekey(c, "").value();
        expect_filled(c);
        EXPECT_EQ(cipher(c).value(), std::nullopt);
    }
    EXPECT_EQ(open_error(first_key).kind(), error_kind::wrong_key);
    auto again = open("");
    expect_filled(again);
    EXPECT_NE(bytes(path).find(canary), std::string::npos);
    rekey(again, "").value();  // already plain
    expect_filled(again);
}

TEST_F(encryption, rekey_encrypts_an_empty_file) {
    {
        auto c = open("", {.journal_mode = journal_mode::delete_file});
        rekey(c, first_key).value();
        fill(c);
    }
    auto again = open(first_key);
    expect_filled(again);
}

// --- attach ---

TEST_F(encryption, each_attached_file_has_its_own_key) {
    auto c = open(first_key);
    fill(c);
    const auto other = directory.file("other.db");
    const auto plain = directory.file("plain.db");
    attach(c, other, "other", second_key).value();
    attach(c, plain, "plain").value();
    c.execute("CREATE TABLE other.copy AS SELECT * FROM main.t").value();
    c.execute("CREATE TABLE plain.copy AS SELECT * FROM main.t").value();
    expect_filled(c, "other.copy");
    EXPECT_EQ(cipher(c, "other").value(), "aes256cbc");
    EXPECT_EQ(cipher(c, "plain").value(), std::nullopt);
    detach(c, "other").value();
    detach(c, "plain").value();
    EXPECT_EQ(bytes(other).find(canary), std::string::npos);
    EXPECT_NE(bytes(plain).find(canary), std::string::npos);
    path = other;
    auto alone = open(second_key);
    expect_filled(alone, "copy");
}

TEST_F(encryption, an_encrypted_file_is_attached_to_memory) {
    {
        auto c = open(first_key);
        fill(c);
    }
    auto memory = database::open({.database = ":memory:"}).value().connect().value();
    attach(memory, path, "secret", first_key).value();
    expect_filled(memory, "secret.t");
}

TEST_F(encryption, attach_reports_a_wrong_key) {
    open(first_key).execute("CREATE TABLE t(a)").value();
    const auto plain = directory.file("plain.db");
    auto c = database::open({.database = plain}).value().connect().value();
    c.execute("CREATE TABLE t(a)").value();
    EXPECT_EQ(attach(c, path, "x", second_key).error().kind(), error_kind::wrong_key);
    EXPECT_EQ(attach(c, path, "x").error().kind(), error_kind::wrong_key);
    EXPECT_EQ(attach(c, directory.file("none/x.db"), "x", second_key).error().kind(),
              error_kind::cannot_open);
    EXPECT_EQ(attach(c, ":memory:", "x", second_key).error().kind(), error_kind::invalid_argument);
    EXPECT_EQ(attach(c, "file:" + path + "?key=abc", "x").error().kind(),
              error_kind::invalid_argument);
    EXPECT_EQ(attach(c, path, "main", first_key).error().kind(), error_kind::sql);
    attach(c, path, "x", first_key).value();

    auto secret = open(first_key);
    EXPECT_EQ(attach(secret, plain, "x", first_key).error().kind(), error_kind::wrong_key);
    EXPECT_EQ(detach(secret, "x").error().kind(), error_kind::sql);
}

TEST_F(encryption, an_attached_file_is_rekeyed_alone) {
    auto c = open(first_key);
    fill(c);
    const auto other = directory.file("other.db");
    attach(c, other, "other", second_key).value();
    c.execute("CREATE TABLE other.copy AS SELECT * FROM main.t").value();
    rekey(c, "a third key", "other").value();
    expect_filled(c, "other.copy");
    detach(c, "other").value();
    EXPECT_EQ(attach(c, other, "other", second_key).error().kind(), error_kind::wrong_key);
    attach(c, other, "other", "a third key").value();
    expect_filled(c);
}

}  // namespace
}  // namespace libsql
