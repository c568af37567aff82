#pragma once

#include <memory>

namespace libsql::remote {

class connection;

/// Keeps transactions alive whose program is busy with something else: a server takes a stream for
/// dead after ten seconds. One thread for all connections of the process, while there are open
/// transactions.
namespace keep_alive {

/// Watches `c` until its transaction is over. Any thread.
void watch(const std::shared_ptr<connection>& c);

}  // namespace keep_alive

}  // namespace libsql::remote
