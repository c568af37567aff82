#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ecto::detail {

/// What one word of a query says. Operands come before what is applied to them.
enum class op : std::uint8_t {
    // operands
    column,    ///< pointer: the schema; b: which table variable; c: the field's offset
    value,     ///< a: the cell's type; text and blobs: c bytes behind the word
    constant,  ///< a: whether it is true
    star,      ///< all columns of a table: as `column`
    // operators
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    conjunction,
    disjunction,
    negation,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    concatenate,
    is_null,
    is_same,
    like,
    between,
    in_list,  ///< c: how many values
    call,     ///< pointer, c: the name; a: how many arguments; b: whether they are DISTINCT
    count_all,
    fragment,  ///< pointer, c: the text; b: how many arguments
    unsafe,    ///< c bytes of SQL behind the word
    ascending,
    descending,  ///< a: 1 NULLS FIRST, 2 NULLS LAST
    // clauses
    from,
    join,  ///< pointer: the schema; b: which table variable; join: a: whether it is LEFT
    where,
    or_where,
    having,
    limit,
    offset,
    distinct,
    group_by,
    order_by,
    select,    ///< c: how many operands
    into,      ///< a: whether NULL may be selected
    set,       ///< as `column`; a: whether only a column of texts may get the value
    increase,  ///< as `column`
};

/// Sixteen bytes. A query is a run of words: there is no tree, and no node to own.
struct word {
    op code{};
    std::uint8_t a{};
    std::uint16_t b{};
    std::uint32_t c{};

    union {
        const void* pointer;
        std::int64_t integer{};
        double real;
    };
};

static_assert(sizeof(word) == 16);

/// Words one after the other, the first few inside the object. A plain value.
class LIBSQL_API words {
public:
    words() noexcept = default;

    words(const words& other) { append(other); }

    words(words&& other) noexcept { take(other); }

    words& operator=(const words& other);
    words& operator=(words&& other) noexcept;
    ~words() = default;

    void push(const word& w) { *room_for(1) = w; }

    void push(op code, std::uint8_t a = 0, std::uint32_t c = 0);

    void append(const words& other);

    /// A value; one that is not `valid` makes the query an error when it is run.
    void push_value(const libsql::detail::cell& value, bool valid);

    /// A text behind its word.
    void push_text(op code, std::string_view text);

    [[nodiscard]] const word* begin() const noexcept { return far_ ? far_.get() : near_.data(); }

    [[nodiscard]] const word* end() const noexcept { return begin() + size_; }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

    [[nodiscard]] word& last() noexcept { return (far_ ? far_.get() : near_.data())[size_ - 1]; }

private:
    static constexpr std::uint32_t inside = 12;

    word* room_for(std::uint32_t count);
    void push_bytes(word head, const void* bytes, std::size_t size);
    void take(words& other) noexcept;

    std::uint32_t size_{0};
    std::uint32_t capacity_{inside};
    std::unique_ptr<word[]> far_{};
    std::array<word, inside> near_{};
};

/// The word behind `w` and its text.
inline const word* next(const word* w) noexcept {
    using libsql::detail::cell_type;
    const bool has_bytes =
        w->code == op::unsafe ||
        (w->code == op::value && (w->a == static_cast<std::uint8_t>(cell_type::text) ||
                                  w->a == static_cast<std::uint8_t>(cell_type::blob)));
    return w + 1 + (has_bytes ? (w->c + sizeof(word) - 1) / sizeof(word) : 0);
}

}  // namespace ecto::detail
