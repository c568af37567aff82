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

/// A query read in chunks of owned rows: memory holds one chunk, whatever the number of rows.
///
/// It sees its transaction's own changes and ends with it: after commit or rollback `fetch` gives
/// `transaction`. Errors and threads: as `rows`.
class LIBSQL_API cursor {
public:
    /// For the driver: cursors are made by `executor::cursor`.
    cursor(rows source, std::vector<column> columns)
        : rows_(std::move(source)), columns_(std::move(columns)) {}

    /// Names, types and origins of the columns.
    [[nodiscard]] const std::vector<column>& columns() const noexcept { return columns_; }

    /// Up to `max_rows` further rows; fewer (perhaps none) only at the end. `max_rows` of 0 is
    /// `invalid_argument`. After the end: an empty chunk. An error takes the place of its chunk:
    /// rows of that which came before it are lost.
    result<std::vector<std::vector<value>>> fetch(std::size_t max_rows = 500);

    /// No more rows will come. Known as soon as a chunk came out short.
    [[nodiscard]] bool done() const noexcept { return done_; }

    /// Ends the query: `fetch` then gives `closed`, or an empty chunk if all rows were read before.
    void close() noexcept { rows_.close(); }

private:
    rows rows_;
    std::vector<column> columns_;
    bool done_{false};
};

}  // namespace libsql
