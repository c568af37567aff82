#include "libsql/core/out_of_memory.hpp"

namespace libsql::detail {

const error& out_of_memory() noexcept {
    // The statement may have had an effect before memory ran out.
    static const error one({.kind = error_kind::out_of_memory,
                            .message = "out of memory",
                            .outcome = error_outcome::unknown});
    return one;
}

namespace {
[[maybe_unused]] const error& made_early = out_of_memory();
}  // namespace

}  // namespace libsql::detail
