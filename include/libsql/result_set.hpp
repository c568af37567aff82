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
    std::int64_t rows_affected{0};  ///< inserted, updated or deleted; without those of triggers
    std::int64_t last_insert_rowid{
        0};                      ///< the connection's last one, also when this statement made none
    std::uint64_t rows_read{0};  ///< rows read from tables and indexes, as libSQL counts them
    std::uint64_t rows_written{0};  ///< rows written to tables and indexes, as libSQL counts them

    friend bool operator==(const execution&, const execution&) = default;
};

/// A statement's whole result, owned: usable after its connection is gone.
struct result_set {
    std::vector<column> columns;           ///< empty for a statement without a result
    std::vector<std::vector<value>> rows;  ///< one inner vector a row, as wide as `columns`
    execution executed;                    ///< what the statement did
};

/// Reads all of `source` into memory.
LIBSQL_API result<result_set> materialise(rows source);

}  // namespace libsql
