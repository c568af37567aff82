#include "libsql/remote/spool.hpp"

#include "support/outcome.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstddef>
#include <string>

namespace libsql::remote {
namespace {

using testing::failed_with;
using testing::succeeded;

std::string numbered(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + ' ';
    }
    text.resize(size);
    return text;
}

TEST(remote_spool, returns_its_content_in_pieces_of_every_size) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, spool::most_in_memory, 3 * spool::most_in_memory + 7}) {
        for (const std::size_t piece : {std::size_t{1000}, std::size_t{300'000}}) {
            const std::string text = numbered(size);
            spool s;
            for (std::size_t at = 0; at < text.size(); at += piece) {
                ASSERT_TRUE(succeeded(s.write(std::string_view(text).substr(at, piece))));
            }
            EXPECT_EQ(s.size(), size);
            std::string back;
            while (s.size() > 0) {
                const std::size_t before = back.size();
                ASSERT_TRUE(succeeded(s.read(back)));
                ASSERT_GT(back.size(), before);
            }
            EXPECT_TRUE(back == text);
            ASSERT_TRUE(succeeded(s.read(back)));
            EXPECT_EQ(back.size(), size);
        }
    }
}

TEST(remote_spool, is_written_and_read_alternately) {
    const std::string text = numbered(5 * spool::most_in_memory);
    spool s;
    std::string back;
    for (std::size_t at = 0; at < text.size(); at += 100'000) {
        ASSERT_TRUE(succeeded(s.write(std::string_view(text).substr(at, 100'000))));
        ASSERT_TRUE(succeeded(s.read(back)));
    }
    while (s.size() > 0) {
        ASSERT_TRUE(succeeded(s.read(back)));
    }
    EXPECT_TRUE(back == text);
}

TEST(remote_spool, a_failed_write_is_an_error_and_keeps_the_content) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old = signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
    spool s;
    const std::string text = numbered(spool::most_in_memory);
    EXPECT_TRUE(succeeded(s.write(text)));
    EXPECT_TRUE(failed_with(s.write("more"), error_kind::io, "temporary file"));
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);
    std::string back;
    while (s.size() > 0) {
        ASSERT_TRUE(succeeded(s.read(back)));
    }
    EXPECT_TRUE(back == text);
}

}  // namespace
}  // namespace libsql::remote
