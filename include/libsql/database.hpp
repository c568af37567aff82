#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/options.hpp>
#include <libsql/replica.hpp>
#include <libsql/result.hpp>

#include <memory>

namespace libsql {

namespace detail {
class pool_state;
}  // namespace detail

/// A database that connections can be made to: its checked options.
///
/// ```
/// auto db = libsql::database::open({.database = "app.db"}).value();
/// auto conn = db.connect().value();
/// ```
/// Copies share their state. One that was moved from gives `closed`. Thread safety: all calls, from
/// any thread. In the child of a fork() its calls, and those of all that was made from it, are
/// `misuse`: see docs/threads.md.
class LIBSQL_API database {
public:
    /// Checks the options and opens a first connection (which `connect` then hands out), so that
    /// every reason not to open the file shows here: `cannot_open`, `permission`, `not_a_database`,
    /// `wrong_key`, `corrupt`, `busy`, `invalid_argument`, `unsupported`. With a server, which is
    /// asked once: `network`, `timeout`, `authentication`, `protocol`; for a replica with
    /// `sync.on_open` those of a sync.
    static result<database> open(options chosen);

    /// A new connection. With `:memory:` each is a database of its own.
    [[nodiscard]] result<connection> connect() const;

    /// The replica's side of a database in replica mode; `unsupported` in other modes. It, and each
    /// connection, keeps the syncs in the background going.
    [[nodiscard]] result<libsql::replica> replica() const;

    /// What `open` was given. Valid as long as this or a copy of it. Of one that was moved from:
    /// the usual options, without a database.
    [[nodiscard]] const libsql::options& options() const noexcept;

private:
    friend class detail::pool_state;
    struct state;

    /// One that only reads, where the database is on a server; of a replica, its file.
    [[nodiscard]] result<connection> connect_reader() const;

    explicit database(std::shared_ptr<state> shared) noexcept : state_(std::move(shared)) {}

    std::shared_ptr<state> state_;
};

}  // namespace libsql
