#pragma once

#include <libsql/value.hpp>

#include <cstdint>

namespace libsql::detail {

/// What a cell holds: one of SQLite's five types, or the reason why an argument cannot be bound.
enum class cell_type : std::uint8_t {
    integer = 1,
    real = 2,
    text = 3,
    blob = 4,
    null = 5,
    invalid_nan = 16,  ///< NaN: SQLite would store NULL
    invalid_unsigned,  ///< above INT64_MAX
    invalid_size,      ///< 2 GiB or more
};

/// One value by view, in a row or among arguments. Has the layout of `libsql_engine_cell` in
/// engine_row.h.
struct cell {
    union {
        std::int64_t integer;
        double real;
        const void* data;
    };

    std::uint32_t size;  ///< of text or blob, in bytes
    cell_type type;
};

/// The arguments of one call, by view.
struct arguments_view {
    const cell* values{nullptr};
    std::size_t count{0};
    const std::string_view* names{nullptr};  ///< null if positional, else one for each value
};

}  // namespace libsql::detail
