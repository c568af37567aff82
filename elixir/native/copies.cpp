// Copies of whole databases.

#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"

#include <libsql/libsql.hpp>

#include <sstream>
#include <string>

namespace nif {
/// dump(connection, include_rows): `{:ok, sql}`.
term dump(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const bool with_data = boolean(env, arguments[1], "whether rows are dumped");
    const connection_state::connection_lock connection_lock(env, of);
    return ok(env, binary(env, take(libsql::dump(of.connection, {.with_data = with_data}))));
}

/// load_dump(connection, sql, timeout): `{:ok, statements}`.
term load_dump(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    std::istringstream source{std::string(text(env, arguments[1], "a dump"))};
    const libsql::load_options chosen{.until = deadline(env, arguments[2])};
    const connection_state::connection_lock connection_lock(env, of);
    of.check_transaction();
    const auto done = take(libsql::load_dump(of.connection, source, chosen));
    return ok(env, enif_make_uint64(env, done.statements));
}

/// serialize(connection, schema): `{:ok, bytes}`.
term serialize(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto schema = text(env, arguments[1], "a schema");
    const connection_state::connection_lock connection_lock(env, of);
    const auto bytes = take(libsql::serialize(of.connection, schema));
    return ok(env, binary(env, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

/// deserialize(connection, schema, bytes): replaces the database.
term deserialize(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto schema = text(env, arguments[1], "a schema");
    const auto bytes = text(env, arguments[2], "a database");
    const connection_state::connection_lock connection_lock(env, of);
    take(libsql::deserialize(of.connection,
                             {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()},
                             libsql::deserialize_access::read_write, schema));
    return atoms(env).ok;
}

/// back_up(connection, path, key, timeout): copies to another file, which is encrypted unless the
/// key is empty.
term back_up(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const std::string path(text(env, arguments[1], "a path"));
    const std::string key(text(env, arguments[2], "a key"));
    const libsql::backup_options chosen{.until = deadline(env, arguments[3])};
    const connection_state::connection_lock connection_lock(env, of);
    take(libsql::back_up(of.connection, path, key, chosen));
    return atoms(env).ok;
}

}  // namespace nif
