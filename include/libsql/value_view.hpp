#pragma once

#include <libsql/argument.hpp>
#include <libsql/detail/cell.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/row.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace libsql {

/// One SQL value by view, as callbacks get it. Valid, as are the `string_view` and `blob_view` read
/// from it, while the callback runs; `get<value>()` copies it.
///
/// It is read as strictly as a column of a row (see row.hpp) and can be an argument of a statement.
/// Thread safety: as a `string_view`.
class LIBSQL_API value_view {
public:
    /// NULL.
    value_view() noexcept : cell_(detail::null_cell()) {}

    /// For the driver: views `viewed`'s content.
    explicit value_view(const detail::cell& viewed) noexcept : cell_(viewed) {}

    /// What it holds.
    [[nodiscard]] value_type type() const noexcept { return static_cast<value_type>(cell_.type); }

    /// True when it is NULL.
    [[nodiscard]] bool is_null() const noexcept { return type() == value_type::null; }

    /// The value as `T`. Throws `libsql::exception` (`mismatch`) when it is not a `T`; inside a
    /// callback that becomes the statement's error. For a result instead: `try_get`.
    template <detail::readable T>
    [[nodiscard]] T get() const {
        return try_get<T>().value();
    }

    /// The value as `T`, or the error.
    template <detail::readable T>
    [[nodiscard]] result<T> try_get() const {
        T out{};
        if (!detail::read_cell(cell_, out)) {
            return mismatch("the value", detail::type_word<T>());
        }
        return out;
    }

    /// The error of reading it, which `what` names, as something that it is not.
    [[nodiscard]] error mismatch(std::string_view what, std::string_view wanted) const;

    /// For the driver: the value as the engine gave it.
    [[nodiscard]] const detail::cell& cell() const noexcept { return cell_; }

    /// For the driver: makes it an argument of a statement.
    friend detail::cell to_cell(const value_view& v) noexcept { return v.cell_; }

private:
    detail::cell cell_;
};

}  // namespace libsql
