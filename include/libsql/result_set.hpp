#pragma once

#include <libsql/column.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <cstdint>
#include <vector>

namespace libsql {

class rows;

/// What a statement did.
struct execution {
    std::int64_t rows_affected{0};      ///< inserted, updated or deleted, not counting triggers
    std::int64_t last_insert_rowid{0};  ///< the connection's, even if this statement made none
    std::uint64_t rows_read{0};         ///< in tables and indexes, as libSQL counts them
    std::uint64_t rows_written{0};      ///< in tables and indexes, as libSQL counts them

    friend bool operator==(const execution&, const execution&) = default;
};

/// The whole result of a statement, owned: it can be used after its connection is gone.
struct result_set {
    std::vector<column> columns;           ///< empty for a statement that returns no rows
    std::vector<std::vector<value>> rows;  ///< one inner vector per row, as wide as `columns`
    execution executed;                    ///< what the statement did
};

/// Reads all rows of `source` into memory. Linear in their size; `std::bad_alloc` passes through.
LIBSQL_API result<result_set> materialise(rows source);

}  // namespace libsql
