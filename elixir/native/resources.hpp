#pragma once

#include "connection_state.hpp"

#include <erl_nif.h>

#include <memory>
#include <optional>

namespace nif {

/// The content of a connection's resource in Erlang.
struct connection_resource {
    std::shared_ptr<connection_state> of;
};

/// A prepared statement.
struct statement_resource {
    std::shared_ptr<connection_state> of;
    std::optional<libsql::statement> held;

    void end() { held.reset(); }
};

/// The rows of a running query, and the arguments that it views.
struct cursor_resource {
    cursor_resource() : env(enif_alloc_env()) {}

    ~cursor_resource() { enif_free_env(env); }

    cursor_resource(const cursor_resource&) = delete;
    cursor_resource& operator=(const cursor_resource&) = delete;

    void end() { rows.reset(); }

    std::shared_ptr<connection_state> of;
    ErlNifEnv* env;
    std::optional<arguments> given;
    std::optional<libsql::rows> rows;
    bool done{false};
};

/// Registers a resource type with Erlang, or takes it over when the library is loaded again; null
/// if Erlang refuses. `drops` is called when nothing refers to a resource any more, `down` when a
/// process that it monitors ends.
ErlNifResourceType* open_resource_type(ErlNifEnv* env, const char* name, ErlNifResourceDtor* drops,
                                       ErlNifResourceDown* down);

/// Registers the types below. False if Erlang refuses.
bool open_resource_types(ErlNifEnv* env);

/// Passes the object to Erlang. A statement and a cursor keep their connection's handle alive.
term wrap(ErlNifEnv* env, std::unique_ptr<connection_resource> made);
term wrap(ErlNifEnv* env, std::unique_ptr<statement_resource> made);
term wrap(ErlNifEnv* env, std::unique_ptr<cursor_resource> made);

/// The object that a term refers to. Throws `bad_argument` if it is something else.
std::shared_ptr<connection_state>& connection_of(ErlNifEnv* env, term from);
statement_resource& statement_of(ErlNifEnv* env, term from);
cursor_resource& cursor_of(ErlNifEnv* env, term from);

/// As above. Also throws `bad_argument` if the object belongs to another connection.
statement_resource& statement_of(ErlNifEnv* env, term connection, term from);
cursor_resource& cursor_of(ErlNifEnv* env, term connection, term from);

}  // namespace nif
