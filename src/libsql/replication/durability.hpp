#pragma once

namespace libsql::replication {

/// Whether a write waits until the disk has it.
enum class durability : bool { later, now };

}  // namespace libsql::replication
