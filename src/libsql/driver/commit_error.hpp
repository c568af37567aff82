#pragma once

#include <libsql/error.hpp>

namespace libsql::detail {

/// The error of a COMMIT or RELEASE as that of all that ran before it: what was not committed is
/// undone. `was_over`: something else had ended it before, and nobody knows how.
inline error commit_error(const error& why, bool was_over) {
    if (was_over) {
        return why.with_outcome(error_outcome::unknown);
    }
    return why.outcome() == error_outcome::not_run ? why.with_outcome(error_outcome::undone) : why;
}

}  // namespace libsql::detail
