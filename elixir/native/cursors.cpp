// Cursors: rows that are read on demand.

#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"
#include "results.hpp"

#include <libsql/libsql.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace nif {

/// declare(connection, sql, arguments, timeout): `{:ok, cursor, columns}`.
term declare(ErlNifEnv* env, const term* arguments) {
    const auto& of = connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const auto until = deadline(env, arguments[3]);
    const connection_state::connection_lock connection_lock(env, *of, until);
    of->check_transaction();
    // If this fails, it is destroyed before the lock.
    auto made = std::make_unique<cursor_resource>();
    made->given.emplace(made->env, enif_make_copy(made->env, arguments[2]));
    return or_locked(env, *of, [&] {
        made->rows = take(
            made->given->visit([&](const auto& a) { return of->connection.query(until, sql, a); }));
        made->of = of;
        const term names = column_names(env, *made->rows);
        return enif_make_tuple3(env, atoms(env).ok, wrap(env, std::move(made)), names);
    });
}

/// fetch(connection, cursor, most, timeout): `{:cont | :halt, rows}`.
term fetch(ErlNifEnv* env, const term* arguments) {
    auto& c = cursor_of(env, arguments[0], arguments[1]);
    const auto most = number(env, arguments[2], "a number of rows");
    if (most < 1) {
        throw bad_argument("a number of rows must be positive");
    }
    const auto until = deadline(env, arguments[3]);
    const connection_state::connection_lock connection_lock(env, *c.of, until);
    if (!c.rows) {
        throw failed{libsql::error(libsql::error_kind::closed, "the cursor is closed")};
    }
    c.rows->set_deadline(until);
    bool done = c.done;
    const term read = done ? enif_make_list(env, 0)
                           : read_rows(env, *c.rows, static_cast<std::size_t>(most), done);
    c.done = done;
    return enif_make_tuple2(env, done ? atoms(env).halt : atoms(env).cont, read);
}

term close_cursor(ErlNifEnv* env, const term* arguments) {
    auto& c = cursor_of(env, arguments[0], arguments[1]);
    const connection_state::connection_lock connection_lock(env, *c.of);
    c.end();
    return atoms(env).ok;
}

}  // namespace nif
