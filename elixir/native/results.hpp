#pragma once

#include "connection_state.hpp"
#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <cstddef>
#include <vector>

namespace nif {

/// All rows, or as many as are wanted; `done` when there are no more.
term read_rows(ErlNifEnv* env, libsql::rows& from, std::size_t most, bool& done);

/// `{:ok, columns, rows, changes}`; columns and rows are nil for a statement without a result.
term result_of(ErlNifEnv* env, libsql::rows rows);

/// See `or_locked`.
term locked(ErlNifEnv* env, connection_state& of, const libsql::error& why);

/// The result of a call that makes one statement, which `f` runs, while it has the lock of `of`.
/// When a lock of another connection's is in the way: `{:locked, for how many milliseconds to try,
/// interrupts so far, error}`; it is to be called again.
template <class F>
term or_locked(ErlNifEnv* env, connection_state& of, F f) {
    of.wait_elsewhere();
    try {
        return f();
    } catch (const failed& why) {
        if (!of.gave_way() || why.why.kind() != libsql::error_kind::busy) {
            throw;
        }
        return locked(env, of, why.why);
    }
}

/// Rows that are in memory already.
term rows_of(ErlNifEnv* env, const std::vector<std::vector<libsql::value>>& rows);

}  // namespace nif
