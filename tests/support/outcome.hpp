#pragma once

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>
#include <libsql/result.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace libsql::testing {

/// For EXPECT_TRUE: the call succeeded; otherwise the output contains its error.
template <class T>
::testing::AssertionResult succeeded(const result<T>& outcome) {
    if (outcome) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << outcome.error().to_string();
}

/// For EXPECT_TRUE: `why` is of `kind`, and its message contains `words`.
inline ::testing::AssertionResult is_error(const error& why, error_kind kind,
                                           std::string_view words = {}) {
    if (why.kind() == kind && why.message().find(words) != std::string::npos) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << "wanted " << to_string(kind) << " with \"" << words
                                         << "\", it is " << why.to_string();
}

/// For EXPECT_TRUE: the call failed with `kind`, and the message contains `words`.
template <class T>
::testing::AssertionResult failed_with(const result<T>& outcome, error_kind kind,
                                       std::string_view words = {}) {
    if (outcome) {
        return ::testing::AssertionFailure() << "it succeeded; wanted " << to_string(kind);
    }
    return is_error(outcome.error(), kind, words);
}

/// The kind of the error with which a call failed. If it succeeded, the test fails.
template <class Result>
error_kind kind_of(const Result& outcome) {
    EXPECT_FALSE(outcome);
    return outcome ? error_kind::internal : outcome.error().kind();
}

/// For EXPECT_TRUE: `call(deadline)` times out, and the message contains `words`. Tries longer and
/// longer deadlines, because a busy machine may take long to reach the point that the message
/// describes.
template <class F>
::testing::AssertionResult times_out(F&& call, std::string_view words) {
    using namespace std::chrono_literals;
    for (auto in = 100ms;; in *= 4) {
        auto as_wanted = failed_with(call(deadline::in(in)), error_kind::timeout, words);
        if (as_wanted || in > 10s) {
            return as_wanted;
        }
    }
}

}  // namespace libsql::testing
