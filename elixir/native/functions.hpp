#pragma once

#include "terms.hpp"

#include <erl_nif.h>

/// @file
/// The native functions that nif.cpp registers with Erlang. They report errors by throwing.

namespace nif {

// connections.cpp
term open(ErlNifEnv* env, const term* arguments);
term close(ErlNifEnv* env, const term* arguments);
term interrupt(ErlNifEnv* env, const term* arguments);
term interrupts(ErlNifEnv* env, const term* arguments);
term ping(ErlNifEnv* env, const term* arguments);
term reset(ErlNifEnv* env, const term* arguments);
term last_insert_rowid(ErlNifEnv* env, const term* arguments);
term changes(ErlNifEnv* env, const term* arguments);
term total_changes(ErlNifEnv* env, const term* arguments);
term is_autocommit(ErlNifEnv* env, const term* arguments);

// statements.cpp
term run(ErlNifEnv* env, const term* arguments);
term run_script(ErlNifEnv* env, const term* arguments);
term split_script(ErlNifEnv* env, const term* arguments);
term run_batch(ErlNifEnv* env, const term* arguments);
term prepare(ErlNifEnv* env, const term* arguments);
term run_statement(ErlNifEnv* env, const term* arguments);
term reset_statement(ErlNifEnv* env, const term* arguments);
term close_statement(ErlNifEnv* env, const term* arguments);
term describe(ErlNifEnv* env, const term* arguments);

// cursors.cpp
term declare(ErlNifEnv* env, const term* arguments);
term fetch(ErlNifEnv* env, const term* arguments);
term close_cursor(ErlNifEnv* env, const term* arguments);

// transactions.cpp
term begin(ErlNifEnv* env, const term* arguments);
term commit(ErlNifEnv* env, const term* arguments);
term rollback(ErlNifEnv* env, const term* arguments);

// replicas.cpp
term sync(ErlNifEnv* env, const term* arguments);
term sync_until(ErlNifEnv* env, const term* arguments);
term frames(ErlNifEnv* env, const term* arguments);
term flush(ErlNifEnv* env, const term* arguments);
term freeze(ErlNifEnv* env, const term* arguments);

// hooks.cpp
term set_update_hook(ErlNifEnv* env, const term* arguments);
term set_authorizer(ErlNifEnv* env, const term* arguments);
term enable_extensions(ErlNifEnv* env, const term* arguments);
term load_extension(ErlNifEnv* env, const term* arguments);

// copies.cpp
term dump(ErlNifEnv* env, const term* arguments);
term load_dump(ErlNifEnv* env, const term* arguments);
term serialize(ErlNifEnv* env, const term* arguments);
term deserialize(ErlNifEnv* env, const term* arguments);
term back_up(ErlNifEnv* env, const term* arguments);

}  // namespace nif
