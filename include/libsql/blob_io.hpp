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

/// The location of a blob: one column of one row of a rowid table.
struct blob_place {
    std::string schema{"main"};  ///< "main", "temp", or the name of an attached database
    std::string table{};         ///< a table with rowids
    std::string column{};        ///< one that holds a blob or a text
    std::int64_t rowid{0};       ///< the row
};

/// What an open blob may be used for.
enum class blob_access : unsigned char { read_only, read_write };

/// A blob or text that is read and written in pieces, without being held in memory as a whole. Its
/// size cannot change; reserve the space with `zeroblob(n)` first.
///
/// ```
/// conn.execute("INSERT INTO files(id, bytes) VALUES (1, zeroblob(?))", size);
/// auto file = libsql::blob_io::open(conn, {.table = "files", .column = "bytes", .rowid = 1},
///                                   libsql::blob_access::read_write).value();
/// file.write(part, offset);
/// ```
/// While it is open it holds a read lock, or a write lock if opened for writing. Outside a
/// transaction, what was written is committed when it is closed. A transaction cannot commit while
/// a blob is open for writing. If its row is changed or deleted by other means, or its transaction
/// is rolled back, the blob expires: reads and writes fail with `closed` until `reopen`.
///
/// Lifetime: closing the connection closes the blob, and later calls fail with `closed`. Destroying
/// the object closes the blob. Thread safety: as the connection's. Local mode only, else
/// `unsupported`.
class LIBSQL_API blob_io {
public:
    /// Opens a blob. Errors: `sql` when there is no such table, column or row, when the value is
    /// neither a blob nor a text, when the table is virtual or WITHOUT ROWID, or when the column is
    /// part of an index or foreign key (for writing); `read_only`; `busy`.
    static result<blob_io> open(executor& on, blob_place where,
                                blob_access access = blob_access::read_only);

    /// Calls on the moved-from object fail with `closed`.
    blob_io(blob_io&&) noexcept;

    /// Closes the blob held before; an error from closing it is lost.
    blob_io& operator=(blob_io&&) noexcept;
    ~blob_io();

    /// The size in bytes. O(1).
    [[nodiscard]] result<std::size_t> size() const;

    /// Fills `into` with the bytes from `offset` on. `invalid_argument` if that is beyond the end;
    /// nothing is read then. Linear.
    result<void> read(std::span<std::byte> into, std::size_t offset);

    /// Overwrites the bytes from `offset` on. `invalid_argument` if that is beyond the end; nothing
    /// is written then. `read_only` if the blob was opened for reading. Linear.
    result<void> write(blob_view from, std::size_t offset);

    /// Moves to the same column of another row, which is faster than opening a new blob, or revives
    /// an expired blob. On failure the blob has expired.
    result<void> reopen(std::int64_t rowid);

    /// Closes the blob. Outside a transaction this commits what was written and can fail as a
    /// commit does. A second call fails with `closed`.
    result<void> close();

private:
    explicit blob_io(std::unique_ptr<local::blob_handle> opened) noexcept;

    std::unique_ptr<local::blob_handle> handle_;
};

}  // namespace libsql
