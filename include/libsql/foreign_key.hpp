#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/rows.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// @file
/// Finds out which foreign key rejected a statement. SQLite says only "FOREIGN KEY constraint
/// failed": it counts violations while a statement runs and does not record which they were. They
/// can be found afterwards at some cost, and so only on request.

namespace libsql {

/// A row that refers to a row which does not exist.
struct foreign_key_violation {
    std::string schema{};                 ///< "main", "temp" or an attached name
    std::string table{};                  ///< the referring table
    std::optional<std::int64_t> rowid{};  ///< of the referring row; none in a WITHOUT ROWID table
    std::string parent{};                 ///< the referenced table
    std::vector<std::string> columns{};   ///< of `table`
    std::vector<std::string> parent_columns{};  ///< of `parent`, one for each of `columns`
    std::string name{};                         ///< of the constraint; empty when it has none

    friend bool operator==(const foreign_key_violation&, const foreign_key_violation&) = default;
};

/// All present violations in all databases. Also useful after a COMMIT that failed because of
/// deferred foreign keys, before the transaction is rolled back.
///
/// Cost: every row of every table with foreign keys is read and looked up in its parent table. In
/// remote mode one round trip, one more for each database, and more for each table with violations.
LIBSQL_API result<std::vector<foreign_key_violation>> foreign_key_check(executor& on);

namespace detail {

/// A second run of a statement, in a savepoint and with foreign keys deferred.
class foreign_key_probe {
public:
    static result<foreign_key_probe> begin(executor& on, std::string_view sql);

    foreign_key_probe(foreign_key_probe&& other) noexcept;
    foreign_key_probe& operator=(foreign_key_probe&&) = delete;

    /// Undoes the run.
    ~foreign_key_probe();

    /// What the statement violates, given the result of its second run. Undoes that run.
    result<std::vector<foreign_key_violation>> finish(const result<execution>& second_run);

private:
    friend class touched_rows_probe;

    explicit foreign_key_probe(executor& on) noexcept : on_(&on) {}

    /// Opens a savepoint and defers the foreign keys in it.
    static result<foreign_key_probe> open(executor& on, std::string_view sql);

    result<void> undo();

    executor* on_;
    bool was_deferred_{false};
    std::vector<foreign_key_violation> before_;
};

/// A second run of a statement that returns the keys of the rows it touched.
class touched_rows_probe {
public:
    /// Whether so few rows can violate a key that all of them may be examined.
    static result<bool> few_rows(executor& on);

    static result<touched_rows_probe> begin(executor& on, std::string_view sql);

    /// The statement, with the key columns added at the end of its result.
    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

    /// A key that the rows violate. Undoes the run.
    result<std::optional<foreign_key_violation>> finish(result<rows> second_run);

private:
    /// A foreign key of rows that the statement writes, or one that refers to rows it deletes.
    struct touched_key {
        foreign_key_violation key{};
        std::size_t first_column{0};  ///< among those added to the result
        bool is_parent{false};
    };

    touched_rows_probe(executor& on, foreign_key_probe deferred)
        : on_(&on), deferred_(std::move(deferred)) {}

    result<void> look_for_keys(std::string_view sql);
    result<std::optional<foreign_key_violation>> look(result<rows> second_run);
    result<bool> violates(const touched_key& touched, std::span<const value> row);

    executor* on_;
    foreign_key_probe deferred_;
    std::string sql_;
    std::vector<touched_key> keys_;
    std::size_t columns_{0};
};

}  // namespace detail

/// The foreign keys that `sql` (INSERT, UPDATE, DELETE or REPLACE, with its arguments) violates.
/// Call this after the statement failed with `constraint_kind::foreign_key`, in the same
/// transaction if there is one. Empty when it violates none, for example because the data has
/// changed since.
///
/// It runs the statement again in a savepoint with foreign keys deferred, looks for violations that
/// did not exist before, and rolls back to the savepoint. The data is as before.
///
/// Cost: the statement once more, and `foreign_key_check` twice, which reads all tables with
/// foreign keys. Side effects: triggers, user functions and hooks run a second time; `changes`,
/// `total_changes` and `last_insert_rowid` are those of the second run; a write lock is taken. A
/// dozen statements or more, each a round trip in remote mode.
///
/// Errors: `invalid_argument` for another kind of statement; whatever else makes the second run
/// fail. RESTRICT actions are found as well, because SQLite relaxes them while the pragma defers
/// foreign keys.
template <class... Args>
result<std::vector<foreign_key_violation>> foreign_key_violations(executor& on,
                                                                  std::string_view sql,
                                                                  const Args&... args) {
    auto probe = detail::foreign_key_probe::begin(on, sql);
    if (!probe) {
        return probe.error();
    }
    return probe->finish(on.execute(sql, args...));
}

/// One foreign key that `sql` violates, found as by `foreign_key_violations` but at a bounded cost,
/// so that it can be called after each such error. Its `rowid` may be empty.
///
/// As long as the tables with foreign keys have at most 10,000 rows in all, this calls
/// `foreign_key_violations`. With more rows it examines only those that the statement itself
/// inserts, updates or deletes: each is looked up in the parent table, or in the child table, which
/// takes an index on the key's columns to be fast (as it does when the engine enforces the key). It
/// then finds no violations by a trigger, a cascade or an UPDATE of a parent's key.
///
/// Errors and side effects: as `foreign_key_violations`.
template <class... Args>
result<std::optional<foreign_key_violation>> violated_foreign_key(executor& on,
                                                                  std::string_view sql,
                                                                  const Args&... args) {
    const auto few = detail::touched_rows_probe::few_rows(on);
    if (!few) {
        return few.error();
    }
    if (*few) {
        return foreign_key_violations(on, sql, args...).transform([](const auto& all) {
            return all.empty() ? std::nullopt : std::optional(all.front());
        });
    }
    auto probe = detail::touched_rows_probe::begin(on, sql);
    if (!probe) {
        return probe.error();
    }
    return probe->finish(on.query(probe->sql(), args...));
}

}  // namespace libsql
