#pragma once

#include <libsql/argument.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/detail/read_cell.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace libsql {

/// One SQL value by view, as callbacks receive it and `row::view` returns it. It is valid during
/// the callback, or as long as the row; so are the `string_view` and `blob_view` read from it.
/// `get<value>()` copies the content.
///
/// It is read as strictly as a column of a row (see row.hpp), and can be an argument of a
/// statement. Thread safety: as a `string_view`.
class LIBSQL_API value_view {
public:
    /// NULL.
    value_view() noexcept : cell_(detail::null_cell()) {}

    /// For the driver: a view of the content of `viewed`.
    explicit value_view(const detail::cell& viewed) noexcept : cell_(viewed) {}

    /// The type of the value.
    [[nodiscard]] value_type type() const noexcept { return static_cast<value_type>(cell_.type); }

    /// True when it is NULL.
    [[nodiscard]] bool is_null() const noexcept { return type() == value_type::null; }

    /// The value as `T`. Throws `libsql::exception` (`mismatch`) if it is not a `T`; inside a
    /// callback this becomes the error of the statement. `try_get` returns a result instead.
    template <class T>
    [[nodiscard]] T get() const {
        return try_get<T>().value();
    }

    /// The value as `T`, or the error.
    template <class T>
    [[nodiscard]] result<T> try_get() const {
        static_assert(detail::is_readable<T>,
                      "libsql: a value cannot be read as this type: give it sql_traits "
                      "(sql_traits.hpp), or choose one that row.hpp lists");
        if constexpr (detail::readable<T>) {
            T out{};
            if (!detail::read_cell(cell_, out)) {
                return mismatch("the value", detail::type_word<T>());
            }
            return out;
        } else {
            return mismatch("the value", {});
        }
    }

    /// Reads the value into `out`. False when it is not a `T`; `out` is then unspecified. For a
    /// layer that reads many fields and makes its own errors; `mismatch` makes ours.
    template <detail::readable T>
    [[nodiscard]] bool read_into(T& out) const {
        return detail::read_cell(cell_, out);
    }

    /// Calls `f` with the content: a `std::int64_t`, a `double`, a `std::string_view`, a
    /// `blob_view`, or `std::monostate` for NULL. All overloads must return the same type.
    template <class F>
    decltype(auto) visit(F&& f) const {
        switch (type()) {
            case value_type::integer:
                return std::forward<F>(f)(cell_.integer);
            case value_type::real:
                return std::forward<F>(f)(cell_.real);
            case value_type::text:
                return std::forward<F>(f)(detail::text_of(cell_));
            case value_type::blob:
                return std::forward<F>(f)(detail::blob_of(cell_));
            case value_type::null:
                break;
        }
        return std::forward<F>(f)(std::monostate());
    }

    /// The error for reading it as `wanted`, which it is not; `what` names the value.
    [[nodiscard]] error mismatch(std::string_view what, std::string_view wanted) const;

    /// For the driver: the value as the engine gave it.
    [[nodiscard]] const detail::cell& cell() const noexcept { return cell_; }

    /// For the driver: makes it an argument of a statement.
    friend detail::cell to_cell(const value_view& v) noexcept { return v.cell_; }

private:
    detail::cell cell_;
};

}  // namespace libsql
