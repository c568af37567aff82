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

/// A database to which connections can be made, with checked options.
///
/// ```
/// auto db = libsql::database::open({.database = "app.db"}).value();
/// auto conn = db.connect().value();
/// ```
/// Copies share their state. Calls on a moved-from `database` fail with `closed`. Thread safety:
/// all calls may be made from any thread. In the child of a fork(), calls on the database and on
/// everything made from it fail with `misuse`: see docs/threads.md. Calls that are not `noexcept`
/// may throw `std::bad_alloc`.
class LIBSQL_API database {
public:
    /// Checks the options and opens a first connection, which `connect` then returns. So every
    /// reason why the file cannot be opened is reported here: `cannot_open`, `permission`,
    /// `not_a_database`, `wrong_key`, `corrupt`, `busy`, `invalid_argument`, `unsupported`. A
    /// server is asked once: `network`, `timeout`, `authentication`, `protocol`. A replica with
    /// `sync.on_open` also reports the errors of a sync, and `out_of_memory` if the thread of
    /// background syncs cannot be started.
    static result<database> open(options chosen);

    /// A new connection. With `:memory:` each connection has a database of its own. Opens the file,
    /// with the errors of `open`; in remote mode no round trip.
    [[nodiscard]] result<connection> connect() const;

    /// The replica of a database in replica mode; `unsupported` in other modes. The replica object
    /// and each connection keep the background syncs running.
    [[nodiscard]] result<libsql::replica> replica() const;

    /// The options given to `open`. Valid as long as this object or a copy of it. For a moved-from
    /// `database`: the default options, without a database.
    [[nodiscard]] const libsql::options& options() const noexcept;

private:
    friend class detail::pool_state;
    struct state;

    /// A connection that only reads: to the database on a server, or to the file of a replica.
    [[nodiscard]] result<connection> connect_reader() const;

    explicit database(std::shared_ptr<state> shared) noexcept : state_(std::move(shared)) {}

    std::shared_ptr<state> state_;
};

}  // namespace libsql
