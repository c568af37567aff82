#pragma once

#include <cstddef>
#include <string_view>

namespace ecto::detail {

/// Checks that a text is one JSON value.
class json_reader {
public:
    explicit json_reader(std::string_view text) noexcept : text_(text) {}

    /// Reads the whole text. False if it is not one value; `position` is then where it is wrong.
    bool read() noexcept;

    [[nodiscard]] std::size_t position() const noexcept { return at_; }

private:
    static constexpr int most_levels = 500;

    [[nodiscard]] bool at(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

    bool take(char c) noexcept;
    bool take(std::string_view word) noexcept;
    bool digits() noexcept;
    void space() noexcept;
    bool value(int level) noexcept;
    template <class Item>
    bool list(char close, Item item) noexcept;
    bool members(int level) noexcept;
    bool elements(int level) noexcept;
    bool string() noexcept;
    bool escape() noexcept;
    bool character() noexcept;
    bool number() noexcept;

    std::string_view text_;
    std::size_t at_{0};
};

}  // namespace ecto::detail
