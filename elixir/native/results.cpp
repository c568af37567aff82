#include "results.hpp"

#include "connection_state.hpp"

#include <utility>

namespace nif {

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

term result_of(ErlNifEnv* env, libsql::rows rows) {
    bool done = false;
    if (rows.column_count() == 0) {
        static_cast<void>(take(rows.next()));
        return enif_make_tuple4(env, atoms(env).ok, atoms(env).nil, atoms(env).nil,
                                integer(env, rows.rows_affected()));
    }
    const term names = column_names(env, rows);
    const term read = read_rows(env, rows, static_cast<std::size_t>(-1), done);
    return enif_make_tuple4(env, atoms(env).ok, names, read, integer(env, rows.rows_affected()));
}

term locked(ErlNifEnv* env, connection_state& of, const libsql::error& why) {
    const auto most = take(of.connection.fetch_one<std::int64_t>("PRAGMA busy_timeout"));
    return enif_make_tuple4(env, atoms(env).locked, integer(env, most.value_or(0)),
                            enif_make_uint64(env, of.interrupts()), failure(env, why));
}

term rows_of(ErlNifEnv* env, const std::vector<std::vector<libsql::value>>& rows) {
    std::vector<term> all;
    for (const auto& r : rows) {
        std::vector<term> cells;
        cells.reserve(r.size());
        for (const auto& cell : r) {
            cells.push_back(value(env, cell));
        }
        all.push_back(list(env, cells));
    }
    return list(env, all);
}

}  // namespace nif
