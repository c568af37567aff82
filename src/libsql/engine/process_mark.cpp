#include "libsql/engine/process_mark.hpp"

#include "libsql/engine/engine.h"

#include <pthread.h>

namespace libsql::detail {

/// Counts forks. A child that is created by the system call directly, without the C library, is not
/// detected.
struct fork_counter {
    fork_counter() noexcept {
        pthread_atfork(nullptr, nullptr, [] {
            process_mark::forks.fetch_add(1, std::memory_order_relaxed);
            libsql_engine_forked();
        });
    }
};

namespace {
const fork_counter counter;
}  // namespace

error made_by_parent() {
    return error(error_kind::misuse,
                 "this handle was opened by the parent process, before fork(); open the database "
                 "again in this process");
}

}  // namespace libsql::detail
