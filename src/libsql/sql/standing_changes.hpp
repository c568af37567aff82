#pragma once

#include <libsql/error.hpp>

#include <string_view>

namespace libsql {

/// Tracks which changes of consecutive statements stand, for the error of the one that fails.
class standing_changes {
public:
    /// `is_inside`: they begin inside a transaction, which may already have changed something.
    explicit standing_changes(bool is_inside) noexcept : earlier_(is_inside) {}

    /// Records a statement that succeeded; `is_autocommit` is the state in which it left the
    /// connection.
    void passed(std::string_view sql, bool is_autocommit) noexcept;

    /// The error `why` of the next statement, as the error of all of them: the outcome is `stands`
    /// if `why` says that nothing stands but some of their changes do. `is_autocommit` is the
    /// present state.
    [[nodiscard]] error of_all(const error& why, bool is_autocommit) const;

private:
    bool earlier_;  ///< something was changed before, in a transaction that has been open since
    bool pending_{false};  ///< something was changed in a transaction that was open at the time
    bool stand_{false};
};

}  // namespace libsql
