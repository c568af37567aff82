#pragma once

#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <cstddef>
#include <vector>

namespace nif {

/// All rows, or as many as are wanted; `done` when there are no more.
term read_rows(ErlNifEnv* env, libsql::rows& from, std::size_t most, bool& done);

/// `{:ok, columns, rows, changes}`; columns and rows are nil for a statement without a result.
term result_of(ErlNifEnv* env, libsql::rows rows);

/// Rows that are in memory already.
term rows_of(ErlNifEnv* env, const std::vector<std::vector<libsql::value>>& rows);

}  // namespace nif
