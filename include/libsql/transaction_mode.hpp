#pragma once

namespace libsql {

/// How a transaction starts. On a server, each starts with its first statement.
enum class transaction_mode : unsigned char {
    deferred,  ///< locks are taken by the first read and the first write (which may then be `busy`)
    immediate,  ///< the write lock is taken at once
    exclusive,  ///< as immediate; outside WAL mode readers are locked out, too
    read_only,  ///< deferred, and every write fails with `read_only`
};

}  // namespace libsql
