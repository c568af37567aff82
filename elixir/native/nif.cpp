// The functions of EctoLibSql.Nif. Each may be given anything: what is wrong comes back as an
// error tuple, and no exception passes into the emulator.

#include "core.hpp"
#include "reaper.hpp"
#include "resources.hpp"
#include "terms.hpp"

#include <libsql/libsql.hpp>

#include <erl_nif.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nif {
namespace {

using function = term (*)(ErlNifEnv*, const term*);

/// Makes a native function of one that may throw.
template <function F>
term guarded(ErlNifEnv* env, int /*count*/, const term arguments[]) noexcept {
    using libsql::error;
    using libsql::error_kind;
    try {
        try {
            return F(env, arguments);
        } catch (const failed& f) {
            return failure(env, f.why);
        } catch (const bad_argument& b) {
            return failure(env, error(error_kind::invalid_argument, b.what()));
        } catch (const libsql::exception& e) {
            return failure(env, e.error());
        } catch (const std::bad_alloc&) {
            return failure(env, error(error_kind::out_of_memory, "out of memory"));
        } catch (const std::exception& e) {
            return failure(env, error(error_kind::internal, e.what()));
        }
    } catch (...) {
        return atom(env, "error");
    }
}

/// What went through a list of `{name, value}`.
template <class F>
void each_pair(ErlNifEnv* env, term pairs, F f) {
    term head = 0;
    term tail = pairs;
    while (enif_get_list_cell(env, tail, &head, &tail) != 0) {
        int size = 0;
        const term* pair = nullptr;
        if (enif_get_tuple(env, head, &size, &pair) == 0 || size != 2) {
            throw bad_argument("a list of pairs is needed");
        }
        f(pair[0], pair[1]);
    }
    if (enif_is_empty_list(env, tail) == 0) {
        throw bad_argument("a list of pairs is needed");
    }
}

// --- connections ---

/// open([{name, value}]): options as text.
term open(ErlNifEnv* env, const term* arguments) {
    std::vector<std::pair<std::string_view, std::string_view>> settings;
    each_pair(env, arguments[0], [&](term name, term value) {
        settings.emplace_back(text(env, name, "an option's name"),
                              text(env, value, "an option's value"));
    });
    auto database = take(libsql::database::open(take(libsql::options::parse(settings))));
    auto connection = take(database.connect());
    auto made = std::make_unique<connection_resource>();
    made->of = std::make_shared<core>(std::move(database), std::move(connection));
    return ok(env, wrap(env, std::move(made)));
}

term close(ErlNifEnv* env, const term* arguments) {
    connection_of(env, arguments[0])->abandon();
    return atom(env, "ok");
}

term interrupt(ErlNifEnv* env, const term* arguments) {
    connection_of(env, arguments[0])->interrupt();
    return atom(env, "ok");
}

term ping(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto until = deadline(env, arguments[1]);
    const core::turn turn(env, of, until);
    take(of.connection.ping(until));
    return atom(env, "ok");
}

term reset(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    of.transaction.reset();
    take(of.connection.reset());
    return atom(env, "ok");
}

// --- statements ---

/// All rows, or as many as are wanted; `done` when there are no more.
term read_rows(ErlNifEnv* env, libsql::rows& from, std::size_t most, bool& done) {
    std::vector<term> all;
    std::vector<term> scratch;
    while (all.size() < most) {
        if (!take(from.next())) {
            done = true;
            break;
        }
        all.push_back(row(env, from.current(), scratch));
    }
    return list(env, all);
}

/// `{:ok, columns, rows, changes}`; columns and rows are nil for a statement without a result.
term result_of(ErlNifEnv* env, libsql::rows rows) {
    const auto columns = take(rows.columns());
    bool done = false;
    if (columns.empty()) {
        static_cast<void>(take(rows.next()));
        return enif_make_tuple4(env, atom(env, "ok"), atom(env, "nil"), atom(env, "nil"),
                                integer(env, rows.rows_affected()));
    }
    const term read = read_rows(env, rows, static_cast<std::size_t>(-1), done);
    return enif_make_tuple4(env, atom(env, "ok"), column_names(env, columns), read,
                            integer(env, rows.rows_affected()));
}

/// The error of a statement that a foreign key refused, with what SQLite does not say: which one.
libsql::error name_foreign_key(core& of, const libsql::error& why, std::string_view sql,
                               const nif::arguments& given) {
    if (why.constraint() == nullptr ||
        why.constraint()->kind != libsql::constraint_kind::foreign_key) {
        return why;
    }
    const auto found = given.visit(
        [&](const auto& a) { return libsql::foreign_key_violations(of.connection, sql, a); });
    if (!found || found->empty()) {
        return why;
    }
    const auto& first = found->front();
    auto all = why.all();
    all.constraint->table = first.table;
    all.constraint->columns = first.columns;
    all.constraint->name = first.name;
    return libsql::error(std::move(all));
}

/// run(connection, sql, arguments, timeout)
term run(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const nif::arguments given(env, arguments[2]);
    const auto until = deadline(env, arguments[3]);
    const core::turn turn(env, of, until);
    try {
        return result_of(
            env,
            take(given.visit([&](const auto& a) { return of.connection.query(until, sql, a); })));
    } catch (const failed& f) {
        throw failed{name_foreign_key(of, f.why, sql, given)};
    }
}

term rows_of(ErlNifEnv* env, const std::vector<std::vector<libsql::value>>& rows) {
    std::vector<term> all;
    for (const auto& r : rows) {
        std::vector<term> cells;
        for (const auto& cell : r) {
            cells.push_back(value(env, cell));
        }
        all.push_back(list(env, cells));
    }
    return list(env, all);
}

/// run_script(connection, sql, timeout): `{:ok, [{columns, rows, changes}], nil | error}`.
term run_script(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a script");
    const auto until = deadline(env, arguments[2]);
    const core::turn turn(env, of, until);
    const auto done = take(of.connection.run_script(sql, until));
    std::vector<term> results;
    for (const auto& one : done.statements) {
        results.push_back(enif_make_tuple3(env, column_names(env, one.columns),
                                           rows_of(env, one.rows),
                                           integer(env, one.executed.rows_affected)));
    }
    return enif_make_tuple3(env, atom(env, "ok"), list(env, results),
                            done.failure ? failure(env, *done.failure) : atom(env, "nil"));
}

/// run_batch(connection, [{sql, arguments}], transactional?, timeout): `{:ok, [outcome]}`, an
/// outcome being `{:ok, columns, rows, changes}`, `{:error, ...}` or `:skipped`.
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
    const core::turn turn(env, of, until);
    const auto done = take(of.connection.run(steps, mode, until));
    std::vector<term> outcomes;
    for (const auto& step : done.steps) {
        if (step.failed()) {
            outcomes.push_back(failure(env, step.error()));
        } else if (step.skipped()) {
            outcomes.push_back(atom(env, "skipped"));
        } else {
            const bool has_rows = !step.columns().empty();
            outcomes.push_back(
                enif_make_tuple4(env, atom(env, "ok"),
                                 has_rows ? column_names(env, step.columns()) : atom(env, "nil"),
                                 has_rows ? rows_of(env, step.rows()) : atom(env, "nil"),
                                 integer(env, step.executed().rows_affected)));
        }
    }
    return ok(env, list(env, outcomes));
}

term prepare(ErlNifEnv* env, const term* arguments) {
    const auto& of = connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const core::turn turn(env, *of);
    auto made = std::make_unique<statement_resource>();
    made->of = of;
    made->held = take(of->connection.prepare(sql));
    return ok(env, wrap(env, std::move(made)));
}

libsql::statement& held(statement_resource& s) {
    if (!s.held) {
        throw failed{libsql::error(libsql::error_kind::closed, "the statement is closed")};
    }
    return *s.held;
}

/// run_statement(connection, statement, arguments, timeout)
term run_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const nif::arguments given(env, arguments[2]);
    const auto until = deadline(env, arguments[3]);
    const core::turn turn(env, *s.of, until);
    return result_of(env,
                     take(given.visit([&](const auto& a) { return held(s).query(until, a); })));
}

term reset_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const core::turn turn(env, *s.of);
    take(held(s).reset());
    return atom(env, "ok");
}

term close_statement(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0]);
    const core::turn turn(env, *s.of);
    held(s).close();
    s.end();
    return atom(env, "ok");
}

/// describe(connection, statement): `{:ok, columns, parameters}`: `{name, origin | nil, declared
/// type | nil}`, and each parameter's name with its prefix, nil for `?`.
term describe(ErlNifEnv* env, const term* arguments) {
    auto& s = statement_of(env, arguments[0], arguments[1]);
    const core::turn turn(env, *s.of);
    const auto text_or_nil = [&](const std::optional<std::string>& t) {
        return t ? binary(env, *t) : atom(env, "nil");
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
    return enif_make_tuple3(env, atom(env, "ok"), list(env, columns), list(env, parameters));
}

// --- cursors ---

/// declare(connection, sql, arguments, timeout): `{:ok, cursor, columns}`.
term declare(ErlNifEnv* env, const term* arguments) {
    const auto& of = connection_of(env, arguments[0]);
    const auto sql = text(env, arguments[1], "a statement");
    const auto until = deadline(env, arguments[3]);
    const core::turn turn(env, *of, until);
    auto made = std::make_unique<cursor_resource>();  // ends before the turn if it fails
    made->given.emplace(made->env, enif_make_copy(made->env, arguments[2]));
    made->rows = take(
        made->given->visit([&](const auto& a) { return of->connection.query(until, sql, a); }));
    made->of = of;
    const auto columns = take(made->rows->columns());
    const term names = column_names(env, columns);
    return enif_make_tuple3(env, atom(env, "ok"), wrap(env, std::move(made)), names);
}

/// fetch(connection, cursor, most, timeout): `{:cont | :halt, rows}`.
term fetch(ErlNifEnv* env, const term* arguments) {
    auto& c = cursor_of(env, arguments[0], arguments[1]);
    const auto most = number(env, arguments[2], "a number of rows");
    if (most < 1) {
        throw bad_argument("a number of rows has to be positive");
    }
    const auto until = deadline(env, arguments[3]);
    const core::turn turn(env, *c.of, until);
    if (!c.rows) {
        throw failed{libsql::error(libsql::error_kind::closed, "the cursor is closed")};
    }
    c.rows->set_deadline(until);
    bool done = c.done;
    const term read = done ? enif_make_list(env, 0)
                           : read_rows(env, *c.rows, static_cast<std::size_t>(most), done);
    c.done = done;
    return enif_make_tuple2(env, atom(env, done ? "halt" : "cont"), read);
}

term close_cursor(ErlNifEnv* env, const term* arguments) {
    auto& c = cursor_of(env, arguments[0], arguments[1]);
    const core::turn turn(env, *c.of);
    c.end();
    return atom(env, "ok");
}

// --- transactions ---

libsql::transaction_mode mode_of(const std::string& name) {
    using libsql::transaction_mode;
    constexpr std::array modes{std::pair("deferred", transaction_mode::deferred),
                               std::pair("immediate", transaction_mode::immediate),
                               std::pair("exclusive", transaction_mode::exclusive),
                               std::pair("read_only", transaction_mode::read_only)};
    for (const auto& [known, mode] : modes) {
        if (name == known) {
            return mode;
        }
    }
    throw bad_argument("a transaction's mode is :deferred, :immediate, :exclusive or :read_only");
}

/// begin(connection, mode, timeout)
term begin(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto mode = mode_of(atom_name(env, arguments[1], "a transaction's mode"));
    const auto until = deadline(env, arguments[2]);
    const core::turn turn(env, of, until);
    of.transaction = take(of.connection.begin(mode, until));
    return atom(env, "ok");
}

libsql::transaction& open_transaction(core& of) {
    if (!of.transaction || of.transaction->status() != libsql::transaction_status::active) {
        throw failed{
            libsql::error(libsql::error_kind::transaction, "there is no open transaction")};
    }
    return *of.transaction;
}

term commit(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto until = deadline(env, arguments[1]);
    const core::turn turn(env, of, until);
    take(open_transaction(of).commit(until));
    of.transaction.reset();
    return atom(env, "ok");
}

term rollback(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    take(open_transaction(of).rollback());
    of.transaction.reset();
    return atom(env, "ok");
}

// --- what is known of the connection ---

term last_insert_rowid(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    return integer(env, of.connection.last_insert_rowid());
}

term changes(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    return integer(env, of.connection.changes());
}

term total_changes(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    return integer(env, of.connection.total_changes());
}

term is_autocommit(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const core::turn turn(env, of);
    return atom(env, of.connection.is_autocommit() ? "true" : "false");
}

// --- replicas ---

term frame_or_nil(ErlNifEnv* env, std::optional<std::uint64_t> frame) {
    return frame ? enif_make_uint64(env, *frame) : atom(env, "nil");
}

term synced(ErlNifEnv* env, const libsql::sync_result& done) {
    return enif_make_tuple3(env, atom(env, "ok"), enif_make_uint64(env, done.frames_synced),
                            frame_or_nil(env, done.frame_number));
}

// They take no turn: a replica is synced while its connections are used.

libsql::replica replica_of(ErlNifEnv* env, term from) {
    const auto& of = *connection_of(env, from);
    of.check_open();
    return take(of.database.replica());
}

/// sync(connection, timeout): `{:ok, frames, frame | nil}`.
term sync(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    return synced(env, take(replica.sync(deadline(env, arguments[1]))));
}

/// sync_until(connection, frame, timeout)
term sync_until(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    const auto frame = number(env, arguments[1], "a frame");
    if (frame < 0) {
        throw bad_argument("a frame has to be positive or 0");
    }
    return synced(env, take(replica.sync_until(static_cast<std::uint64_t>(frame),
                                               deadline(env, arguments[2]))));
}

/// `{:ok, frame | nil, highest written frame | nil}`
term frames(ErlNifEnv* env, const term* arguments) {
    const auto replica = replica_of(env, arguments[0]);
    return enif_make_tuple3(env, atom(env, "ok"), frame_or_nil(env, replica.frame_number()),
                            frame_or_nil(env, replica.max_write_frame()));
}

term flush(ErlNifEnv* env, const term* arguments) {
    take(replica_of(env, arguments[0]).flush());
    return atom(env, "ok");
}

term freeze(ErlNifEnv* env, const term* arguments) {
    take(replica_of(env, arguments[0]).freeze());
    return atom(env, "ok");
}

/// Tells one copy of this library from another.
int this_library = 0;

int load(ErlNifEnv* env, void** data, term /*argument*/) noexcept {
    try {
        if (!open_resource_types(env)) {
            return 1;
        }
        reaper::start();
        *data = &this_library;
        return 0;
    } catch (...) {
        return 2;
    }
}

/// The module was loaded again. Not with another copy of the library, whose engine knows nothing of
/// the files that this one has open, nor of its objects: the old module stays.
int upgrade(ErlNifEnv* env, void** data, void** old, term argument) noexcept {
    return *old == &this_library ? load(env, data, argument) : 3;
}

void unload(ErlNifEnv* /*env*/, void* /*private_data*/) noexcept {
    reaper::stop();
}

constexpr unsigned io = ERL_NIF_DIRTY_JOB_IO_BOUND;

ErlNifFunc functions[] = {
    // as ERL_NIF_INIT wants it
    ErlNifFunc{"open", 1, &guarded<&open>, io},
    ErlNifFunc{"close", 1, &guarded<&close>, io},
    ErlNifFunc{"interrupt", 1, &guarded<&interrupt>, 0},
    ErlNifFunc{"ping", 2, &guarded<&ping>, io},
    ErlNifFunc{"reset", 1, &guarded<&reset>, io},
    ErlNifFunc{"run", 4, &guarded<&run>, io},
    ErlNifFunc{"run_script", 3, &guarded<&run_script>, io},
    ErlNifFunc{"run_batch", 4, &guarded<&run_batch>, io},
    ErlNifFunc{"prepare", 2, &guarded<&prepare>, io},
    ErlNifFunc{"run_statement", 4, &guarded<&run_statement>, io},
    ErlNifFunc{"reset_statement", 2, &guarded<&reset_statement>, io},
    ErlNifFunc{"close_statement", 1, &guarded<&close_statement>, io},
    ErlNifFunc{"describe", 2, &guarded<&describe>, io},
    ErlNifFunc{"declare", 4, &guarded<&declare>, io},
    ErlNifFunc{"fetch", 4, &guarded<&fetch>, io},
    ErlNifFunc{"close_cursor", 2, &guarded<&close_cursor>, io},
    ErlNifFunc{"begin", 3, &guarded<&begin>, io},
    ErlNifFunc{"commit", 2, &guarded<&commit>, io},
    ErlNifFunc{"rollback", 1, &guarded<&rollback>, io},
    ErlNifFunc{"last_insert_rowid", 1, &guarded<&last_insert_rowid>, io},
    ErlNifFunc{"changes", 1, &guarded<&changes>, io},
    ErlNifFunc{"total_changes", 1, &guarded<&total_changes>, io},
    ErlNifFunc{"is_autocommit", 1, &guarded<&is_autocommit>, io},
    ErlNifFunc{"sync", 2, &guarded<&sync>, io},
    ErlNifFunc{"sync_until", 3, &guarded<&sync_until>, io},
    ErlNifFunc{"frames", 1, &guarded<&frames>, io},
    ErlNifFunc{"flush", 1, &guarded<&flush>, io},
    ErlNifFunc{"freeze", 1, &guarded<&freeze>, io},
};

}  // namespace
}  // namespace nif

ERL_NIF_INIT(Elixir.EctoLibSql.Nif, nif::functions, nif::load, nullptr, nif::upgrade, nif::unload)
