#pragma once

#include <concepts>
#include <optional>

namespace libsql {

/// How a type of your own is an argument and a column: specialise this for it.
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
/// - `stored_type` is what a column of it is read as: one of the types of row.hpp.
/// - `to_sql(const T&)` gives something that argument.hpp can bind, or a `std::optional` of it.
/// - `from_sql(stored_type)` gives a `T`, or a `std::optional<T>`, of which none is `mismatch`. A
///   view that it is given is valid during the call.
/// - `T` has a default constructor. `std::optional<T>` works too: none is NULL.
///
/// What these functions throw comes out of the call that needed them; `to_sql` is called before
/// anything is run.
template <class T>
struct sql_traits;

namespace detail {

/// `sql_traits` knows how to store it.
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
