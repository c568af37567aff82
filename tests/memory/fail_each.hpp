#pragma once

#include "memory/failing_allocator.hpp"

#include <libsql/error.hpp>
#include <libsql/result.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <optional>

namespace libsql::testing {

/// What comes of work with one allocation less: it may throw `bad_alloc`, and nothing else.
template <class Work>
bool fails_with_one_less(std::int64_t n, Work&& work) {
    fail_allocation(n);
    std::optional<error> thrown;
    try {
        work();
    } catch (const std::bad_alloc&) {
    } catch (const exception& e) {
        thrown = e.error();
    }
    const bool has_failed = allocate_all();
    if (thrown) {
        EXPECT_EQ(thrown->kind(), error_kind::out_of_memory) << thrown->to_string();
    }
    return has_failed;
}

/// Does `work` with what `prepare` makes, again and again, until none of its allocations fails.
/// What was prepared is dropped while all is well, and `check` looks at it before.
template <class Prepare, class Work, class Check>
void fail_each(Prepare prepare, Work work, Check check) {
    constexpr std::int64_t most = 20'000;
    for (std::int64_t n = 0; n < most; ++n) {
        auto with = prepare();
        const bool failed = fails_with_one_less(n, [&] { work(with); });
        check(with);
        if (::testing::Test::HasFailure()) {
            ADD_FAILURE() << "allocation " << n;
            return;
        }
        if (!failed) {
            EXPECT_GT(n, 0) << "it allocates nothing";
            return;
        }
    }
    ADD_FAILURE() << "no end";
}

/// What an application does with an outcome that it does not need.
template <class T>
void note(const result<T>& outcome) {
    if (!outcome) {
        static_cast<void>(outcome.error().to_string());
    }
}

}  // namespace libsql::testing
