#pragma once

#include "connection_state.hpp"

#include <erl_nif.h>

#include <memory>
#include <optional>

namespace nif {

/// What Erlang holds of a connection.
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

/// Makes a type known to Erlang, also when the library is loaded anew; null when it refuses.
/// `drops` is called when nothing refers to a resource any more, `down` when a process ends that it
/// monitors.
ErlNifResourceType* open_resource_type(ErlNifEnv* env, const char* name, ErlNifResourceDtor* drops,
                                       ErlNifResourceDown* down);

/// Makes the types below known to Erlang; false when it refuses.
bool open_resource_types(ErlNifEnv* env);

/// Gives what was made to Erlang. A statement and a cursor keep the handle of their connection.
term wrap(ErlNifEnv* env, std::unique_ptr<connection_resource> made);
term wrap(ErlNifEnv* env, std::unique_ptr<statement_resource> made);
term wrap(ErlNifEnv* env, std::unique_ptr<cursor_resource> made);

/// What a term stands for; throws `bad_argument` when it is something else.
std::shared_ptr<connection_state>& connection_of(ErlNifEnv* env, term from);
statement_resource& statement_of(ErlNifEnv* env, term from);
cursor_resource& cursor_of(ErlNifEnv* env, term from);

/// As above; throws `bad_argument` too when it is not of this connection.
statement_resource& statement_of(ErlNifEnv* env, term connection, term from);
cursor_resource& cursor_of(ErlNifEnv* env, term connection, term from);

}  // namespace nif
