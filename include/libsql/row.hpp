#pragma once

#include <libsql/detail/fields.hpp>
#include <libsql/detail/read_cell.hpp>
#include <libsql/detail/row_source.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>
#include <libsql/value_view.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace libsql {

/// One row of a running query, by view. It is valid until the next row is read or the rows are
/// destroyed; so are the `string_view` and `blob_view` taken from it.
///
/// Columns are read strictly:
/// - INTEGER as any integer type that it fits in (as `bool` only 0 and 1), and up to 2^53 (`float`:
///   2^24) as a floating-point type;
/// - REAL as a floating-point type; as `float` it is rounded and must be within the range of
///   `float`;
/// - TEXT as text, BLOB as a blob, NULL only as `std::optional` or `value`;
/// - a type of your own as its `sql_traits` say (sql_traits.hpp).
///
/// Anything else is `mismatch`; nothing is converted.
class LIBSQL_API row {
public:
    /// For the driver: `rows` makes rows.
    explicit row(detail::row_source& source) noexcept : source_(&source) {}

    /// The number of columns.
    [[nodiscard]] std::size_t size() const noexcept { return source_->size(); }

    /// The type of column `i`; `null` when there is no such column.
    [[nodiscard]] value_type type(std::size_t i) const noexcept {
        return i < size() ? static_cast<value_type>(source_->cells()[i].type) : value_type::null;
    }

    /// True when column `i` is NULL, and when there is no such column.
    [[nodiscard]] bool is_null(std::size_t i) const noexcept { return type(i) == value_type::null; }

    /// Column `i` with its type and value, for a type that is known only at run time; NULL when
    /// there is no such column. O(1): nothing is copied. Valid as long as the row.
    [[nodiscard]] value_view view(std::size_t i) const noexcept {
        return i < size() ? value_view(source_->cells()[i]) : value_view();
    }

    /// Column `i` as `T`. Throws `libsql::exception`: `invalid_argument` when there is no such
    /// column, `mismatch` when the value is not a `T`. `try_get` returns a result instead. Copies
    /// the content if `T` owns it.
    template <class T>
    [[nodiscard]] T get(std::size_t i) const {
        check_readable<T>();
        if constexpr (detail::readable<T>) {
            T out{};
            if (i >= size() || !detail::read_cell(source_->cells()[i], out)) [[unlikely]] {
                raise(i, detail::type_word<T>());
            }
            return out;
        } else {
            raise(i, {});
        }
    }

    /// The first column called `name` as `T`; otherwise as `get(i)`. O(columns).
    template <class T>
    [[nodiscard]] T get(std::string_view name) const {
        return get<T>(find(name).value());
    }

    /// Column `i` as `T`, or the error that `get` throws.
    template <class T>
    [[nodiscard]] result<T> try_get(std::size_t i) const {
        check_readable<T>();
        if constexpr (detail::readable<T>) {
            T out{};
            if (i >= size() || !detail::read_cell(source_->cells()[i], out)) {
                return mismatch(i, detail::type_word<T>());
            }
            return out;
        } else {
            return mismatch(i, {});
        }
    }

    /// The first column called `name` as `T`, or the error that `get` throws. O(columns).
    template <class T>
    [[nodiscard]] result<T> try_get(std::string_view name) const {
        const auto i = find(name);
        if (!i) {
            return i.error();
        }
        return try_get<T>(*i);
    }

    /// The index of the first column called `name` (exactly, with its case); `invalid_argument` if
    /// there is none. O(columns).
    [[nodiscard]] result<std::size_t> find(std::string_view name) const;

    /// The whole row as a `T`: a tuple or pair, an aggregate of at most 31 fields, which are the
    /// columns in order, or, for a row of one column, a scalar. `mismatch` if the number of columns
    /// is another or a value does not fit.
    template <class T>
    [[nodiscard]] result<T> as() const {
        if constexpr (detail::readable<T>) {
            T out{};
            if (size() != 1) {
                return wrong_size(1);
            }
            if (!detail::read_cell(source_->cells()[0], out)) {
                return mismatch(0, detail::type_word<T>());
            }
            return out;
        } else if constexpr (detail::is_tuple<T>) {
            T out{};
            if (auto failed = fill(out)) {
                return *std::move(failed);
            }
            return out;
        } else {
            static_assert(
                std::is_aggregate_v<T>,
                "libsql: a row is read as a scalar, a tuple, an aggregate, or a type with "
                "sql_traits");
            if constexpr (std::is_aggregate_v<T>) {
                T out{};
                auto fields = detail::tie_fields(out);
                if (auto failed = fill(fields)) {
                    return *std::move(failed);
                }
                return out;
            } else {
                return wrong_size(0);
            }
        }
    }

private:
    template <class T>
    static consteval void check_readable() {
        static_assert(detail::is_readable<T>,
                      "libsql: a column cannot be read as this type: give it sql_traits "
                      "(sql_traits.hpp), or choose one that row.hpp lists");
    }

    template <class Tuple>
    std::optional<error> fill(Tuple& fields) const {
        constexpr std::size_t n = std::tuple_size_v<Tuple>;
        if (size() != n) {
            return wrong_size(n);
        }
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            std::optional<error> failed;
            static_cast<void>((fill_one<I>(std::get<I>(fields), failed) && ...));
            return failed;
        }
        (std::make_index_sequence<n>{});
    }

    template <std::size_t I, class T>
    bool fill_one(T& out, std::optional<error>& failed) const {
        check_readable<T>();
        if constexpr (detail::readable<T>) {
            if (!detail::read_cell(source_->cells()[I], out)) {
                failed = mismatch(I, detail::type_word<T>());
                return false;
            }
        }
        return true;
    }

    [[noreturn]] void raise(std::size_t i, std::string_view wanted) const;
    [[nodiscard]] error mismatch(std::size_t i, std::string_view wanted) const;
    [[nodiscard]] error wrong_size(std::size_t wanted) const;

    detail::row_source* source_;
};

}  // namespace libsql
