#pragma once

namespace libsql::replication {

/// Whether a write waits until the data is on the disk.
enum class durability : bool { later, now };

}  // namespace libsql::replication
