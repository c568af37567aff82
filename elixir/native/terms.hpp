#pragma once

#include <libsql/libsql.hpp>

#include <erl_nif.h>

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// Conversion between Erlang terms and the driver's values.
///
/// | Elixir                                    | SQL     |
/// |-------------------------------------------|---------|
/// | `nil`                                     | NULL    |
/// | integer, `true`, `false`                  | INTEGER |
/// | float, `:infinity`, `:neg_infinity`       | REAL    |
/// | binary that is UTF-8                      | TEXT    |
/// | other binary, `{:blob, iodata}`, [0..255] | BLOB    |

namespace nif {

using term = ERL_NIF_TERM;

/// An invalid argument of a native function. The message is meant for people.
class bad_argument : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The names of an enumeration's values, up to its last one.
template <class Enum, Enum Last>
struct enum_atoms {
    std::array<term, static_cast<std::size_t>(Last) + 1> made;

    term operator[](Enum value) const noexcept { return made[static_cast<std::size_t>(value)]; }
};

/// All atoms that this library makes. An atom is the same in all environments as long as the
/// emulator runs.
struct known_atoms {
    term ok, error, nil, is_true, is_false, infinity, neg_infinity, blob, halt, cont, locked,
        skipped, inserted, updated, deleted;
    enum_atoms<libsql::error_kind, libsql::error_kind::internal> error_kinds;
    enum_atoms<libsql::error_outcome, libsql::error_outcome::unknown> error_outcomes;
    enum_atoms<libsql::constraint_kind, libsql::constraint_kind::other> constraint_kinds;
};

/// Made by the first call, when the library is loaded.
const known_atoms& atoms(ErlNifEnv* env) noexcept;

term binary(ErlNifEnv* env, std::string_view bytes) noexcept;
term integer(ErlNifEnv* env, std::int64_t value) noexcept;
term ok(ErlNifEnv* env, term value) noexcept;
term list(ErlNifEnv* env, const std::vector<term>& items) noexcept;

/// `{:error, {kind, code, extended_code, message, sql, offset, constraint, http_status, outcome}}`,
/// where constraint is nil or `{kind, table, columns, name}`.
term failure(ErlNifEnv* env, const libsql::error& why);

/// The names of columns.
term column_names(ErlNifEnv* env, const std::vector<libsql::column>& columns);
term column_names(ErlNifEnv* env, const libsql::rows& from);

/// A row as a list.
term row(ErlNifEnv* env, const libsql::row& from, std::vector<term>& scratch);
term value(ErlNifEnv* env, const libsql::value& from);

/// A text argument as a view, which is valid while the native function runs.
std::string_view text(ErlNifEnv* env, term from, const char* what);

std::int64_t number(ErlNifEnv* env, term from, const char* what);

bool boolean(ErlNifEnv* env, term from, const char* what);

/// An atom's name, in UTF-8.
std::string atom_name(ErlNifEnv* env, term from, const char* what);

/// Calls `f` with both terms of each pair in a list of pairs.
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

/// From milliseconds, or `:infinity`.
libsql::deadline deadline(ErlNifEnv* env, term from);

/// The arguments of a statement as views: a list, or a map by name. Valid as long as the terms of
/// `env`.
class arguments {
public:
    arguments(ErlNifEnv* env, term from);

    [[nodiscard]] bool by_name() const noexcept { return named_.has_value(); }

    [[nodiscard]] const libsql::named& named() const noexcept { return *named_; }

    [[nodiscard]] const libsql::positional& positional() const noexcept { return positional_; }

    /// Calls `f` with the list or the map.
    template <class F>
    auto visit(F f) const {
        return named_ ? f(*named_) : f(positional_);
    }

private:
    std::vector<std::string> names_;
    std::optional<libsql::named> named_;
    libsql::positional positional_;
};

}  // namespace nif
