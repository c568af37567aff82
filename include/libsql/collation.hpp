#pragma once

#include <libsql/connection.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <compare>
#include <concepts>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace libsql {

namespace detail {

inline int sign_of(int order) noexcept {
    return order;
}

inline int sign_of(std::weak_ordering order) noexcept {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

template <class T>
concept ordering = std::same_as<T, int> || std::convertible_to<T, std::weak_ordering>;

}  // namespace detail

/// An ordering of texts: any callable that takes two `std::string_view` and returns an `int`
/// (negative, zero or positive), a `std::strong_ordering` or a `std::weak_ordering`. A
/// default-constructed collation is empty.
///
/// It must be a total order that never changes, because indexes are sorted by it. The texts are
/// UTF-8 as stored, including any NUL; the views are valid during the comparison.
class collation {
public:
    collation() noexcept = default;

    /// Orders by `compare`, which is copied with the collation.
    template <class Compare>

    requires(!std::same_as<std::remove_cvref_t<Compare>, collation> &&
             detail::ordering<std::invoke_result_t<Compare&, std::string_view, std::string_view>>)
        collation(Compare compare)
        : compare_([compare = std::move(compare)](std::string_view a, std::string_view b) mutable {
              return detail::sign_of(std::invoke(compare, a, b));
          }) {}

    /// True unless it is empty.
    explicit operator bool() const noexcept { return static_cast<bool>(compare_); }

    /// How `a` compares to `b`: negative, zero or positive. Throws what the callable throws, and
    /// `std::bad_function_call` if the collation is empty.
    int operator()(std::string_view a, std::string_view b) const { return compare_(a, b); }

private:
    std::function<int(std::string_view, std::string_view)> compare_;
};

/// Registers `order` with the connection as `COLLATE name` (case-insensitive), replacing any
/// collation of that name.
///
/// If `order` throws, the statement fails with the text of the exception. What the statement wrote
/// is undone; inside a transaction that may be the whole transaction. For what else it shares with
/// other callbacks (re-entry, lifetime of captured objects) see hooks.hpp. Thread safety: `order`
/// is called on the thread of the running call. Only with `PRAGMA threads` above 0 and temporary
/// tables in files does the engine sort on threads of its own and call it from them.
///
/// Errors: `invalid_argument` for an empty collation and for a name that is empty, contains a NUL,
/// is not UTF-8 or is longer than 255 bytes; `busy` when it would replace a collation while a
/// statement is running.
LIBSQL_API result<void> create_collation(connection& c, std::string_view name, collation order);

/// Removes a collation that was created on this connection. Statements that need it then fail with
/// "no such collation sequence". Errors: `invalid_argument` when there is none of that name, `busy`
/// while a statement is running.
LIBSQL_API result<void> remove_collation(connection& c, std::string_view name);

/// Calls `find` with the name of a collation that a statement needs and the connection does not
/// know. The collation that it returns is created; if it is empty, the statement fails. There is
/// one such function for each connection; an empty one removes it. If `find` throws, the statement
/// fails with the text of the exception.
LIBSQL_API result<void> set_collation_needed(connection& c,
                                             std::function<collation(std::string_view name)> find);

}  // namespace libsql
