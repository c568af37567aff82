#pragma once

#include <libsql/column.hpp>
#include <libsql/deadline.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace libsql::detail {

enum class step_status : unsigned char { row, done, failed };

/// What `rows` reads from: a running statement of some backend. The connection owns it; the reader
/// returns it with `release()`.
class LIBSQL_API row_source {
public:
    row_source(const row_source&) = delete;
    row_source& operator=(const row_source&) = delete;

    /// Advances. After `row`, `cells()` and `size()` describe the row until the next call.
    virtual step_status step() noexcept = 0;

    /// The deadline of each `step()` from now on.
    virtual void set_deadline(deadline until) noexcept = 0;

    /// The error of a failed `step()`.
    virtual error take_error() = 0;

    /// The statement's text, for errors; empty if it is not known.
    [[nodiscard]] virtual std::string_view sql() const noexcept = 0;

    virtual std::size_t column_count() noexcept = 0;
    virtual std::string_view column_name(std::size_t i) noexcept = 0;
    virtual result<std::vector<column>> columns() = 0;

    /// Complete from the start: a statement that writes runs to its end before its first row is
    /// read.
    virtual std::int64_t rows_affected() noexcept = 0;

    virtual std::uint64_t rows_read() noexcept = 0;
    virtual std::uint64_t rows_written() noexcept = 0;

    /// Called when the reader is finished; it must not use the source again.
    virtual void release() noexcept = 0;

    [[nodiscard]] const cell* cells() const noexcept { return cells_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

protected:
    row_source() = default;
    virtual ~row_source() = default;

    cell* cells_{nullptr};
    std::uint32_t size_{0};
};

}  // namespace libsql::detail
