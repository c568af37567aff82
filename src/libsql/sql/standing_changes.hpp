#pragma once

#include <libsql/error.hpp>

#include <string_view>

namespace libsql {

/// What stands of statements that ran one after the other, for the error of the one that failed.
class standing_changes {
public:
    /// `is_inside`: they begin in a transaction, in which something may have been changed before.
    explicit standing_changes(bool is_inside) noexcept : earlier_(is_inside) {}

    /// A statement went well; `is_autocommit` is how it left the connection.
    void passed(std::string_view sql, bool is_autocommit) noexcept;

    /// `why`, the error of the statement behind them, as that of all: its outcome is `stands` where
    /// it says that nothing stands and something of theirs does. `is_autocommit` is asked now.
    [[nodiscard]] error of_all(const error& why, bool is_autocommit) const;

private:
    bool earlier_;         ///< was changed before, in a transaction that is open since then
    bool pending_{false};  ///< something was changed in a transaction that was open then
    bool stand_{false};
};

}  // namespace libsql
