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
/// R*Trees: boxes of 1 to 5 dimensions, found quickly by their position. See docs/rtree.md.

namespace libsql::rtree {

/// A box: from `low` to `high` in each dimension, both included. `low` must not exceed `high`.
template <std::size_t Dimensions, class Number = double>

requires(Dimensions >= 1 && Dimensions <= 5 &&
         (std::same_as<Number, double> || std::same_as<Number, std::int32_t>)) struct box {
    std::array<Number, Dimensions> low{};   ///< the smallest coordinate in each dimension
    std::array<Number, Dimensions> high{};  ///< the largest coordinate in each dimension

    /// The box of a single point.
    static box at(const std::array<Number, Dimensions>& point) { return {point, point}; }

    friend bool operator==(const box&, const box&) = default;
};

/// One row of an R*Tree.
template <std::size_t Dimensions, class Number = double>
struct entry {
    std::int64_t id{0};                    ///< the key of the row
    rtree::box<Dimensions, Number> box{};  ///< its position
    std::vector<value> auxiliary{};        ///< in the order of `definition::auxiliary`

    friend bool operator==(const entry&, const entry&) = default;
};

/// The names of an R*Tree.
struct definition {
    std::string name{};    ///< the table's name
    std::string schema{};  ///< empty: main
    std::string id{"id"};  ///< the name of the key's column

    /// Two for each dimension, the lower one first; empty: "min0", "max0", "min1", ...
    std::vector<std::string> coordinates{};

    /// Columns that are stored with each row but cannot be searched, of any type; at most 100.
    std::vector<std::string> auxiliary{};
};

namespace detail {

/// An R*Tree whose number of dimensions is known only at run time. Coordinates are passed as low,
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

/// An R*Tree with `Dimensions` dimensions. With `double` (SQLite's module `rtree`) coordinates are
/// stored as 32-bit floats. So that nothing is lost, a box is enlarged: its low side is rounded
/// down and its high side up, and the box that is read back contains the one that was stored. With
/// `std::int32_t` (module `rtree_i32`) coordinates are exact.
///
/// A plain value that holds names only, no connection and no state of the database. Errors: `sql`
/// when there is no such table; `invalid_argument` for a box whose low side is above its high side,
/// that is not finite or exceeds the range of a float, and for a wrong number of coordinate names
/// or auxiliary values; `mismatch` when the numbers of the table are of the other kind. A call that
/// takes an executor runs one statement, which is one round trip in remote mode.
template <std::size_t Dimensions, class Number = double>
class table {
public:
    using box_type = rtree::box<Dimensions, Number>;      ///< the type of its boxes
    using entry_type = rtree::entry<Dimensions, Number>;  ///< the type of its rows

    /// An R*Tree with these names, in any database that has it. Nothing is checked before it is
    /// used.
    explicit table(definition names)
        : tree_(std::move(names), Dimensions, std::is_same_v<Number, std::int32_t>) {}

    /// The CREATE VIRTUAL TABLE statement.
    [[nodiscard]] std::string create_sql(bool if_not_exists = false) const {
        return tree_.create_sql(if_not_exists);
    }

    /// Creates the R*Tree. `sql` when a table of that name exists, unless `if_not_exists`;
    /// `invalid_argument` when `definition::coordinates` does not have two names for each
    /// dimension.
    result<void> create(executor& on, bool if_not_exists = false) const {
        return tree_.create(on, if_not_exists);
    }

    /// Inserts a row and returns its id: `id`, or a new one. `auxiliary` has one value for each
    /// auxiliary column. `constraint` when the id already exists.
    result<std::int64_t> insert(executor& on, std::optional<std::int64_t> id, const box_type& where,
                                std::span<const value> auxiliary = {}) const {
        return tree_.insert(on, "INSERT", id, flat(where), auxiliary);
    }

    /// Inserts a row, or replaces the one with this id.
    result<void> replace(executor& on, std::int64_t id, const box_type& where,
                         std::span<const value> auxiliary = {}) const {
        return tree_.insert(on, "REPLACE", id, flat(where), auxiliary).transform([](std::int64_t) {
        });
    }

    /// Deletes a row; false when there is none with this id.
    result<bool> remove(executor& on, std::int64_t id) const { return tree_.remove(on, id); }

    /// The row with this id; none if there is none.
    [[nodiscard]] result<std::optional<entry_type>> find(executor& on, std::int64_t id) const {
        return typed(tree_.find(on, id)).transform([](std::vector<entry_type>&& found) {
            return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
        });
    }

    /// The rows whose boxes have a point in common with `where`, edges included. The sides of
    /// `where` may be infinite. Takes memory linear in the result, as `within`.
    [[nodiscard]] result<std::vector<entry_type>> overlapping(executor& on,
                                                              const box_type& where) const {
        return typed(tree_.search(on, false, flat(where)));
    }

    /// The rows whose boxes lie within `where`, edges included. With `double` the stored, larger
    /// box must lie within it, so a box is not always found within itself.
    [[nodiscard]] result<std::vector<entry_type>> within(executor& on,
                                                         const box_type& where) const {
        return typed(tree_.search(on, true, flat(where)));
    }

    /// The condition that `overlapping` tests, as SQL for queries of your own. Its parameters from
    /// ?1 on are low and high of each dimension in turn. The columns are qualified with the name of
    /// the table.
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
