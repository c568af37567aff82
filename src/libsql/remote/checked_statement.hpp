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

/// A statement that can be sent.
struct checked_statement {
    std::string_view sql;
    std::vector<detail::cell> arguments;  ///< by the parameters' indexes
    /// Servers bind a parameter that has a name by that name only.
    std::vector<std::string_view> names{};
    /// The text with `?N` in place of each parameter, where it mixes those with and without a name;
    /// else empty.
    std::string renumbered{};
    statement_effect effect{statement_effect::writes};
    bool is_begin{false};  ///< a plain BEGIN, which can wait for the first statement

    /// A PRAGMA that sets something for the connection: on the server, that is for one stream.
    bool is_setting{false};

    /// The message to send, which views this.
    [[nodiscard]] hrana::statement message(bool want_rows) const noexcept {
        return {renumbered.empty() ? sql : std::string_view(renumbered), arguments, names,
                want_rows};
    }

    /// What was done before it in a transaction may stand behind it.
    [[nodiscard]] bool may_commit() const noexcept {
        return effect == statement_effect::ends || effect == statement_effect::release;
    }

    /// A transaction may be open behind it, where none was.
    [[nodiscard]] bool may_begin() const noexcept {
        return effect == statement_effect::begins || effect == statement_effect::savepoint;
    }
};

/// Whether `setting` sets `foreign_keys`, the only setting that can be made on each stream anew.
bool sets_foreign_keys(const checked_statement& setting);

/// Why another setting is not sent outside a transaction.
error lost_setting(std::string_view sql);

/// Why `sql` cannot be sent, if so: it is not UTF-8, holds a NUL, or is not exactly one statement.
std::optional<error> check_text(std::string_view sql);

/// What can be found out about a statement here is found out here, with the errors that it would
/// have locally.
result<checked_statement> check_statement(std::string_view sql, detail::arguments_view arguments);

}  // namespace libsql::remote
