#pragma once

#include "libsql/remote/hrana.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <libsql/detail/cell.hpp>
#include <libsql/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// A statement that is ready to be sent.
struct checked_statement {
    std::string_view sql;
    std::vector<detail::cell> arguments;  ///< in the order of the parameters' indexes
    /// Servers bind a named parameter only by its name.
    std::vector<std::string_view> names{};
    /// If the text mixes parameters with and without a name: the text with `?N` in place of each.
    /// Otherwise empty.
    std::string renumbered{};
    statement_effect effect{statement_effect::writes};
    bool is_begin{false};  ///< a plain BEGIN, which can be sent with the first statement

    /// A PRAGMA that sets something for the connection; on the server, only for one stream.
    bool is_setting{false};

    /// The message to send, which views this object.
    [[nodiscard]] hrana::statement message(bool want_rows) const noexcept {
        return {renumbered.empty() ? sql : std::string_view(renumbered), arguments, names,
                want_rows};
    }

    /// True if it may commit what was done before it in a transaction.
    [[nodiscard]] bool may_commit() const noexcept {
        return effect == statement_effect::ends || effect == statement_effect::release;
    }

    /// True if it may open a transaction where there was none.
    [[nodiscard]] bool may_begin() const noexcept {
        return effect == statement_effect::begins || effect == statement_effect::savepoint;
    }
};

/// Whether `setting` sets `foreign_keys`, the only setting that can be repeated on each stream.
bool sets_foreign_keys(const checked_statement& setting);

/// The error for any other setting outside a transaction, which is not sent.
error lost_setting(std::string_view sql);

/// The reason why `sql` cannot be sent, if any: it is not UTF-8, contains a NUL, or is not exactly
/// one statement.
std::optional<error> check_text(std::string_view sql);

/// Checks locally what can be checked about a statement, with the errors that it would have in
/// local mode.
result<checked_statement> check_statement(std::string_view sql, detail::arguments_view arguments);

}  // namespace libsql::remote
