#pragma once

#include <libsql/deadline.hpp>

#include <chrono>

namespace libsql::detail {

/// The deadline of a call that was given `until`: that, or, if it never passes, the option
/// `timeout` from now.
inline deadline effective(deadline until, std::chrono::milliseconds timeout) noexcept {
    return until.is_set() || timeout.count() == 0 ? until : deadline::in(timeout);
}

}  // namespace libsql::detail
