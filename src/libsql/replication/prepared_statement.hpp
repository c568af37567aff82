#pragma once

#include "libsql/backend/backend.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::replication {

class connection;

/// A prepared statement in replica mode: one of the local connection, of the remote one, or, if it
/// is a read that was also run inside a transaction, of both.
class prepared_statement final : public detail::prepared {
public:
    static result<detail::prepared*> make(connection& owner, std::string_view sql);

    prepared_statement(connection& owner, std::string_view sql)
        : prepared(std::string(sql)), owner_(owner) {}

    result<execution> execute(detail::arguments_view arguments, deadline until) override;
    result<detail::row_source*> query(detail::arguments_view arguments, deadline until) override;
    result<void> bind(detail::arguments_view arguments) override;
    result<void> reset() override;

    result<std::vector<std::optional<std::string>>> parameters() override;
    result<std::vector<column>> columns() override;
    result<bool> is_read_only() override;
    result<int> explain_mode() override;
    result<std::string> expanded_sql() override;
    [[nodiscard]] bool is_detached() const noexcept override;
    void discard() noexcept override;

private:
    /// The statement on the side where it runs now.
    result<detail::prepared*> here();
    result<detail::prepared*> on(detail::backend& side);

    /// The statement that was made first.
    [[nodiscard]] detail::prepared& first() const noexcept {
        return local_ != nullptr ? *local_ : *remote_;
    }

    connection& owner_;
    detail::prepared* local_{nullptr};
    detail::prepared* remote_{nullptr};
};

}  // namespace libsql::replication
