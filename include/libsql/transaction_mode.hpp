#pragma once

namespace libsql {

/// How a transaction starts. On a server each starts with its first statement.
enum class transaction_mode : unsigned char {
    deferred,  ///< locks are taken by the first read and the first write (which may then be `busy`)
    immediate,  ///< the write lock is taken now
    exclusive,  ///< as immediate; outside WAL mode readers are kept out too
    read_only,  ///< deferred, and every write is refused with `read_only`
};

}  // namespace libsql
