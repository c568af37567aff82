#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/remote/hrana.hpp"
#include "libsql/remote/statement_text.hpp"

#include <libsql/detail/arena.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

class connection;

/// A statement that is held on the client only; the server compiles it with each use. What only the
/// server knows (columns, whether it only reads) is asked for once, when it is needed.
class prepared_statement final : public detail::prepared,
                                 public std::enable_shared_from_this<prepared_statement> {
public:
    prepared_statement(connection& owner, std::shared_ptr<const statement_text> text);

    result<execution> execute(detail::arguments_view arguments, deadline until) override;
    result<detail::row_source*> query(detail::arguments_view arguments, deadline until) override;
    result<void> bind(detail::arguments_view arguments) override;
    result<void> reset() override;

    result<std::vector<std::optional<std::string>>> parameters() override;
    result<std::vector<column>> columns() override;
    result<bool> is_read_only() override;
    result<int> explain_mode() override;
    result<std::string> expanded_sql() override;

    [[nodiscard]] bool is_detached() const noexcept override { return detached_; }

    void discard() noexcept override;

    /// Called when its connection is passed to another user.
    void detach() noexcept { detached_ = true; }

    /// Called when its rows were released.
    void rows_ended() noexcept { rows_open_ = false; }

private:
    [[nodiscard]] detail::arguments_view bound_or(detail::arguments_view arguments) const noexcept;
    [[nodiscard]] std::optional<error> in_use() const;
    result<const hrana::description*> describe();

    connection* owner_;
    std::shared_ptr<const statement_text> text_;
    std::optional<hrana::description> description_;
    std::vector<detail::cell> bound_;
    detail::arena bytes_;
    bool is_bound_{false};
    bool rows_open_{false};
    bool detached_{false};
};

}  // namespace libsql::remote
