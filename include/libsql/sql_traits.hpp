#pragma once

#include <libsql/export.hpp>

#include <concepts>
#include <optional>

namespace libsql {

/// How a type of your own is used as an argument and as a column. Specialise this template for it:
///
/// ```
/// struct user_id {
///     std::int64_t number{0};
/// };
///
/// template <>
/// struct libsql::sql_traits<user_id> {
///     using stored_type = std::int64_t;
///     static std::int64_t to_sql(user_id id) { return id.number; }
///     static user_id from_sql(std::int64_t stored) { return {stored}; }
/// };
/// ```
/// - `stored_type` is the type as which a column is read: one of those that row.hpp lists.
/// - `to_sql(const T&)` returns something that argument.hpp can bind, or a `std::optional` of it.
/// - `from_sql(stored_type)` returns a `T`, or a `std::optional<T>`; an empty one is `mismatch`. A
///   view passed to it is valid during the call.
/// - `T` must have a default constructor. `std::optional<T>` works too, with NULL as the empty one.
///
/// An exception thrown by these functions passes out of the call that needed them. `to_sql` is
/// called before anything is run.
template <class T>
struct sql_traits;

namespace detail {

/// `sql_traits` is specialised for `T`.
template <class T>
concept mapped = requires(const T& t) {
    typename sql_traits<T>::stored_type;
    sql_traits<T>::to_sql(t);
};

template <class T>
inline constexpr bool is_mapped = mapped<T>;
template <class T>
inline constexpr bool is_mapped<std::optional<T>> = mapped<T>;

}  // namespace detail

}  // namespace libsql
