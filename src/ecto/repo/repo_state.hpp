#pragma once

#include "ecto/sql/plan_cache.hpp"

#include <ecto/repo.hpp>
#include <libsql/argument.hpp>
#include <libsql/executor.hpp>
#include <libsql/pool.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ecto::detail {

/// What all copies of a repo share.
struct repo_state {
    explicit repo_state(libsql::pool opened) noexcept : pool(std::move(opened)) {}

    libsql::pool pool;
    plan_cache plans{};
};

/// The transaction or savepoint of a repo that `transact` gives; null once it is over.
struct open_transaction {
    libsql::executor* on;
};

/// Which connection of the pool a call needs.
enum class access : std::uint8_t { read, write };

/// Calls `f(libsql::executor&)`, which returns a `result`, on the open transaction, or else on a
/// connection of the pool.
template <class F>
auto on_connection(repo_state& state, const open_transaction* inside, access needs,
                   call_options how, F&& f) -> std::invoke_result_t<F, libsql::executor&> {
    if (inside != nullptr) {
        if (inside->on == nullptr) {
            return error(libsql::error(libsql::error_kind::transaction,
                                       "the transaction of this repo is over"));
        }
        return f(*inside->on);
    }
    std::optional<std::invoke_result_t<F, libsql::executor&>> outcome;
    const auto call = [&](libsql::connection& c) { outcome.emplace(f(c)); };
    const auto done = needs == access::read ? state.pool.read(how.until, call)
                                            : state.pool.write(how.until, call);
    if (!done) {
        return error(done.error());
    }
    return *std::move(outcome);
}

/// The values of a query, or of one call, as the driver takes them.
class bound_values {
public:
    /// Those of the words, in the order in which `chosen` names them. Views them. Kind `query` if
    /// one cannot be stored.
    static result<bound_values> of(const words& from, const std::vector<std::uint32_t>& chosen);

    /// All of them, in their order.
    static result<bound_values> all_of(const words& from);

    [[nodiscard]] const libsql::positional& arguments() const noexcept { return arguments_; }

private:
    libsql::positional arguments_{};
};

/// The values of the words by view. Kind `query` if one cannot be stored.
result<std::vector<cell>> values_of(const words& from);

/// SQL that depends on a schema alone.
struct schema_statements {
    std::vector<const field*> key{};      ///< the primary key
    std::vector<const field*> columns{};  ///< all columns
    std::vector<const field*> updated{};  ///< those that an update writes
    bool generates_key{false};            ///< the key is one integer, which the database can make
    std::string get{};
    std::string insert{};              ///< of all columns
    std::string insert_without_key{};  ///< returns the key
    std::string update{};
    std::string remove{};

    /// `count` rows of all columns, or of all but the key.
    [[nodiscard]] std::string insert_many(const schema_info& of, bool with_key,
                                          std::size_t count) const;
};

/// The statements of a schema. Kind `query` if the schema cannot be used.
result<const schema_statements*> statements_of(const schema_slot& slot);

/// As above, of a schema with a primary key.
result<const schema_statements*> keyed_statements_of(const schema_slot& slot);

/// The error of a row that could not be read.
error unreadable(const row_reader& reader, const std::vector<cell>& cells,
                 const std::vector<std::string>& columns);

/// The names of the columns of a whole struct, for messages.
std::vector<std::string> column_names(const schema_info& info, const std::vector<const field*>& of);

/// Kind `invalid` if one of these columns is not one of texts.
result<void> check_text_columns(libsql::executor& on, const schema_info& info,
                                const std::vector<const field*>& columns, call_options how);

/// Runs a statement and gives its rows to `to`.
result<void> read_rows(libsql::executor& on, std::string_view sql,
                       const libsql::positional& arguments, const projection& how,
                       const std::vector<std::string>& columns, const row_sink& to,
                       call_options options);

}  // namespace ecto::detail
