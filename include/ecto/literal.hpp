#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ecto {

/// A text that is a string literal: known when the program is compiled, and there as long as it
/// runs.
class literal {
public:
    /// Of a string literal; anything else does not compile.
    template <std::size_t N>
    consteval literal(const char (&text)[N]) noexcept : text_(text), size_(N - 1) {}

    /// The text.
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }

private:
    const char* text_;
    std::uint32_t size_;
};

namespace detail {

/// How many `?` stand outside of quotes in an SQL text.
constexpr std::size_t count_placeholders(std::string_view sql) noexcept {
    std::size_t found = 0;
    char quote = 0;
    for (const char c : sql) {
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"' || c == '`') {
            quote = c;
        } else if (c == '?') {
            ++found;
        }
    }
    return found;
}

// Not constexpr: to call it while compiling is the error, and its name is the message.
inline void a_fragment_needs_one_argument_for_each_question_mark() {}

}  // namespace detail

/// The text of a fragment with `Count` question marks.
template <std::size_t Count>
class fragment_text : public literal {
public:
    /// Of a string literal; with another number of question marks it does not compile.
    template <std::size_t N>
    consteval fragment_text(const char (&text)[N]) : literal(text) {
        if (detail::count_placeholders(view()) != Count) {
            detail::a_fragment_needs_one_argument_for_each_question_mark();
        }
    }
};

}  // namespace ecto
