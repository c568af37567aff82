#include "terms.hpp"

#include <libsql/detail/utf8.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

namespace nif {

namespace {

term atom(ErlNifEnv* env, std::string_view name) noexcept {
    return enif_make_atom_len(env, name.data(), name.size());
}

template <class Enum, Enum Last>
enum_atoms<Enum, Last> atoms_of(ErlNifEnv* env) noexcept {
    enum_atoms<Enum, Last> atoms{};
    for (std::size_t i = 0; i < atoms.made.size(); ++i) {
        atoms.made[i] = atom(env, libsql::to_string(static_cast<Enum>(i)));
    }
    return atoms;
}

}  // namespace

const known_atoms& atoms(ErlNifEnv* env) noexcept {
    static const known_atoms made{
        .ok = atom(env, "ok"),
        .error = atom(env, "error"),
        .nil = atom(env, "nil"),
        .is_true = atom(env, "true"),
        .is_false = atom(env, "false"),
        .infinity = atom(env, "infinity"),
        .neg_infinity = atom(env, "neg_infinity"),
        .blob = atom(env, "blob"),
        .halt = atom(env, "halt"),
        .cont = atom(env, "cont"),
        .locked = atom(env, "locked"),
        .skipped = atom(env, "skipped"),
        .inserted = atom(env, "insert"),
        .updated = atom(env, "update"),
        .deleted = atom(env, "delete"),
        .error_kinds = atoms_of<libsql::error_kind, libsql::error_kind::internal>(env),
        .error_outcomes = atoms_of<libsql::error_outcome, libsql::error_outcome::unknown>(env),
        .constraint_kinds = atoms_of<libsql::constraint_kind, libsql::constraint_kind::other>(env),
    };
    return made;
}

term binary(ErlNifEnv* env, std::string_view bytes) noexcept {
    term made = 0;
    unsigned char* const data = enif_make_new_binary(env, bytes.size(), &made);
    if (!bytes.empty()) {
        std::memcpy(data, bytes.data(), bytes.size());
    }
    return made;
}

term integer(ErlNifEnv* env, std::int64_t value) noexcept {
    return enif_make_int64(env, value);
}

term ok(ErlNifEnv* env, term value) noexcept {
    return enif_make_tuple2(env, atoms(env).ok, value);
}

term list(ErlNifEnv* env, const std::vector<term>& items) noexcept {
    return enif_make_list_from_array(env, items.data(), static_cast<unsigned>(items.size()));
}

namespace {

term text_or_nil(ErlNifEnv* env, const std::string& text) noexcept {
    return text.empty() ? atoms(env).nil : binary(env, text);
}

/// Erlang's floats have no infinities, so they are atoms.
term real(ErlNifEnv* env, double value) {
    if (std::isfinite(value)) {
        return enif_make_double(env, value);
    }
    return value > 0 ? atoms(env).infinity : atoms(env).neg_infinity;
}

term constraint(ErlNifEnv* env, const libsql::constraint_violation& c) {
    std::vector<term> columns;
    columns.reserve(c.columns.size());
    for (const auto& name : c.columns) {
        columns.push_back(binary(env, name));
    }
    return enif_make_tuple4(env, atoms(env).constraint_kinds[c.kind], text_or_nil(env, c.table),
                            list(env, columns), text_or_nil(env, c.name));
}

}  // namespace

term failure(ErlNifEnv* env, const libsql::error& why) {
    const term fields = enif_make_tuple9(
        env, atoms(env).error_kinds[why.kind()], integer(env, why.code()),
        integer(env, why.extended_code()), binary(env, why.message()), text_or_nil(env, why.sql()),
        why.offset() ? integer(env, static_cast<std::int64_t>(*why.offset())) : atoms(env).nil,
        why.constraint() != nullptr ? constraint(env, *why.constraint()) : atoms(env).nil,
        integer(env, why.http_status()), atoms(env).error_outcomes[why.outcome()]);
    return enif_make_tuple2(env, atoms(env).error, fields);
}

term column_names(ErlNifEnv* env, const std::vector<libsql::column>& columns) {
    std::vector<term> names;
    names.reserve(columns.size());
    for (const auto& c : columns) {
        names.push_back(binary(env, c.name));
    }
    return list(env, names);
}

term column_names(ErlNifEnv* env, const libsql::rows& from) {
    std::vector<term> names(from.column_count());
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = binary(env, from.column_name(i));
    }
    return list(env, names);
}

term row(ErlNifEnv* env, const libsql::row& from, std::vector<term>& scratch) {
    const std::size_t width = from.size();
    scratch.resize(width);
    for (std::size_t i = 0; i < width; ++i) {
        switch (from.type(i)) {
            case libsql::value_type::integer:
                scratch[i] = integer(env, from.get<std::int64_t>(i));
                break;
            case libsql::value_type::real:
                scratch[i] = real(env, from.get<double>(i));
                break;
            case libsql::value_type::text:
                scratch[i] = binary(env, from.get<std::string_view>(i));
                break;
            case libsql::value_type::blob: {
                const auto bytes = from.get<libsql::blob_view>(i);
                scratch[i] =
                    binary(env, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
                break;
            }
            case libsql::value_type::null:
                scratch[i] = atoms(env).nil;
                break;
        }
    }
    return list(env, scratch);
}

term value(ErlNifEnv* env, const libsql::value& from) {
    if (const auto* i = from.if_integer()) {
        return integer(env, *i);
    }
    if (const auto* d = from.if_real()) {
        return real(env, *d);
    }
    if (const auto* t = from.if_text()) {
        return binary(env, *t);
    }
    if (const auto* b = from.if_blob()) {
        return binary(env, {reinterpret_cast<const char*>(b->data()), b->size()});
    }
    return atoms(env).nil;
}

std::string_view text(ErlNifEnv* env, term from, const char* what) {
    ErlNifBinary bytes;
    if (enif_inspect_binary(env, from, &bytes) == 0) {
        throw bad_argument(std::string(what) + " must be a binary");
    }
    return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

std::int64_t number(ErlNifEnv* env, term from, const char* what) {
    ErlNifSInt64 value = 0;
    if (enif_get_int64(env, from, &value) == 0) {
        throw bad_argument(std::string(what) + " must be a 64-bit integer");
    }
    return value;
}

std::string atom_name(ErlNifEnv* env, term from, const char* what) {
    if (enif_is_atom(env, from) == 0) {
        throw bad_argument(std::string(what) + " must be an atom");
    }
    unsigned size = 0;
    std::string latin1;
    if (enif_get_atom_length(env, from, &size, ERL_NIF_LATIN1) == 0) {
        throw bad_argument(std::string(what) + " has a character above U+00FF; use a binary");
    }
    latin1.resize(size + 1);
    enif_get_atom(env, from, latin1.data(), size + 1, ERL_NIF_LATIN1);
    latin1.pop_back();
    std::string name;
    for (const char c : latin1) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x80) {
            name += c;
        } else {
            name += static_cast<char>(0xc0 | (code >> 6));
            name += static_cast<char>(0x80 | (code & 0x3f));
        }
    }
    return name;
}

bool boolean(ErlNifEnv* env, term from, const char* what) {
    const bool is_true = enif_is_identical(from, atoms(env).is_true) != 0;
    if (!is_true && enif_is_identical(from, atoms(env).is_false) == 0) {
        throw bad_argument(std::string(what) + " must be true or false");
    }
    return is_true;
}

libsql::deadline deadline(ErlNifEnv* env, term from) {
    if (enif_is_atom(env, from) != 0 && atom_name(env, from, "a timeout") == "infinity") {
        return libsql::deadline::never();
    }
    constexpr std::int64_t most = std::chrono::milliseconds(std::chrono::hours(24 * 365)).count();
    const auto ms = number(env, from, "a timeout in milliseconds");
    return ms > most
               ? libsql::deadline::never()
               : libsql::deadline::in(std::chrono::milliseconds(std::max<std::int64_t>(ms, 0)));
}

namespace {

libsql::blob_view blob_of(const ErlNifBinary& bytes) noexcept {
    return {reinterpret_cast<const std::byte*>(bytes.data), bytes.size};
}

/// Passes the argument to `add` as a C++ value that views it.
template <class Add>
void decode(ErlNifEnv* env, term from, Add add) {
    ErlNifSInt64 whole = 0;
    double real = 0;
    ErlNifBinary bytes;
    int size = 0;
    const term* tuple = nullptr;
    switch (enif_term_type(env, from)) {
        case ERL_NIF_TERM_TYPE_INTEGER:
            if (enif_get_int64(env, from, &whole) == 0) {
                throw bad_argument("an integer argument does not fit into 64 bits");
            }
            return add(static_cast<std::int64_t>(whole));
        case ERL_NIF_TERM_TYPE_FLOAT:
            enif_get_double(env, from, &real);
            return add(real);
        case ERL_NIF_TERM_TYPE_BITSTRING:
            if (enif_inspect_binary(env, from, &bytes) == 0) {
                break;
            }
            if (const std::string_view text(reinterpret_cast<const char*>(bytes.data), bytes.size);
                !libsql::detail::find_invalid_utf8(text)) {
                return add(text);
            }
            return add(blob_of(bytes));
        case ERL_NIF_TERM_TYPE_ATOM: {
            if (enif_is_identical(from, atoms(env).nil) != 0) {
                return add(nullptr);
            }
            const auto name = atom_name(env, from, "an argument");
            if (name == "null") {
                return add(nullptr);
            }
            if (name == "true" || name == "false") {
                return add(static_cast<std::int64_t>(name == "true" ? 1 : 0));
            }
            if (name == "infinity" || name == "neg_infinity") {
                constexpr double infinity = std::numeric_limits<double>::infinity();
                return add(name == "infinity" ? infinity : -infinity);
            }
            throw bad_argument("the atom :" + name + " cannot be an argument of a statement");
        }
        case ERL_NIF_TERM_TYPE_TUPLE:
            if (enif_get_tuple(env, from, &size, &tuple) != 0 && size == 2 &&
                enif_is_identical(tuple[0], atoms(env).blob) != 0 &&
                enif_inspect_iolist_as_binary(env, tuple[1], &bytes) != 0) {
                return add(blob_of(bytes));
            }
            break;
        case ERL_NIF_TERM_TYPE_LIST:
            throw bad_argument(
                "a list cannot be an argument of a statement; pass its JSON, or {:blob, bytes}");
        default:
            break;
    }
    throw bad_argument(
        "an argument of a statement must be nil, a boolean, a number, a binary, or {:blob, "
        "binary}");
}

std::string name_of(ErlNifEnv* env, term key) {
    if (enif_is_atom(env, key) != 0) {
        return atom_name(env, key, "an argument's name");
    }
    return std::string(text(env, key, "an argument's name"));
}

}  // namespace

arguments::arguments(ErlNifEnv* env, term from) {
    if (enif_is_map(env, from) != 0) {
        named_.emplace();
        std::size_t size = 0;
        enif_get_map_size(env, from, &size);
        names_.reserve(size);
        ErlNifMapIterator each;
        enif_map_iterator_create(env, from, &each, ERL_NIF_MAP_ITERATOR_FIRST);
        try {
            term key = 0;
            term item = 0;
            for (; enif_map_iterator_get_pair(env, &each, &key, &item) != 0;
                 enif_map_iterator_next(env, &each)) {
                names_.push_back(name_of(env, key));
                decode(env, item, [&](const auto& v) { named_->add(names_.back(), v); });
            }
        } catch (...) {
            enif_map_iterator_destroy(env, &each);
            throw;
        }
        enif_map_iterator_destroy(env, &each);
        return;
    }
    term head = 0;
    term tail = from;
    while (enif_get_list_cell(env, tail, &head, &tail) != 0) {
        decode(env, head, [&](const auto& v) { positional_.add(v); });
    }
    if (enif_is_empty_list(env, tail) == 0) {
        throw bad_argument("the arguments of a statement must be a list or a map");
    }
}

}  // namespace nif
