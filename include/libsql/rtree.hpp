#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// @file
/// R*Trees: boxes of 1 to 5 dimensions, found quickly by where they are. See docs/rtree.md.

namespace libsql::rtree {

/// A box: from `low` to `high` in each dimension, both included; `low` is at most `high`.
template <std::size_t Dimensions, class Number = double>

requires(Dimensions >= 1 && Dimensions <= 5 &&
         (std::same_as<Number, double> || std::same_as<Number, std::int32_t>)) struct box {
    std::array<Number, Dimensions> low{};   ///< the smallest coordinate in each dimension
    std::array<Number, Dimensions> high{};  ///< the largest coordinate in each dimension

    /// The box of one point.
    static box at(const std::array<Number, Dimensions>& point) { return {point, point}; }

    friend bool operator==(const box&, const box&) = default;
};

/// One row.
template <std::size_t Dimensions, class Number = double>
struct entry {
    std::int64_t id{0};                    ///< the row's key
    rtree::box<Dimensions, Number> box{};  ///< where it is
    std::vector<value> auxiliary{};        ///< in the order of `definition::auxiliary`

    friend bool operator==(const entry&, const entry&) = default;
};

/// The names of an R*Tree.
struct definition {
    std::string name{};    ///< the table's name
    std::string schema{};  ///< empty: main
    std::string id{"id"};  ///< the name of the key's column

    /// Two for each dimension, the low one first; empty: "min0", "max0", "min1", ...
    std::vector<std::string> coordinates{};

    /// Columns that are kept with each row and cannot be searched by; of any type, at most 100.
    std::vector<std::string> auxiliary{};
};

namespace detail {

/// An R*Tree whose number of dimensions is a run-time value. Coordinates go in and out as low,
/// high, low, high, ...
class LIBSQL_API tree {
public:
    struct row {
        std::int64_t id;
        std::vector<value> coordinates;
        std::vector<value> auxiliary;
    };

    tree(definition names, std::size_t dimensions, bool integers);

    [[nodiscard]] const definition& names() const noexcept { return names_; }

    [[nodiscard]] std::string create_sql(bool if_not_exists) const;
    [[nodiscard]] std::string condition(bool within) const;
    result<void> create(executor& on, bool if_not_exists) const;
    result<std::int64_t> insert(executor& on, std::string_view verb, std::optional<std::int64_t> id,
                                std::span<const value> coordinates,
                                std::span<const value> auxiliary) const;
    result<bool> remove(executor& on, std::int64_t id) const;
    result<std::vector<row>> find(executor& on, std::int64_t id) const;
    result<std::vector<row>> search(executor& on, bool within,
                                    std::span<const value> coordinates) const;

private:
    [[nodiscard]] result<void> check() const;
    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string all_columns() const;
    result<std::vector<row>> select(executor& on, const std::string& where,
                                    std::span<const value> arguments) const;

    definition names_;
    std::size_t dimensions_;
    bool integers_;
};

}  // namespace detail

/// An R*Tree of so many dimensions. With `double` (SQLite's module `rtree`) coordinates are stored
/// as 32-bit floats, and so that nothing is lost a box is made larger: its low side is rounded down
/// and its high side up. What is read back contains what was stored. With `std::int32_t` (module
/// `rtree_i32`) they are exact.
///
/// A value: holds names only, no connection and no state of the database. Calls fail with `sql`
/// when there is no such table, with `invalid_argument` for a box whose low side is above its high
/// side, that is not finite or beyond a float, and for a wrong number of coordinate names or
/// auxiliary values, and with `mismatch` when the table's numbers are of the other kind.
template <std::size_t Dimensions, class Number = double>
class table {
public:
    using box_type = rtree::box<Dimensions, Number>;      ///< the boxes of its rows
    using entry_type = rtree::entry<Dimensions, Number>;  ///< its rows

    /// An R*Tree called so, in any database that has it. Nothing is checked before it is used.
    explicit table(definition names)
        : tree_(std::move(names), Dimensions, std::is_same_v<Number, std::int32_t>) {}

    /// The CREATE VIRTUAL TABLE statement.
    [[nodiscard]] std::string create_sql(bool if_not_exists = false) const {
        return tree_.create_sql(if_not_exists);
    }

    /// Creates the R*Tree. `sql` when there is a table of that name, unless `if_not_exists`;
    /// `invalid_argument` when `definition::coordinates` has not two names for each dimension.
    result<void> create(executor& on, bool if_not_exists = false) const {
        return tree_.create(on, if_not_exists);
    }

    /// Adds a row and returns its id: `id`, or a new one. `auxiliary` has a value for each
    /// auxiliary column. A `constraint` error when the id is there already.
    result<std::int64_t> insert(executor& on, std::optional<std::int64_t> id, const box_type& where,
                                std::span<const value> auxiliary = {}) const {
        return tree_.insert(on, "INSERT", id, flat(where), auxiliary);
    }

    /// Adds a row, or replaces the one with this id.
    result<void> replace(executor& on, std::int64_t id, const box_type& where,
                         std::span<const value> auxiliary = {}) const {
        return tree_.insert(on, "REPLACE", id, flat(where), auxiliary).transform([](std::int64_t) {
        });
    }

    /// Removes a row; false when there is none.
    result<bool> remove(executor& on, std::int64_t id) const { return tree_.remove(on, id); }

    /// One row by its id.
    [[nodiscard]] result<std::optional<entry_type>> find(executor& on, std::int64_t id) const {
        return typed(tree_.find(on, id)).transform([](std::vector<entry_type>&& found) {
            return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
        });
    }

    /// The rows whose boxes have a point in common with `where`, edges included. Sides of `where`
    /// may be infinite.
    [[nodiscard]] result<std::vector<entry_type>> overlapping(executor& on,
                                                              const box_type& where) const {
        return typed(tree_.search(on, false, flat(where)));
    }

    /// The rows whose boxes lie in `where`, edges included. With `double` it is the stored, larger
    /// box that must: a box is not always found within itself.
    [[nodiscard]] result<std::vector<entry_type>> within(executor& on,
                                                         const box_type& where) const {
        return typed(tree_.search(on, true, flat(where)));
    }

    /// For queries of your own: what `overlapping` tests, as SQL. Parameters from ?1 on are low and
    /// high of each dimension in turn. Columns are qualified by the table's name.
    [[nodiscard]] std::string overlapping_sql() const { return tree_.condition(false); }

    /// As `overlapping_sql`, for `within`.
    [[nodiscard]] std::string within_sql() const { return tree_.condition(true); }

private:
    static std::vector<value> flat(const box_type& where) {
        std::vector<value> all;
        for (std::size_t i = 0; i < Dimensions; ++i) {
            all.emplace_back(where.low[i]);
            all.emplace_back(where.high[i]);
        }
        return all;
    }

    static Number number(const value& v) {
        if constexpr (std::is_same_v<Number, double>) {
            return *v.if_real();
        } else {
            return static_cast<Number>(*v.if_integer());
        }
    }

    static result<std::vector<entry_type>> typed(result<std::vector<detail::tree::row>>&& found) {
        return std::move(found).transform([](std::vector<detail::tree::row>&& rows) {
            std::vector<entry_type> entries;
            entries.reserve(rows.size());
            for (auto& row : rows) {
                entry_type one{row.id, {}, std::move(row.auxiliary)};
                for (std::size_t i = 0; i < Dimensions; ++i) {
                    one.box.low[i] = number(row.coordinates[2 * i]);
                    one.box.high[i] = number(row.coordinates[2 * i + 1]);
                }
                entries.push_back(std::move(one));
            }
            return entries;
        });
    }

    detail::tree tree_;
};

}  // namespace libsql::rtree
