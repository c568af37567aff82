#pragma once

#include <ecto/schema.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ecto {

/// A piece of SQL with its values: the base of conditions, orderings and the like. A plain value:
/// it can be copied, stored and combined in a loop.
class expression {
public:
    detail::words ecto_words{};  ///< for the library
};

/// An expression whose value is a `T` when it is selected.
template <class T>
class [[nodiscard]] expr : public expression {
public:
    using ecto_value = T;  ///< for the library
};

class condition;

namespace detail {

template <class X>
concept operand = requires {
    typename std::remove_cvref_t<X>::ecto_value;
};

template <class X>
concept virtual_operand = requires {
    typename std::remove_cvref_t<X>::ecto_field;
};

template <class X, class Y>
concept operands = operand<X> || operand<Y> || virtual_operand<X> || virtual_operand<Y>;

template <class T>
concept text_like = std::same_as<T, std::string> || std::same_as<T, std::string_view> ||
    std::same_as<T, const char*> || std::same_as<T, char*>;

// Checks look at these, not at columns, so that columns of one type share them.
template <class V>
struct typed {};  ///< a column or an expression of this type

struct not_in_table {};

template <class X>
struct kind_of {
    using type = std::decay_t<X>;  ///< a plain value
};

template <operand X>
struct kind_of<X> {
    using type = typed<typename std::remove_cvref_t<X>::ecto_value>;
};

template <virtual_operand X>
struct kind_of<X> {
    using type = not_in_table;
};
template <class X>
using arg = typename kind_of<X>::type;

template <class A>
struct value_of_arg {
    using type = A;
};

template <class V>
struct value_of_arg<typed<V>> {
    using type = V;
};
template <class A>
using value_in = typename value_of_arg<A>::type;
/// The type of the values, without `std::optional`.
template <class A>
using worth = bare<value_in<A>>;

template <class A>
inline constexpr bool is_typed = false;
template <class V>
inline constexpr bool is_typed<typed<V>> = true;
template <class A>
inline constexpr bool is_null_literal =
    std::same_as<A, std::nullopt_t> || std::same_as<A, std::nullptr_t>;
template <class... As>
inline constexpr bool any_nullable = (is_optional<value_in<As>> || ...);

template <class T>
concept with_trait = with_cells<T> || with_storage<T>;

template <class T>
consteval bool is_compared() {
    if constexpr (requires { type<T>::compared; }) {
        return type<T>::compared;
    } else {
        return true;
    }
}

template <class A, class B>
consteval bool can_meet() {
    using x = worth<A>;
    using y = worth<B>;
    if constexpr (std::same_as<x, y> || (number<x> && number<y>) ||
                  (text_like<x> && text_like<y>)) {
        return true;
    } else if constexpr (is_typed<A> == is_typed<B>) {
        return false;
    } else if constexpr (is_typed<A>) {
        return with_trait<x> && std::convertible_to<y, x> && !number<y>;
    } else {
        return with_trait<y> && std::convertible_to<x, y> && !number<x>;
    }
}

// What operators assert, each with a sentence of its own.
template <class A, class B>
inline constexpr bool neither_is_virtual =
    !std::same_as<A, not_in_table> && !std::same_as<B, not_in_table>;
template <class A, class B>
inline constexpr bool neither_is_null = !is_null_literal<A> && !is_null_literal<B>;
template <class A, class B>
inline constexpr bool neither_may_be_empty = !is_optional<A> && !is_optional<B>;
template <class A, class B>
inline constexpr bool both_compared = is_compared<worth<A>>() && is_compared<worth<B>>();
template <class A, class B>
inline constexpr bool types_meet = !neither_is_virtual<A, B> || !neither_is_null<A, B> ||
                                   !neither_may_be_empty<A, B> || can_meet<A, B>();
template <class A, class B>
inline constexpr bool good_pair = neither_is_virtual<A, B>&& neither_is_null<A, B>&&
    neither_may_be_empty<A, B>&& both_compared<A, B>&& types_meet<A, B>;
template <class A>
inline constexpr bool is_condition = std::same_as<A, bool> ||
                                     (is_typed<A> && std::same_as<worth<A>, bool>);
template <class A, class B>
inline constexpr bool both_numbers = number<worth<A>>&& number<worth<B>>;
template <class A, class B>
inline constexpr bool both_texts = text_like<worth<A>>&& text_like<worth<B>>;

/// Appends a value as the other side, of the kind `As`, is stored.
template <class As, class V>
void put_value(words& to, const V& value) {
    cell c{};
    arena room;
    bool valid = true;
    if constexpr (is_null_literal<V>) {
        set_null(c);
    } else if constexpr (is_optional<V>) {
        if (value) {
            put_value<As>(to, *value);
            return;
        }
        set_null(c);
    } else if constexpr (with_trait<worth<As>> && !std::same_as<worth<As>, V>) {
        // The cell views it, so it outlives the next line.
        const auto converted = static_cast<worth<As>>(value);
        to.push_value(c, dump<worth<As>>(converted, c, room));
        return;
    } else if constexpr (with_trait<worth<As>>) {
        valid = dump<worth<As>>(value, c, room);
    } else if constexpr (std::convertible_to<const V&, std::string_view>) {
        valid = set_text(c, std::string_view(value));
    } else {
        static_assert(storable<V>, "ecto: a value of this type cannot be stored");
        valid = dump(value, c, room);
    }
    to.push_value(c, valid);
}

template <auto M>
void put_operand(words& to, const column<M>& c) {
    to.push(c.ecto_word(op::column));
}

inline void put_operand(words& to, const expression& e) {
    to.append(e.ecto_words);
}

/// Appends an operand, or a value as the kind `As` is stored.
template <class As, class X>
void put(words& to, const X& x) {
    if constexpr (operand<X>) {
        put_operand(to, x);
    } else {
        put_value<As>(to, x);
    }
}

LIBSQL_API condition combine(op code, const condition& left, const condition& right);

}  // namespace detail

/// True, false or unknown for a row. Whatever it says, it has this one type.
class [[nodiscard]] condition : public expression {
public:
    using ecto_value = std::optional<bool>;  ///< for the library

    /// True.
    condition() : condition(true) {}

    /// Always true, or always false.
    template <std::same_as<bool> B>
    condition(B b) {
        ecto_words.push(detail::op::constant, b ? 1 : 0);
    }

    /// A boolean column or expression.
    template <detail::operand X>

    requires(!std::derived_from<X, condition>) condition(const X& x) {
        static_assert(detail::is_condition<detail::arg<X>>,
                      "ecto: a condition is needed here: a comparison, or something boolean");
        detail::put_operand(ecto_words, x);
    }

    /// For the library: what has these words.
    explicit condition(detail::words made) noexcept { ecto_words = std::move(made); }
};

namespace detail {

template <class L, class R>
condition compare(op code, const L& left, const R& right) {
    using a = arg<L>;
    using b = arg<R>;
    static_assert(neither_is_virtual<a, b>, "ecto: this field is virtual: it is not in the table");
    static_assert(neither_is_null<a, b>, "ecto: nothing equals NULL: use is_null(column)");
    static_assert(neither_may_be_empty<a, b>,
                  "ecto: an optional may be empty: compare with its value, or use is_same");
    static_assert(both_compared<a, b>,
                  "ecto: SQL cannot compare this type: one value has several stored forms");
    static_assert(types_meet<a, b>, "ecto: the two sides have types that do not meet");
    words made;
    if constexpr (good_pair<a, b>) {
        put<b>(made, left);
        put<a>(made, right);
        made.push(code);
    }
    return condition(std::move(made));
}

template <class X>
condition to_condition(const X& x) {
    if constexpr (is_condition<arg<X>>) {
        return x;
    } else {
        return condition();
    }
}

template <class L, class R>
using number_of_both =
    std::conditional_t<std::floating_point<worth<arg<L>>> || std::floating_point<worth<arg<R>>>,
                       double, std::int64_t>;
template <class T, class L, class R>
using null_like = std::conditional_t<any_nullable<arg<L>, arg<R>>, std::optional<T>, T>;

template <class T, class L, class R>
expr<T> calculate(op code, const L& left, const R& right) {
    expr<T> made;
    put<arg<R>>(made.ecto_words, left);
    put<arg<L>>(made.ecto_words, right);
    made.ecto_words.push(code);
    return made;
}

template <class T, class L, class R>
expr<T> calculate_numbers(op code, const L& left, const R& right) {
    static_assert(both_numbers<arg<L>, arg<R>>, "ecto: arithmetic needs numbers on both sides");
    if constexpr (both_numbers<arg<L>, arg<R>>) {
        return calculate<T>(code, left, right);
    } else {
        return {};
    }
}

}  // namespace detail

/// Equal. As all comparisons: unknown if a side is NULL; texts by their bytes.
template <class L, class R>

requires(detail::operands<L, R>) condition operator==(const L& left, const R& right) {
    return detail::compare(detail::op::equal, left, right);
}

/// Not equal.
template <class L, class R>

requires(detail::operands<L, R>) condition operator!=(const L& left, const R& right) {
    return detail::compare(detail::op::not_equal, left, right);
}

/// Less.
template <class L, class R>

requires(detail::operands<L, R>) condition operator<(const L& left, const R& right) {
    return detail::compare(detail::op::less, left, right);
}

/// Less or equal.
template <class L, class R>

requires(detail::operands<L, R>) condition operator<=(const L& left, const R& right) {
    return detail::compare(detail::op::less_equal, left, right);
}

/// Greater.
template <class L, class R>

requires(detail::operands<L, R>) condition operator>(const L& left, const R& right) {
    return detail::compare(detail::op::greater, left, right);
}

/// Greater or equal.
template <class L, class R>

requires(detail::operands<L, R>) condition operator>=(const L& left, const R& right) {
    return detail::compare(detail::op::greater_equal, left, right);
}

/// Both.
template <class L, class R>

requires(detail::operands<L, R>) condition operator&&(const L& left, const R& right) {
    static_assert(detail::is_condition<detail::arg<L>> && detail::is_condition<detail::arg<R>>,
                  "ecto: a condition is needed on both sides: a comparison, or something boolean");
    return detail::combine(detail::op::conjunction, detail::to_condition(left),
                           detail::to_condition(right));
}

/// At least one.
template <class L, class R>

requires(detail::operands<L, R>) condition operator||(const L& left, const R& right) {
    static_assert(detail::is_condition<detail::arg<L>> && detail::is_condition<detail::arg<R>>,
                  "ecto: a condition is needed on both sides: a comparison, or something boolean");
    return detail::combine(detail::op::disjunction, detail::to_condition(left),
                           detail::to_condition(right));
}

/// Not; unknown stays unknown.
template <detail::operand X>
condition operator!(const X& x) {
    static_assert(detail::is_condition<detail::arg<X>>,
                  "ecto: a condition is needed here: a comparison, or something boolean");
    condition made = detail::to_condition(x);
    made.ecto_words.push(detail::op::negation);
    return made;
}

/// All of them; true if there are none.
LIBSQL_API condition all_of(const std::vector<condition>& conditions);

/// At least one of them; false if there are none.
LIBSQL_API condition any_of(const std::vector<condition>& conditions);

/// The sum of two numbers, or two texts put together.
template <class L, class R>

requires(detail::operands<L, R>) auto operator+(const L& left, const R& right) {
    using a = detail::arg<L>;
    using b = detail::arg<R>;
    static_assert(detail::both_numbers<a, b> || detail::both_texts<a, b>,
                  "ecto: + needs numbers on both sides, or texts");
    if constexpr (detail::both_texts<a, b>) {
        return detail::calculate<detail::null_like<std::string, L, R>>(detail::op::concatenate,
                                                                       left, right);
    } else {
        return detail::calculate_numbers<detail::null_like<detail::number_of_both<L, R>, L, R>>(
            detail::op::add, left, right);
    }
}

/// The difference of two numbers.
template <class L, class R>

requires(detail::operands<L, R>) auto operator-(const L& left, const R& right) {
    return detail::calculate_numbers<detail::null_like<detail::number_of_both<L, R>, L, R>>(
        detail::op::subtract, left, right);
}

/// The product of two numbers.
template <class L, class R>

requires(detail::operands<L, R>) auto operator*(const L& left, const R& right) {
    return detail::calculate_numbers<detail::null_like<detail::number_of_both<L, R>, L, R>>(
        detail::op::multiply, left, right);
}

/// The quotient, cut off between integers. NULL for a division by 0.
template <class L, class R>

requires(detail::operands<L, R>) auto operator/(const L& left, const R& right) {
    return detail::calculate_numbers<std::optional<detail::number_of_both<L, R>>>(
        detail::op::divide, left, right);
}

/// The remainder. NULL for a division by 0.
template <class L, class R>

requires(detail::operands<L, R>) auto operator%(const L& left, const R& right) {
    return detail::calculate_numbers<std::optional<detail::number_of_both<L, R>>>(
        detail::op::modulo, left, right);
}

/// A term of an ORDER BY.
class [[nodiscard]] ordering : public expression {
public:
    /// With NULL before all values.
    [[nodiscard]] ordering nulls_first() && {
        ecto_words.last().a = 1;
        return std::move(*this);
    }

    /// With NULL behind all values.
    [[nodiscard]] ordering nulls_last() && {
        ecto_words.last().a = 2;
        return std::move(*this);
    }
};

namespace detail {

template <class X>
ordering order(op direction, const X& x) {
    ordering made;
    put_operand(made.ecto_words, x);
    made.ecto_words.push(direction);
    return made;
}

inline const ordering& to_ordering(const ordering& o) noexcept {
    return o;  // NOLINT(bugprone-return-const-ref-from-parameter): for use in the same expression
}

template <operand X>
ordering to_ordering(const X& x) {
    return order(op::ascending, x);
}

}  // namespace detail

/// From the least to the greatest value.
template <detail::operand X>
ordering asc(const X& x) {
    return detail::order(detail::op::ascending, x);
}

/// From the greatest to the least value.
template <detail::operand X>
ordering desc(const X& x) {
    return detail::order(detail::op::descending, x);
}

/// A change that `update_all` makes: `set(u.age, 18)`, `inc(u.hits)`.
class [[nodiscard]] assignment : public expression {};

namespace detail {

template <class C, class V>
inline constexpr bool null_fits =
    is_optional<value_in<C>> || !(is_null_literal<V> || is_optional<value_in<V>>);
template <class C, class V>
inline constexpr bool value_fits = is_null_literal<V> ||
                                   can_meet<C, std::conditional_t<is_typed<V>, V, bare<V>>>();

}  // namespace detail

/// The column gets a value, or the value of an expression.
template <auto M, class V>
assignment set(const column<M>& to, const V& value) {
    using c = detail::arg<column<M>>;
    using v = detail::arg<V>;
    static_assert(detail::null_fits<c, v>,
                  "ecto: this column cannot be NULL: its field is no std::optional");
    static_assert(detail::value_fits<c, v>, "ecto: the value's type is not the column's");
    assignment made;
    if constexpr (detail::null_fits<c, v> && detail::value_fits<c, v>) {
        detail::put<c>(made.ecto_words, value);
        auto w = to.ecto_word(detail::op::set);
        w.a = detail::needs_text_column<detail::worth<c>>(value) ? 1 : 0;
        made.ecto_words.push(w);
    }
    return made;
}

/// The column's number grows.
template <auto M, class V = int>
assignment inc(const column<M>& to, const V& by = 1) {
    using c = detail::arg<column<M>>;
    static_assert(detail::both_numbers<c, detail::arg<V>>,
                  "ecto: inc needs a column of numbers and a number");
    assignment made;
    if constexpr (detail::both_numbers<c, detail::arg<V>>) {
        detail::put<c>(made.ecto_words, by);
        made.ecto_words.push(to.ecto_word(detail::op::increase));
    }
    return made;
}

}  // namespace ecto
