// Code that runs inside a connection's statements.

#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"

#include <libsql/libsql.hpp>

#include <bitset>
#include <string>

namespace nif {
namespace {

constexpr unsigned actions = static_cast<unsigned>(libsql::authorizer_action::recursive) + 1;

term atom_of(ErlNifEnv* env, libsql::change_kind kind) noexcept {
    switch (kind) {
        case libsql::change_kind::inserted:
            return atoms(env).inserted;
        case libsql::change_kind::updated:
            return atoms(env).updated;
        default:
            return atoms(env).deleted;
    }
}

unsigned action_of(const std::string& name) {
    for (unsigned i = 1; i < actions; ++i) {
        if (libsql::to_string(static_cast<libsql::authorizer_action>(i)) == name) {
            return i;
        }
    }
    throw bad_argument("there is no statement action :" + name);
}

}  // namespace

/// set_update_hook(connection, pid | nil): sends a message for each changed row to the process,
/// `{:insert | :update | :delete, database, table, rowid}`.
term set_update_hook(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    ErlNifPid to;
    const bool wanted = enif_get_local_pid(env, arguments[1], &to) != 0;
    if (!wanted && enif_is_identical(arguments[1], atoms(env).nil) == 0) {
        throw bad_argument("an update hook must be a process on this node, or nil");
    }
    const connection_state::connection_lock connection_lock(env, of);
    if (!wanted) {
        take(libsql::set_update_hook(of.connection, {}));
        return atoms(env).ok;
    }
    take(libsql::set_update_hook(of.connection, [&of, to](const libsql::update_event& event) {
        ErlNifEnv* const message = enif_alloc_env();
        enif_send(
            of.caller_env(), &to, message,
            enif_make_tuple4(message, atom_of(message, event.kind), binary(message, event.database),
                             binary(message, event.table), integer(message, event.rowid)));
        enif_free_env(message);
    }));
    return atoms(env).ok;
}

/// set_authorizer(connection, [action]): refuses statements that need one of these actions.
term set_authorizer(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    std::bitset<actions> denied;
    term head = 0;
    term tail = arguments[1];
    while (enif_get_list_cell(env, tail, &head, &tail) != 0) {
        denied.set(action_of(atom_name(env, head, "a statement action")));
    }
    if (enif_is_empty_list(env, tail) == 0) {
        throw bad_argument("a list of actions is needed");
    }
    const connection_state::connection_lock connection_lock(env, of);
    if (denied.none()) {
        take(libsql::set_authorizer(of.connection, {}));
        return atoms(env).ok;
    }
    take(libsql::set_authorizer(of.connection, [denied](const libsql::authorizer_request& request) {
        return denied.test(static_cast<std::size_t>(request.action)) ? libsql::authorization::deny
                                                                     : libsql::authorization::allow;
    }));
    return atoms(env).ok;
}

/// enable_extensions(connection, boolean): allows or forbids load_extension.
term enable_extensions(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const bool enabled = boolean(env, arguments[1], "whether extensions are enabled");
    const connection_state::connection_lock connection_lock(env, of);
    of.may_load_extensions = enabled;
    return atoms(env).ok;
}

/// load_extension(connection, path, entry point | nil)
term load_extension(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    libsql::extension wanted{.path = std::string(text(env, arguments[1], "an extension's path"))};
    if (enif_is_identical(arguments[2], atoms(env).nil) == 0) {
        wanted.entry_point = text(env, arguments[2], "an extension's entry point");
    }
    const connection_state::connection_lock connection_lock(env, of);
    if (!of.may_load_extensions) {
        throw failed{libsql::error(libsql::error_kind::permission,
                                   "extensions are not enabled for this connection")};
    }
    take(libsql::load_extension(of.connection, wanted));
    return atoms(env).ok;
}

}  // namespace nif
