#include "libsql/local/file_format.hpp"

#include "support/child_process.hpp"
#include "support/file_locks.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>
#include <utility>

namespace libsql::local {
namespace {

using testing::failed_with;
using testing::is_locked_here;

constexpr auto key = "correct horse";

database open_with(const std::string& path, const std::string& with_key, journal_mode how) {
    libsql::options chosen{.database = path, .encryption_key = with_key};
    chosen.journal_mode = how;
    return database::open(std::move(chosen)).value();
}

class file_format_test : public ::testing::TestWithParam<journal_mode> {
protected:
    /// In a transaction, or, with a log, merely open: this process has a lock on the file, which
    /// `failing` must leave to it.
    void expect_kept(const std::string& with_key,
                     const std::function<error(const std::string&)>& failing) {
        auto holder = open_with(path, with_key, GetParam()).connect().value();
        holder.execute("CREATE TABLE t(x)").value();
        auto tx = holder.begin(transaction_mode::immediate).value();
        ASSERT_TRUE(is_locked_here(path));
        EXPECT_EQ(failing(path).kind(), error_kind::wrong_key);
        EXPECT_TRUE(is_locked_here(path));
        ASSERT_TRUE(tx.commit());
        EXPECT_EQ(is_locked_here(path), GetParam() == journal_mode::wal);
    }

    testing::temporary_directory dir;
    std::string path{dir.file("app.db")};
};

error open_error(const std::string& path, const std::string& with_key) {
    return database::open({.database = path, .encryption_key = with_key}).error();
}

error attach_error(const std::string& path, const std::string& with_key) {
    auto other = database::open({.database = ":memory:"}).value().connect().value();
    return attach(other, path, "other", with_key).error();
}

TEST_P(file_format_test, a_wrong_key_leaves_the_locks_of_the_process) {
    expect_kept(key, [](const auto& file) { return open_error(file, "wrong"); });
}

TEST_P(file_format_test, no_key_leaves_the_locks_of_the_process) {
    expect_kept(key, [](const auto& file) { return open_error(file, ""); });
}

TEST_P(file_format_test, a_key_for_a_plain_file_leaves_the_locks_of_the_process) {
    expect_kept("", [](const auto& file) { return open_error(file, key); });
}

TEST_P(file_format_test, attaching_with_a_wrong_key_leaves_the_locks_of_the_process) {
    expect_kept(key, [](const auto& file) { return attach_error(file, "wrong"); });
}

TEST_P(file_format_test, attaching_a_plain_file_with_a_key_leaves_the_locks_of_the_process) {
    expect_kept("", [](const auto& file) { return attach_error(file, key); });
}

INSTANTIATE_TEST_SUITE_P(journal, file_format_test,
                         ::testing::Values(journal_mode::wal, journal_mode::delete_file),
                         [](const auto& chosen) {
                             return std::string(chosen.param == journal_mode::wal ? "wal"
                                                                                  : "delete");
                         });

/// Without its lock, each of two processes would write in a transaction of its own, and one's rows
/// would be lost.
TEST(file_format, another_process_still_waits_for_the_transaction_after_a_wrong_key) {
    const testing::temporary_directory dir;
    const auto path = dir.file("app.db");
    auto conn = open_with(path, "", journal_mode::delete_file).connect().value();
    conn.execute("CREATE TABLE t(x)").value();
    auto tx = conn.begin(transaction_mode::immediate).value();
    tx.execute("INSERT INTO t VALUES (1)").value();
    ASSERT_EQ(open_error(path, key).kind(), error_kind::wrong_key);
    testing::child_process other(
        {"option", path, "busy_timeout", "0", "INSERT INTO t VALUES (2) RETURNING 'written'"});
    EXPECT_EQ(other.read_line(), std::nullopt);
    EXPECT_EQ(other.wait(), 1);
    ASSERT_TRUE(tx.commit());
    testing::child_process reads(
        {"option", path, "busy_timeout", "5000", "SELECT group_concat(x) FROM t"});
    EXPECT_EQ(reads.read_line(), "'1'");
}

TEST(file_format, is_detected_for_each_kind_of_file) {
    const testing::temporary_directory dir;
    const auto path = dir.file("x");
    EXPECT_EQ(detect_format(path), file_format::absent);
    std::ofstream(path) << "short";
    EXPECT_EQ(detect_format(path), file_format::absent);
    std::ofstream(path) << std::string(4096, 'x');
    EXPECT_EQ(detect_format(path), file_format::other);
    EXPECT_EQ(detect_format(dir.path().string()), file_format::absent);
    open_with(dir.file("plain"), "", journal_mode::delete_file)
        .connect()
        .value()
        .execute("CREATE TABLE t(x)")
        .value();
    EXPECT_EQ(detect_format(dir.file("plain")), file_format::plain);
    open_with(dir.file("secret"), key, journal_mode::delete_file)
        .connect()
        .value()
        .execute("CREATE TABLE t(x)")
        .value();
    EXPECT_EQ(detect_format(dir.file("secret")), file_format::encrypted);
    std::filesystem::create_symlink("secret", dir.file("link"));
    EXPECT_EQ(detect_format(dir.file("link")), file_format::encrypted);
}

}  // namespace
}  // namespace libsql::local
