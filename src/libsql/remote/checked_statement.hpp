#pragma once

#include "libsql/remote/hrana.hpp"
#include "libsql/remote/statement_text.hpp"

#include <libsql/detail/cell.hpp>
#include <libsql/result.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// A statement that is ready to be sent.
struct checked_statement {
    std::shared_ptr<statement_text> text;
    std::vector<detail::cell> arguments;  ///< in the order of the parameters' indexes

    [[nodiscard]] std::string_view sql() const noexcept { return text->sql; }

    [[nodiscard]] statement_effect effect() const noexcept { return text->effect; }

    /// The message to send, which views this object.
    [[nodiscard]] hrana::statement message(bool want_rows) const noexcept {
        return {text->renumbered.empty() ? sql() : std::string_view(text->renumbered), arguments,
                text->names, want_rows};
    }

    /// A BEGIN that can be sent with the first statement of its transaction.
    [[nodiscard]] bool is_begin() const noexcept { return text->is_plain_begin; }

    /// True if it may commit what was done before it in a transaction.
    [[nodiscard]] bool may_commit() const noexcept {
        return effect() == statement_effect::ends || effect() == statement_effect::release;
    }

    /// True if it may open a transaction where there was none.
    [[nodiscard]] bool may_begin() const noexcept {
        return effect() == statement_effect::begins || effect() == statement_effect::savepoint;
    }
};

/// Checks locally what can be checked about the arguments of a statement, with the errors that they
/// would have in local mode.
result<checked_statement> check_statement(std::shared_ptr<statement_text> text,
                                          detail::arguments_view arguments);

}  // namespace libsql::remote
