#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace libsql {

namespace local {
class blob_handle;
}

/// Which blob: the value in one column of one row of a rowid table.
struct blob_place {
    std::string schema{"main"};  ///< "main", "temp", or the name of an attached database
    std::string table{};         ///< a table with rowids
    std::string column{};        ///< one that holds a blob or a text
    std::int64_t rowid{0};       ///< of the row
};

/// What may be done with an open blob.
enum class blob_access : unsigned char { read_only, read_write };

/// A blob or text that is read and written in pieces, without holding all of it in memory. Its size
/// does not change: make room with `zeroblob(n)` first.
///
/// ```
/// conn.execute("INSERT INTO files(id, bytes) VALUES (1, zeroblob(?))", size);
/// auto file = libsql::blob_io::open(conn, {.table = "files", .column = "bytes", .rowid = 1},
///                                   libsql::blob_access::read_write).value();
/// file.write(part, offset);
/// ```
/// While it is open it holds a read lock, for writing a write lock; outside a transaction, what it
/// wrote is committed when it is closed. A transaction cannot commit while a blob is open for
/// writing. When its row is changed or deleted in another way, or its transaction is rolled back,
/// it expires: reads and writes are `closed` until `reopen`.
///
/// Lifetime: closing the connection closes it; later calls give `closed`. Dropping it closes it.
/// Thread safety: as the connection's. Local only.
class LIBSQL_API blob_io {
public:
    /// Errors: `sql` when there is no such table, column or row, when the value is neither blob nor
    /// text, when the table is virtual or WITHOUT ROWID, or (for writing) the column is part of an
    /// index or a foreign key; `read_only`; `busy`.
    static result<blob_io> open(executor& on, blob_place where,
                                blob_access access = blob_access::read_only);

    /// The one moved from gives `closed`.
    blob_io(blob_io&&) noexcept;

    /// Closes the blob that was here; an error of that is lost.
    blob_io& operator=(blob_io&&) noexcept;
    ~blob_io();

    /// In bytes.
    [[nodiscard]] result<std::size_t> size() const;

    /// Fills `into` from `offset` on. `invalid_argument` when that goes beyond the end: nothing is
    /// read.
    result<void> read(std::span<std::byte> into, std::size_t offset);

    /// Overwrites from `offset` on. `invalid_argument` when that goes beyond the end: nothing is
    /// written. `read_only` when it was opened for reading.
    result<void> write(blob_view from, std::size_t offset);

    /// Goes to the same column of another row, faster than opening it anew; or revives an expired
    /// one. When it fails it has expired.
    result<void> reopen(std::int64_t rowid);

    /// Closes it. Outside a transaction this commits what was written: the errors of a commit. The
    /// second call gives `closed`.
    result<void> close();

private:
    explicit blob_io(std::unique_ptr<local::blob_handle> opened) noexcept;

    std::unique_ptr<local::blob_handle> handle_;
};

}  // namespace libsql
