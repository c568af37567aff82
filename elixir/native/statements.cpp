// Statements, as text or prepared.

#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"
#include "results.hpp"

#include <libsql/libsql.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nif {
namespace {

/// The error of a statement that a foreign key refused, completed with the name of that key, which
/// SQLite does not report.
libsql::error name_foreign_key(connection_state& of, const libsql::error& why, std::string_view sql,
                               const nif::arguments& given) {
    if (why.constraint() == nullptr ||
        why.constraint()->kind != libsql::constraint_kind::foreign_key) {
        return why;
    }
    const auto found = given.visit(
        [&](const auto& a) { return libsql::violated_foreign_key(of.connection, sql, a); });
    if (!found || !*found) {
        return why;
    }
    const auto& key = **found;
    auto all = why.all();
    all.constraint->table = key.table;
    all.constraint->columns = key.columns;
    all.constraint->name = key.name;
    return libsql::error(std::move(all));
}

libsql::statement& held(statement_resource& s) {
    if (!s.held) {
        throw failed{libsql::error(libsql::error_kind::closed, "the statement is closed")};
    }
    return *s.held;
}

}  // namespace

/// run(connection, sql, arguments, timeout)
term run(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const nif::arguments given(env, arguments[2]);
    const auto until = deadline(env, arguments[3]);
    const connection_state::connection_lock connection_lock(env, of, until);
    of.check_transaction();
    try {
        return or_locked(env, of, [&] {
            return result_of(env, take(given.visit([&](const auto& a) {
                                 return of.connection.query(until, sql, a);
                             })));
        });
    } catch (const failed& f) {
        throw failed{name_foreign_key(of, f.why, sql, given)};
    }
}

/// run_script(connection, sql, timeout): `{:ok, [{columns, rows, changes}], nil | error}`.
term run_script(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a script");
    const auto until = deadline(env, arguments[2]);
    const connection_state::connection_lock connection_lock(env, of, until);
    of.check_transaction();
    const auto done = of.connection.run_script(sql, until);
    if (!done && !done.error().statement_index()) {
        throw failed{done.error()};
    }
    std::vector<term> results;
    const auto add = [&](const auto& columns, const auto& rows, const auto& executed) {
        results.push_back(enif_make_tuple3(env, column_names(env, columns), rows_of(env, rows),
                                           integer(env, executed.rows_affected)));
    };
    if (done) {
        for (const auto& one : *done) {
            add(one.columns, one.rows, one.executed);
        }
    } else {
        for (const auto& one : done.error().completed()) {
            add(one.columns(), one.rows(), one.executed());
        }
    }
    return enif_make_tuple3(env, atoms(env).ok, list(env, results),
                            done ? atoms(env).nil : failure(env, done.error()));
}

/// split_script(sql): `{:ok, [statement]}`.
term split_script(ErlNifEnv* env, const term* arguments) {
    std::vector<term> statements;
    for (const auto& one : libsql::split_script(text(env, arguments[0], "a script"))) {
        statements.push_back(binary(env, one.sql));
    }
    return ok(env, list(env, statements));
}

/// run_batch(connection, [{sql, arguments}], transactional?, timeout): `{:ok, [outcome]}`. An
/// outcome is `{:ok, columns, rows, changes}`, `{:error, ...}` or `:skipped`.
term run_batch(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    libsql::batch steps;
    each_pair(env, arguments[1], [&](term sql, term given) {
        const nif::arguments values(env, given);
        values.visit([&](const auto& a) { steps.add(text(env, sql, "a statement"), a); });
    });
    const auto mode = boolean(env, arguments[2], "whether it is a transaction")
                          ? libsql::batch_mode::transactional
                          : libsql::batch_mode::independent;
    const auto until = deadline(env, arguments[3]);
    const connection_state::connection_lock connection_lock(env, of, until);
    of.check_transaction();
    const auto done = of.connection.run(steps, mode, until);
    if (!done && !done.error().statement_index()) {
        throw failed{done.error()};
    }
    std::vector<term> outcomes;
    for (const auto& step : done ? done->steps : done.error().completed()) {
        if (step.failed()) {
            outcomes.push_back(failure(env, step.error()));
        } else if (step.skipped()) {
            outcomes.push_back(atoms(env).skipped);
        } else {
            const bool has_rows = !step.columns().empty();
            outcomes.push_back(enif_make_tuple4(
                env, atoms(env).ok, has_rows ? column_names(env, step.columns()) : atoms(env).nil,
                has_rows ? rows_of(env, step.rows()) : atoms(env).nil,
                integer(env, step.executed().rows_affected)));
        }
    }
    if (!done) {
        outcomes.push_back(failure(env, done.error()));
        outcomes.resize(steps.size(), atoms(env).skipped);
    }
    return ok(env, list(env, outcomes));
}

term prepare(ErlNifEnv* env, const term* arguments) {
    const auto& of = connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const connection_state::connection_lock connection_lock(env, *of);
    auto made = std::make_unique<statement_resource>();
    made->of = of;
    made->held = take(of->connection.prepare(sql));
    return ok(env, wrap(env, std::move(made)));
}

/// run_statement(connection, statement, arguments, timeout)
term run_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const nif::arguments given(env, arguments[2]);
    const auto until = deadline(env, arguments[3]);
    const connection_state::connection_lock connection_lock(env, *s.of, until);
    s.of->check_transaction();
    return or_locked(env, *s.of, [&] {
        return result_of(env,
                         take(given.visit([&](const auto& a) { return held(s).query(until, a); })));
    });
}

term reset_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const connection_state::connection_lock connection_lock(env, *s.of);
    take(held(s).reset());
    return atoms(env).ok;
}

term close_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0]);
    const connection_state::connection_lock connection_lock(env, *s.of);
    held(s).close();
    s.end();
    return atoms(env).ok;
}

/// describe(connection, statement): `{:ok, columns, parameters}`. A column is `{name, origin | nil,
/// declared type | nil}`; a parameter is its name with the prefix, nil for `?`.
term describe(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const connection_state::connection_lock connection_lock(env, *s.of);
    const auto text_or_nil = [&](const std::optional<std::string>& t) {
        return t ? binary(env, *t) : atoms(env).nil;
    };
    std::vector<term> columns;
    for (const auto& c : take(held(s).columns())) {
        columns.push_back(enif_make_tuple3(env, binary(env, c.name), text_or_nil(c.origin),
                                           text_or_nil(c.declared_type)));
    }
    std::vector<term> parameters;
    for (const auto& name : take(held(s).parameters())) {
        parameters.push_back(text_or_nil(name));
    }
    return enif_make_tuple3(env, atoms(env).ok, list(env, columns), list(env, parameters));
}

}  // namespace nif
