#pragma once

#include <ecto/detail/projection.hpp>
#include <ecto/functions.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace ecto {

/// A query without the type of its rows: what compiled code works on.
class LIBSQL_API query_base {
public:
    /// For the library.
    [[nodiscard]] const detail::words& ecto_words() const noexcept { return words_; }

    /// For the library: whether an expression over all rows means other rows than those of the
    /// query.
    [[nodiscard]] bool ecto_limits_rows() const noexcept;

    /// For the library.
    [[nodiscard]] const detail::projection& ecto_how() const noexcept { return *how_; }

protected:
    /// For the library.
    query_base(detail::words start, const detail::projection& how) noexcept
        : words_(std::move(start)), how_(&how) {}

    query_base(const query_base&) = default;
    query_base(query_base&&) noexcept = default;
    query_base& operator=(const query_base&) = default;
    query_base& operator=(query_base&&) noexcept = default;
    ~query_base() = default;

    /// For the library.
    void add(const expression& operand, detail::op clause);

    /// For the library.
    void add(detail::op clause, std::uint32_t count = 0) { words_.push(clause, 0, count); }

    /// For the library.
    void add_number(std::int64_t number, detail::op clause);
    /// For the library.
    void add_join(const condition& on, const detail::word& table);
    /// For the library.
    [[nodiscard]] bool has_table(const detail::word& table) const noexcept;

    /// For the library.
    template <class Item>
    void add_item(const Item& item) {
        if constexpr (detail::table_variable<Item>) {
            words_.push(table_word(item, detail::op::star));
        } else {
            detail::put_operand(words_, item);
        }
        words_.push(detail::op::into, detail::selected<Item>::takes_null ? 1 : 0);
    }

    /// For the library.
    template <class X>
    void add_item(const maybe_item<X>& item) {
        add_item(item.ecto_item);
        words_.last().a = 1;
    }

    /// For the library.
    template <class T>
    [[nodiscard]] static detail::word table_word(const table<T>& t, detail::op code) noexcept {
        detail::word w{};
        w.code = code;
        w.b = t.ecto_alias;
        w.pointer = &detail::slot_of<T>();
        return w;
    }

    /// For the library.
    detail::words words_;
    /// For the library.
    const detail::projection* how_;
};

/// A query whose rows are `Row`. A value that does not change: each step gives a new query, and
/// takes over the old one if that is a temporary. A query is built of columns of table variables; a
/// variable that was neither given to `from` nor joined is an error of kind `query` when the query
/// is run. Thread safety: as an int.
template <class Row>
class [[nodiscard]] query : public query_base {
public:
    using row_type = Row;  ///< the type of a row

// Each step once for a query that stays, and once for a temporary.
#define ECTO_STEP(declaration, call, ...)    \
    [[nodiscard]] query declaration const& { \
        return query(*this).call;            \
    }                                        \
    [[nodiscard]] query declaration&& {      \
        __VA_ARGS__;                         \
        return std::move(*this);             \
    }

    /// Only the rows for which it is true; of several, for which all are.
    ECTO_STEP(where(const condition& c), where(c), add(c, detail::op::where))

    /// Also the rows for which it is true, whatever `where` has said so far.
    ECTO_STEP(or_where(const condition& c), or_where(c), add(c, detail::op::or_where))

    /// As `where`, if `wanted`.
    ECTO_STEP(where_if(bool wanted, const condition& c), where_if(wanted, c),
              if (wanted) add(c, detail::op::where))

    /// Only the groups for which it is true.
    ECTO_STEP(having(const condition& c), having(c), add(c, detail::op::having))

    /// At most so many rows. A negative number is an error when the query is run.
    ECTO_STEP(limit(std::int64_t n), limit(n), add_number(n, detail::op::limit))

    /// Without the first `n` rows. As `limit`.
    ECTO_STEP(offset(std::int64_t n), offset(n), add_number(n, detail::op::offset))

    /// Each row once.
    ECTO_STEP(distinct(), distinct(), add(detail::op::distinct))

    /// In this order, where it has not been said by an earlier term.
    ECTO_STEP(order_by(const std::vector<ordering>& terms), order_by(terms), add_terms(terms))
#undef ECTO_STEP

    /// As `where`, with what `make` returns for the value, if there is one:
    /// `where_if(least, [&](int n) { return u.age >= n; })`.
    template <class V, class F>
    [[nodiscard]] query where_if(const std::optional<V>& value, F&& make) const& {
        return query(*this).where_if(value, std::forward<F>(make));
    }

    /// As above.
    template <class V, class F>
    [[nodiscard]] query where_if(const std::optional<V>& value, F&& make) && {
        if (value) {
            add(detail::to_condition(std::forward<F>(make)(*value)), detail::op::where);
        }
        return std::move(*this);
    }

    /// In the order of these columns, expressions and orderings.
    template <class X, class... Xs>

    requires(!std::same_as<X, std::vector<ordering>>) [[nodiscard]] query
        order_by(const X& x, const Xs&... xs) const& {
        return query(*this).order_by(x, xs...);
    }

    /// As above.
    template <class X, class... Xs>

    requires(!std::same_as<X, std::vector<ordering>>) [[nodiscard]] query
        order_by(const X& x, const Xs&... xs) && {
        words_.append(detail::to_ordering(x).ecto_words);
        (words_.append(detail::to_ordering(xs).ecto_words), ...);
        add(detail::op::order_by, 1 + sizeof...(Xs));
        return std::move(*this);
    }

    /// One row for all that have the same values in these columns and expressions.
    template <detail::operand... Xs>
    [[nodiscard]] query group_by(const Xs&... xs) const& {
        return query(*this).group_by(xs...);
    }

    /// As above.
    template <detail::operand... Xs>
    [[nodiscard]] query group_by(const Xs&... xs) && {
        static_assert(sizeof...(Xs) > 0, "ecto: group_by needs a column");
        (detail::put_operand(words_, xs), ...);
        add(detail::op::group_by, sizeof...(Xs));
        return std::move(*this);
    }

    /// With each row of the table for which the condition is true.
    template <class T>
    [[nodiscard]] query join(const table<T>& t, const condition& on) const& {
        return query(*this).join(t, on);
    }

    /// As above.
    template <class T>
    [[nodiscard]] query join(const table<T>& t, const condition& on) && {
        add_join(on, table_word(t, detail::op::join));
        return std::move(*this);
    }

    /// As `join`, but rows for which there is none stay, with NULL in the columns of the table.
    /// What is selected of the table must be able to be NULL: see `maybe`.
    template <class T>
    [[nodiscard]] query left_join(const table<T>& t, const condition& on) const& {
        return query(*this).left_join(t, on);
    }

    /// As above.
    template <class T>
    [[nodiscard]] query left_join(const table<T>& t, const condition& on) && {
        auto w = table_word(t, detail::op::join);
        w.a = 1;
        add_join(on, w);
        return std::move(*this);
    }

    /// Whether the table variable takes part in the query already.
    template <class T>
    [[nodiscard]] bool has(const table<T>& t) const noexcept {
        return has_table(table_word(t, detail::op::from));
    }

    /// What the rows are: of one item its type, of several a tuple. Items are columns, expressions,
    /// whole tables, and any of them in `maybe`.
    template <class... Items>
    [[nodiscard]] auto select(const Items&... items) const& {
        return query(*this).select(items...);
    }

    /// As above.
    template <class... Items>
    [[nodiscard]] auto select(const Items&... items) && {
        static_assert(sizeof...(Items) > 0, "ecto: select needs an item");
        (add_item(items), ...);
        add(detail::op::select, sizeof...(Items));
        using chosen = detail::chosen<Items...>;
        return query<typename chosen::type>(std::move(words_), chosen::how);
    }

    /// The rows are an `S`, whose members are, in their order, the items.
    template <class S, class... Items>
    [[nodiscard]] query<S> select_as(const Items&... items) const& {
        return query(*this).template select_as<S>(items...);
    }

    /// As above.
    template <class S, class... Items>
    [[nodiscard]] query<S> select_as(const Items&... items) && {
        static_assert(detail::made_of<S, Items...>,
                      "ecto: the struct's members cannot be made of these items in this order");
        if constexpr (detail::made_of<S, Items...>) {
            (add_item(items), ...);
            add(detail::op::select, sizeof...(Items));
            return query<S>(std::move(words_), detail::aggregate<S, Items...>);
        } else {
            return query<S>(std::move(words_), *how_);
        }
    }

private:
    template <class>
    friend class query;
    template <class T>
    friend query<T> from(const table<T>& t);

    query(detail::words start, const detail::projection& how) noexcept
        : query_base(std::move(start), how) {}

    void add_terms(const std::vector<ordering>& terms) {
        for (const auto& each : terms) {
            words_.append(each.ecto_words);
        }
        if (!terms.empty()) {
            add(detail::op::order_by, static_cast<std::uint32_t>(terms.size()));
        }
    }
};

/// All rows of a table: where every query begins.
template <class T>
[[nodiscard]] query<T> from(const table<T>& t) {
    detail::words start;
    start.push(query<T>::table_word(t, detail::op::from));
    return query<T>(std::move(start), detail::whole<T>);
}

}  // namespace ecto
