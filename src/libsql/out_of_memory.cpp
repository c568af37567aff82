#include "libsql/out_of_memory.hpp"

namespace libsql::detail {

const error& out_of_memory() noexcept {
    static const error one(error_kind::out_of_memory, "out of memory");
    return one;
}

namespace {
[[maybe_unused]] const error& made_early = out_of_memory();
}  // namespace

}  // namespace libsql::detail
