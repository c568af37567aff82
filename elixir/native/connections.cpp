// Opening and closing connections, and their state.

#include "connection_state.hpp"
#include "databases.hpp"
#include "functions.hpp"
#include "resources.hpp"

#include <libsql/libsql.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nif {

/// open(options as [{name, value}], pragmas as [{name, value}], extensions as [{path, entry
/// point}]). All are texts.
term open(ErlNifEnv* env, const term* arguments) {
    std::vector<std::pair<std::string_view, std::string_view>> given;
    const auto each = [&](term pairs, auto f) {
        each_pair(env, pairs, [&](term first, term second) {
            given.emplace_back(text(env, first, "an option's name"),
                               text(env, second, "an option's value"));
            f(given.back().first, given.back().second);
        });
    };
    std::vector<std::pair<std::string_view, std::string_view>> settings;
    each(arguments[0], [&](auto name, auto value) { settings.emplace_back(name, value); });
    auto chosen = take(libsql::options::parse(settings));
    each(arguments[1],
         [&](auto name, auto value) { chosen.custom_pragmas.emplace_back(name, value); });
    each(arguments[2], [&](auto path, auto entry) {
        chosen.load_extensions.push_back({std::string(path), std::string(entry)});
    });
    std::string identity;
    for (const auto& [name, value] : given) {
        if (name != "auth_token") {
            (identity += name).append(1, '\0').append(value).append(1, '\0');
        }
    }
    auto database = take(open_database(std::move(chosen), identity));
    auto connection = take(database->connect());
    auto made = std::make_unique<connection_resource>();
    made->of = std::make_shared<connection_state>(std::move(database), std::move(connection));
    return ok(env, wrap(env, std::move(made)));
}

term close(ErlNifEnv* env, const term* arguments) {
    connection_of(env, arguments[0])->close_noexcept();
    return atoms(env).ok;
}

term interrupt(ErlNifEnv* env, const term* arguments) {
    connection_of(env, arguments[0])->interrupt();
    return atoms(env).ok;
}

/// interrupts(connection): the number of interrupts so far.
term interrupts(ErlNifEnv* env, const term* arguments) {
    return enif_make_uint64(env, connection_of(env, arguments[0])->interrupts());
}

term ping(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto until = deadline(env, arguments[1]);
    const connection_state::connection_lock connection_lock(env, of, until);
    take(of.connection.ping(until));
    return atoms(env).ok;
}

term reset(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const connection_state::connection_lock connection_lock(env, of);
    of.transaction.reset();
    take(of.connection.reset());
    return atoms(env).ok;
}

namespace {

/// What `read` returns for the connection, without waiting.
template <class Read>
term known(ErlNifEnv* env, const term* arguments, Read read) {
    auto& of = *connection_of(env, arguments[0]);
    const connection_state::connection_lock connection_lock(env, of);
    return read(of.connection);
}

}  // namespace

term last_insert_rowid(ErlNifEnv* env, const term* arguments) {
    return known(env, arguments, [&](auto& c) { return integer(env, c.last_insert_rowid()); });
}

term changes(ErlNifEnv* env, const term* arguments) {
    return known(env, arguments, [&](auto& c) { return integer(env, c.changes()); });
}

term total_changes(ErlNifEnv* env, const term* arguments) {
    return known(env, arguments, [&](auto& c) { return integer(env, c.total_changes()); });
}

term is_autocommit(ErlNifEnv* env, const term* arguments) {
    return known(env, arguments, [&](auto& c) {
        return c.is_autocommit() ? atoms(env).is_true : atoms(env).is_false;
    });
}

}  // namespace nif
