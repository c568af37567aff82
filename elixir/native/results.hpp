#pragma once

#include "connection_state.hpp"
#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <cstddef>
#include <vector>

namespace nif {

/// All rows, or at most `most`; sets `done` if there are no more.
term read_rows(ErlNifEnv* env, libsql::rows& from, std::size_t most, bool& done);

/// `{:ok, columns, rows, changes}`; columns and rows are nil for a statement without a result.
term result_of(ErlNifEnv* env, libsql::rows rows);

/// See `or_locked`.
term locked(ErlNifEnv* env, connection_state& of, const libsql::error& why);

/// The result of `f`, a call that runs one statement while it holds the lock of `of`. If a lock of
/// another connection is in the way, `{:locked, remaining milliseconds, interrupts so far, error}`;
/// the caller then tries again.
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

/// Rows that are already in memory.
term rows_of(ErlNifEnv* env, const std::vector<std::vector<libsql::value>>& rows);

}  // namespace nif
