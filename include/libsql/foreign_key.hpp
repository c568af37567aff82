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
/// Which foreign key refused a statement. SQLite says only "FOREIGN KEY constraint failed": it
/// counts violations while a statement runs and does not keep which they were. They can be found
/// afterwards, at a price, so only when asked for.

namespace libsql {

/// One row that refers to a row which is not there.
struct foreign_key_violation {
    std::string schema{};                 ///< the database: "main", "temp", an attached name
    std::string table{};                  ///< the table that refers
    std::optional<std::int64_t> rowid{};  ///< of the row that refers; none in a WITHOUT ROWID table
    std::string parent{};                 ///< the table referred to
    std::vector<std::string> columns{};   ///< of `table`
    std::vector<std::string> parent_columns{};  ///< of `parent`, one for each of `columns`
    std::string name{};                         ///< behind CONSTRAINT; empty when it has none

    friend bool operator==(const foreign_key_violation&, const foreign_key_violation&) = default;
};

/// Every violation that there is now, in all databases. Also what to ask after a COMMIT that failed
/// because of deferred foreign keys, before the transaction is rolled back.
///
/// Cost: every row of every table with foreign keys is read, with a search in its parent.
LIBSQL_API result<std::vector<foreign_key_violation>> foreign_key_check(executor& on);

namespace detail {

/// A statement's second run, in a savepoint and with foreign keys deferred.
class foreign_key_probe {
public:
    static result<foreign_key_probe> begin(executor& on, std::string_view sql);

    foreign_key_probe(foreign_key_probe&& other) noexcept;
    foreign_key_probe& operator=(foreign_key_probe&&) = delete;

    /// Undoes it.
    ~foreign_key_probe();

    /// What the statement violates, given how its second run went. Undoes that run.
    result<std::vector<foreign_key_violation>> finish(const result<execution>& second_run);

private:
    friend class touched_rows_probe;

    explicit foreign_key_probe(executor& on) noexcept : on_(&on) {}

    /// Defers the foreign keys in a savepoint.
    static result<foreign_key_probe> open(executor& on, std::string_view sql);

    result<void> undo();

    executor* on_;
    bool was_deferred_{false};
    std::vector<foreign_key_violation> before_;
};

/// A statement's second run that gives the keys of the rows it touched.
class touched_rows_probe {
public:
    /// Whether so few rows can violate a key that all may be looked at.
    static result<bool> few_rows(executor& on);

    static result<touched_rows_probe> begin(executor& on, std::string_view sql);

    /// The statement, with the columns of keys as the last of its result.
    [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

    /// A key that the rows violate. Undoes the run.
    result<std::optional<foreign_key_violation>> finish(result<rows> second_run);

private:
    /// A key of rows that the statement writes, or one to rows that it deletes.
    struct touched_key {
        foreign_key_violation key{};
        std::size_t first_column{0};  ///< of those that are added to the result
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

/// The foreign keys that `sql` (INSERT, UPDATE, DELETE or REPLACE, with its arguments) violates. To
/// be called after it failed with `constraint_kind::foreign_key`, in the same transaction if there
/// is one. Empty when it violates none, for instance because the data has changed since.
///
/// How: it runs the statement again in a savepoint with the foreign keys deferred, looks for
/// violations that were not there before, and rolls back to the savepoint. The data is as before.
///
/// Cost: the statement once more, and `foreign_key_check` twice: reading all tables with foreign
/// keys. Side effects: triggers, user functions and hooks run a second time; `changes`,
/// `total_changes` and `last_insert_rowid` are those of the second run; a write lock is taken.
///
/// Errors: `invalid_argument` for another kind of statement; whatever else the second run fails
/// with. RESTRICT actions are found too: SQLite lifts them while foreign keys are deferred by the
/// pragma.
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

/// One foreign key that `sql` violates, as `foreign_key_violations` finds it, but at a bounded
/// price, so that it can be asked for each refusal. Its `rowid` is not told.
///
/// While the tables with foreign keys have 10,000 rows at most it is `foreign_key_violations`. With
/// more, only the rows are looked at that the statement itself inserts, updates or deletes: a
/// search in the parent for each, or in the child, which needs an index on the columns of the key
/// to be one (as the engine does to enforce it). Nothing is found then of what a trigger or a
/// cascade violates, nor an UPDATE of a parent's key.
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
