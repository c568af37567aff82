#pragma once

#include "libsql/engine/engine.h"

namespace libsql::local {

/// The refusals of writes on a connection, by PRAGMA query_only. SQL cannot lift them.
class write_guard {
public:
    /// Refuses writes, once more.
    void push(sqlite3* db) noexcept;

    /// Takes one refusal back, if there is one. With the last one, query_only is again what the
    /// user had set.
    void pop(sqlite3* db) noexcept;

    /// Takes all refusals back, but for that of `refuse_always`.
    void clear(sqlite3* db) noexcept;

    /// Refuses writes for as long as the connection lives.
    void refuse_always(sqlite3* db) noexcept;

    [[nodiscard]] bool refuses() const noexcept { return always_ || count_ > 0; }

    [[nodiscard]] bool refuses_always() const noexcept { return always_; }

private:
    int count_{0};
    bool always_{false};
    bool query_only_before_{false};  ///< the user's PRAGMA, before the first refusal
};

}  // namespace libsql::local
