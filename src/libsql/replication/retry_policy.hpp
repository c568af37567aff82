#pragma once

#include "libsql/core/backoff.hpp"

#include <libsql/deadline.hpp>
#include <libsql/error.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace libsql::replication {

/// How long temporary failures are retried: until the deadline, or for half a minute if there is
/// none. Progress starts the time again.
class retry_policy {
public:
    explicit retry_policy(deadline until) : until_(until) {}

    void on_progress() {
        give_up_.reset();
        waits_.succeeded();
    }

    /// Waits by calling `wait(duration, deadline)` after `why`. Returns the error to give up with:
    /// `why` if it is not temporary, or if no time is left. (An error that a server has answered
    /// with was already retried where that helps.)
    template <class Wait>
    std::optional<error> after(error why, Wait&& wait) {
        const bool passes = why.kind() == error_kind::busy ||
                            (why.kind() == error_kind::network && why.http_status() == 0);
        if (!passes) {
            return why;
        }
        if (!give_up_) {
            constexpr std::chrono::seconds longest{30};
            give_up_ = until_.is_set() ? until_ : deadline::in(longest);
        }
        if (wait(waits_.next(), *give_up_)) {
            return std::nullopt;
        }
        return until_.is_set() ? error(error_kind::timeout,
                                       "the deadline passed; the last error was: " + why.message())
                               : why;
    }

private:
    deadline until_;
    std::optional<deadline> give_up_{};
    detail::backoff waits_{std::chrono::milliseconds(100), std::chrono::seconds(5)};
};

}  // namespace libsql::replication
