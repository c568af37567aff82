#pragma once

#include <ecto/expression.hpp>
#include <ecto/literal.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ecto {

namespace detail {

inline word text_word(op code, literal text) noexcept {
    word w{};
    w.code = code;
    w.c = static_cast<std::uint32_t>(text.view().size());
    w.pointer = text.view().data();
    return w;
}

/// A call of a function of SQL with operands.
template <class T, class... Xs>
expr<T> call(literal name, const Xs&... xs) {
    expr<T> made;
    (put_operand(made.ecto_words, xs), ...);
    auto w = text_word(op::call, name);
    w.a = sizeof...(Xs);
    made.ecto_words.push(w);
    return made;
}

template <class X>
using maybe_of = std::optional<worth<arg<X>>>;

template <class X, class List>
condition in_list(const X& x, const List& list) {
    using a = arg<X>;
    using b = typename List::value_type;
    static_assert(good_pair<a, b>,
                  "ecto: the list's values have a type that does not meet the column's");
    if (list.size() == 0) {
        return condition(false);
    }
    words made;
    if constexpr (good_pair<a, b>) {
        put_operand(made, x);
        std::uint32_t count = 0;
        for (const auto& value : list) {
            put_value<a>(made, value);
            ++count;
        }
        // Filled up to a power of two, so that lists of many lengths have few statements.
        for (; count < 1024 && (count & (count - 1)) != 0; ++count) {
            put_value<a>(made, *list.begin());
        }
        made.push(op::in_list, 0, count);
    }
    return condition(std::move(made));
}

}  // namespace detail

/// Whether there is no value.
template <detail::operand X>
condition is_null(const X& x) {
    detail::words made;
    detail::put_operand(made, x);
    made.push(detail::op::is_null);
    return condition(std::move(made));
}

/// Equal, or both NULL. Never unknown.
template <detail::operand X, class V>
condition is_same(const X& x, const V& value) {
    using a = detail::arg<X>;
    using v = detail::arg<V>;
    static_assert(detail::value_fits<a, v>, "ecto: the two sides have types that do not meet");
    detail::words made;
    if constexpr (detail::value_fits<a, v>) {
        detail::put_operand(made, x);
        detail::put<a>(made, value);
        made.push(detail::op::is_same);
    }
    return condition(std::move(made));
}

/// SQL's LIKE: `%` stands for any text, `_` for one character; ASCII letters of either case are the
/// same. Do not put a text from outside into a pattern, unless its `%` and `_` are meant.
template <detail::operand X>
condition like(const X& x, std::string_view pattern) {
    static_assert(detail::text_like<detail::worth<detail::arg<X>>>, "ecto: like needs a text");
    detail::words made;
    detail::put_operand(made, x);
    detail::put_value<std::string>(made, pattern);
    made.push(detail::op::like);
    return condition(std::move(made));
}

/// From `low` to `high`, both included.
template <detail::operand X, class L, class H>
condition between(const X& x, const L& low, const H& high) {
    using a = detail::arg<X>;
    constexpr bool good =
        detail::good_pair<a, detail::arg<L>> && detail::good_pair<a, detail::arg<H>>;
    static_assert(good, "ecto: the bounds have a type that does not meet the column's");
    detail::words made;
    if constexpr (good) {
        detail::put_operand(made, x);
        detail::put<a>(made, low);
        detail::put<a>(made, high);
        made.push(detail::op::between);
    }
    return condition(std::move(made));
}

/// Whether a value of the list is equal. False for an empty list.
template <detail::operand X, class V>
condition in(const X& x, const std::vector<V>& list) {
    return detail::in_list(x, list);
}

/// As above.
template <detail::operand X, class V>
condition in(const X& x, std::initializer_list<V> list) {
    return detail::in_list(x, list);
}

/// The number of rows.
inline expr<std::int64_t> count() {
    expr<std::int64_t> made;
    made.ecto_words.push(detail::op::count_all);
    return made;
}

/// The number of rows in which it is not NULL.
template <detail::operand X>
expr<std::int64_t> count(const X& x) {
    return detail::call<std::int64_t>("count", x);
}

/// The number of different values.
template <detail::operand X>
expr<std::int64_t> count_distinct(const X& x) {
    auto made = detail::call<std::int64_t>("count", x);
    made.ecto_words.last().b = 1;
    return made;
}

/// The sum; NULL of no values. The sum of integers is an error if it exceeds 64 bits.
template <detail::operand X>
auto sum(const X& x) {
    using value = detail::worth<detail::arg<X>>;
    static_assert(detail::number<value>, "ecto: sum needs numbers");
    using total = std::conditional_t<std::floating_point<value>, double, std::int64_t>;
    return detail::call<std::optional<total>>("sum", x);
}

/// The average; NULL of no values.
template <detail::operand X>
expr<std::optional<double>> avg(const X& x) {
    static_assert(detail::number<detail::worth<detail::arg<X>>>, "ecto: avg needs numbers");
    return detail::call<std::optional<double>>("avg", x);
}

/// The least value; NULL of no values.
template <detail::operand X>
auto min(const X& x) {
    static_assert(detail::is_compared<detail::worth<detail::arg<X>>>(),
                  "ecto: SQL cannot compare this type: one value has several stored forms");
    return detail::call<detail::maybe_of<X>>("min", x);
}

/// The greatest value; NULL of no values.
template <detail::operand X>
auto max(const X& x) {
    static_assert(detail::is_compared<detail::worth<detail::arg<X>>>(),
                  "ecto: SQL cannot compare this type: one value has several stored forms");
    return detail::call<detail::maybe_of<X>>("max", x);
}

/// The text with ASCII letters in lower case.
template <detail::operand X>
auto lower(const X& x) {
    static_assert(detail::text_like<detail::worth<detail::arg<X>>>, "ecto: lower needs a text");
    return detail::call<typename X::ecto_value>("lower", x);
}

/// The text with ASCII letters in upper case.
template <detail::operand X>
auto upper(const X& x) {
    static_assert(detail::text_like<detail::worth<detail::arg<X>>>, "ecto: upper needs a text");
    return detail::call<typename X::ecto_value>("upper", x);
}

/// The value, or the other one if it is NULL.
template <detail::operand X, class Y>
auto coalesce(const X& x, const Y& other) {
    using b = detail::arg<Y>;
    static_assert(detail::types_meet<detail::arg<X>, b>,
                  "ecto: the two sides have types that do not meet");
    using value = detail::worth<detail::arg<X>>;
    expr<std::conditional_t<detail::any_nullable<b>, std::optional<value>, value>> made;
    detail::put_operand(made.ecto_words, x);
    detail::put<detail::arg<X>>(made.ecto_words, other);
    auto w = detail::text_word(detail::op::call, "coalesce");
    w.a = 2;
    made.ecto_words.push(w);
    return made;
}

namespace detail {

template <class T>
struct made_by_fragment {
    using type = expr<T>;
};

template <>
struct made_by_fragment<bool> {
    using type = condition;
};

}  // namespace detail

/// SQL for which there is no function here: `fragment<std::string>("upper(?)", u.name)`; without a
/// type, a condition. The text is a string literal. Each `?` outside of quotes stands for an
/// argument: a column, an expression, or a value, which is bound.
template <class T = bool, class... Args>
auto fragment(fragment_text<sizeof...(Args)> text, const Args&... args) {
    detail::words made;
    (detail::put<Args>(made, args), ...);
    auto w = detail::text_word(detail::op::fragment, text);
    w.b = sizeof...(Args);
    made.push(w);
    typename detail::made_by_fragment<T>::type e;
    e.ecto_words = std::move(made);
    return e;
}

/// SQL text that is made at run time. Nothing in it may come from outside the program.
template <class T = bool>
auto unsafe_fragment(std::string_view sql) {
    typename detail::made_by_fragment<T>::type e;
    e.ecto_words = detail::words();
    e.ecto_words.push_text(detail::op::unsafe, sql);
    return e;
}

/// For what may be NULL because its table is left joined: `maybe(p.title)`, `maybe(p)`.
template <class X>
struct maybe_item {
    const X& ecto_item;  ///< for the library
};

/// What is selected may be missing: it is a `std::optional`.
template <class X>
[[nodiscard]] maybe_item<X> maybe(const X& x) noexcept {
    return {x};
}

}  // namespace ecto
