#pragma once

#include <ecto/functions.hpp>
#include <ecto/schema.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ecto::detail {

/// Reads one row, cell after cell, and remembers what could not be read.
class LIBSQL_API row_reader {
public:
    row_reader(const cell* cells, std::size_t count) noexcept : cells_(cells), count_(count) {}

    template <class T>
    bool read(T& to) {
        return read(type_ops_of<T>::ops, &to);
    }

    /// All columns of a struct.
    bool read(const schema_slot& slot, void* object);

    /// As above, if they are there: not if all are NULL. They are left out then.
    bool is_there(const schema_slot& slot) noexcept;

    /// Which cell could not be read; the number of cells if the row has too few.
    [[nodiscard]] std::size_t failed() const noexcept { return next_; }

    /// The type that it should have had; null if the row has too few cells.
    [[nodiscard]] const type_ops* wanted() const noexcept { return wanted_; }

    bool read(const type_ops& type, void* to);

private:
    const cell* cells_;
    std::size_t count_;
    std::size_t next_{0};
    const type_ops* wanted_{nullptr};
};

/// How rows become objects of one C++ type.
struct projection {
    bool (*read)(row_reader& from, void* to);
};

template <class X>
concept table_variable = requires {
    typename X::ecto_table;
};

/// What an item of a select gives, and how it is read.
template <class Item>
struct selected {
    using type = typename Item::ecto_value;
    static constexpr bool takes_null = is_optional<type>;

    static bool read(row_reader& from, type& to) { return from.read(to); }
};

template <table_variable Item>
struct selected<Item> {
    using type = typename Item::ecto_table;
    static constexpr bool takes_null = false;

    static bool read(row_reader& from, type& to) { return from.read(slot_of<type>(), &to); }
};

template <class X>
struct selected<maybe_item<X>> {
    using type = std::optional<bare<typename selected<X>::type>>;
    static constexpr bool takes_null = true;

    static bool read(row_reader& from, type& to) {
        if constexpr (table_variable<X>) {
            using whole = typename X::ecto_table;
            to.reset();
            return !from.is_there(slot_of<whole>()) || from.read(slot_of<whole>(), &to.emplace());
        } else {
            return from.read(to);
        }
    }
};

template <class T>
bool read_whole(row_reader& from, void* to) {
    return from.read(slot_of<T>(), to);
}

template <class Item>
bool read_one(row_reader& from, void* to) {
    return selected<Item>::read(from, *static_cast<typename selected<Item>::type*>(to));
}

template <class... Items>
using row_of = std::tuple<typename selected<Items>::type...>;

template <class... Items>
bool read_tuple(row_reader& from, void* to) {
    auto& row = *static_cast<row_of<Items...>*>(to);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (selected<Items>::read(from, std::get<I>(row)) && ...);
    }
    (std::index_sequence_for<Items...>());
}

template <class S, class... Items>
bool read_aggregate(row_reader& from, void* to) {
    row_of<Items...> row;
    if (!read_tuple<Items...>(from, &row)) {
        return false;
    }
    *static_cast<S*>(to) = std::apply([](auto&... each) { return S{std::move(each)...}; }, row);
    return true;
}

template <class... Items>
struct chosen {
    using type = row_of<Items...>;
    static constexpr projection how{&read_tuple<Items...>};
};

template <class Item>
struct chosen<Item> {
    using type = typename selected<Item>::type;
    static constexpr projection how{&read_one<Item>};
};

template <class T>
inline constexpr projection whole{&read_whole<T>};
template <class S, class... Items>
inline constexpr projection aggregate{&read_aggregate<S, Items...>};

template <class S, class... Items>
concept made_of = requires {
    S{std::declval<typename selected<Items>::type>()...};
};

}  // namespace ecto::detail
