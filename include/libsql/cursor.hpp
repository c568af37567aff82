#pragma once

#include <libsql/column.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/rows.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace libsql {

/// A query that is read in chunks of owned rows. Memory holds one chunk, whatever the number of
/// rows.
///
/// A cursor sees the changes of its own transaction and ends with it: after commit or rollback
/// `fetch` fails with `transaction`. Errors, round trips and thread safety: as `rows`.
class LIBSQL_API cursor {
public:
    /// For the driver: `executor::cursor` makes cursors.
    cursor(rows source, std::vector<column> columns)
        : rows_(std::move(source)), columns_(std::move(columns)) {}

    /// Names, types and origins of the columns.
    [[nodiscard]] const std::vector<column>& columns() const noexcept { return columns_; }

    /// Reads up to `max_rows` further rows; fewer, perhaps none, only at the end. After the end it
    /// returns an empty chunk. `max_rows` of 0 is `invalid_argument`. After an error or
    /// `std::bad_alloc`, the rows already read for this chunk are lost. Linear in the size of the
    /// chunk.
    result<std::vector<std::vector<value>>> fetch(std::size_t max_rows = 500);

    /// True if no more rows will come. Known as soon as a chunk was shorter than requested.
    [[nodiscard]] bool done() const noexcept { return done_; }

    /// Ends the query. `fetch` then fails with `closed`, or returns an empty chunk if all rows had
    /// been read.
    void close() noexcept { rows_.close(); }

private:
    rows rows_;
    std::vector<column> columns_;
    bool done_{false};
};

}  // namespace libsql
