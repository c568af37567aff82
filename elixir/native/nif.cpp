// EctoLibSql.Nif. Every function accepts any terms. Errors are returned as error tuples, and no
// exception reaches the emulator.

#include "background_worker.hpp"
#include "caller_watch.hpp"
#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"
#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <erl_nif.h>

#include <exception>
#include <new>

namespace nif {
namespace {

/// For functions that may wait for a disk, a lock, a server or another call.
constexpr unsigned io = ERL_NIF_DIRTY_JOB_IO_BOUND;

/// For functions that return at once. If they would have to wait for another call, they are
/// rescheduled.
constexpr unsigned at_once = 0;

using function = term (*)(ErlNifEnv*, const term*);

/// Makes a native function of a function that may throw.
template <function F>
term guarded(ErlNifEnv* env, int count, const term arguments[]) noexcept {
    using libsql::error;
    using libsql::error_kind;
    try {
        try {
            return F(env, arguments);
        } catch (const reschedule&) {
            return enif_schedule_nif(env, "waiting", io, &guarded<F>, count, arguments);
        } catch (const failed& f) {
            return failure(env, f.why);
        } catch (const bad_argument& b) {
            return failure(env, error(error_kind::invalid_argument, b.what()));
        } catch (const libsql::exception& e) {
            return failure(env, e.error());
        } catch (const std::bad_alloc&) {
            // The statement may have had an effect before memory ran out.
            return failure(env, error({.kind = error_kind::out_of_memory,
                                       .message = "out of memory",
                                       .outcome = libsql::error_outcome::unknown}));
        } catch (const std::exception& e) {
            return failure(env, error(error_kind::internal, e.what()));
        }
    } catch (...) {
        return atoms(env).error;
    }
}

/// Its address identifies this copy of the library.
int this_library = 0;

int load(ErlNifEnv* env, void** data, term /*argument*/) noexcept {
    try {
        if (!open_resource_types(env) || !caller_watch::open_resource_type(env)) {
            return 1;
        }
        static_cast<void>(atoms(env));
        background_worker::start();
        *data = &this_library;
        return 0;
    } catch (...) {
        return 2;
    }
}

/// Called when the module is loaded again. Refuses another copy of the library, because its engine
/// would not know the files and objects that this one has open; the old module remains.
int upgrade(ErlNifEnv* env, void** data, void** old, term argument) noexcept {
    return *old == &this_library ? load(env, data, argument) : 3;
}

void unload(ErlNifEnv* /*env*/, void* /*private_data*/) noexcept {
    background_worker::stop();
}

ErlNifFunc functions[] = {
    // in the format of ERL_NIF_INIT
    ErlNifFunc{"open", 3, &guarded<&open>, io},
    ErlNifFunc{"close", 1, &guarded<&close>, io},
    ErlNifFunc{"interrupt", 1, &guarded<&interrupt>, at_once},
    ErlNifFunc{"interrupts", 1, &guarded<&interrupts>, at_once},
    ErlNifFunc{"ping", 2, &guarded<&ping>, io},
    ErlNifFunc{"reset", 1, &guarded<&reset>, io},
    ErlNifFunc{"run", 4, &guarded<&run>, io},
    ErlNifFunc{"run_script", 3, &guarded<&run_script>, io},
    ErlNifFunc{"split_script", 1, &guarded<&split_script>, io},
    ErlNifFunc{"run_batch", 4, &guarded<&run_batch>, io},
    ErlNifFunc{"prepare", 2, &guarded<&prepare>, io},
    ErlNifFunc{"run_statement", 4, &guarded<&run_statement>, io},
    ErlNifFunc{"reset_statement", 2, &guarded<&reset_statement>, io},
    ErlNifFunc{"close_statement", 1, &guarded<&close_statement>, io},
    ErlNifFunc{"describe", 2, &guarded<&describe>, io},
    ErlNifFunc{"declare", 4, &guarded<&declare>, io},
    ErlNifFunc{"fetch", 4, &guarded<&fetch>, io},
    ErlNifFunc{"close_cursor", 2, &guarded<&close_cursor>, io},
    ErlNifFunc{"begin", 3, &guarded<&begin>, io},
    ErlNifFunc{"commit", 2, &guarded<&commit>, io},
    ErlNifFunc{"rollback", 1, &guarded<&rollback>, io},
    ErlNifFunc{"last_insert_rowid", 1, &guarded<&last_insert_rowid>, at_once},
    ErlNifFunc{"changes", 1, &guarded<&changes>, at_once},
    ErlNifFunc{"total_changes", 1, &guarded<&total_changes>, at_once},
    ErlNifFunc{"is_autocommit", 1, &guarded<&is_autocommit>, at_once},
    ErlNifFunc{"sync", 2, &guarded<&sync>, io},
    ErlNifFunc{"sync_until", 3, &guarded<&sync_until>, io},
    ErlNifFunc{"frames", 1, &guarded<&frames>, io},
    ErlNifFunc{"flush", 1, &guarded<&flush>, io},
    ErlNifFunc{"freeze", 1, &guarded<&freeze>, io},
    ErlNifFunc{"set_update_hook", 2, &guarded<&set_update_hook>, at_once},
    ErlNifFunc{"set_authorizer", 2, &guarded<&set_authorizer>, io},
    ErlNifFunc{"enable_extensions", 2, &guarded<&enable_extensions>, at_once},
    ErlNifFunc{"load_extension", 3, &guarded<&load_extension>, io},
    ErlNifFunc{"dump", 2, &guarded<&dump>, io},
    ErlNifFunc{"load_dump", 3, &guarded<&load_dump>, io},
    ErlNifFunc{"serialize", 2, &guarded<&serialize>, io},
    ErlNifFunc{"deserialize", 3, &guarded<&deserialize>, io},
    ErlNifFunc{"back_up", 4, &guarded<&back_up>, io},
};

}  // namespace
}  // namespace nif

ERL_NIF_INIT(Elixir.EctoLibSql.Nif, nif::functions, nif::load, nullptr, nif::upgrade, nif::unload)
