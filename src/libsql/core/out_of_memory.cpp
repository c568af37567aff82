#include "libsql/core/out_of_memory.hpp"

namespace libsql::detail {

const error& out_of_memory() noexcept {
    // Nor is it known what was done before.
    static const error one({.kind = error_kind::out_of_memory,
                            .message = "out of memory",
                            .outcome = error_outcome::unknown});
    return one;
}

namespace {
[[maybe_unused]] const error& made_early = out_of_memory();
}  // namespace

}  // namespace libsql::detail
