#include "ecto/types/json_reader.hpp"

namespace ecto::detail {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_hexadecimal(char c) noexcept {
    const char lower = static_cast<char>(c | 0x20);
    return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/// The length of the UTF-8 character at the beginning of a text; 0 if there is none.
std::size_t utf8_size(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const auto first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) > 0x9f;
        return !overlong && !surrogate && continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool overlong = first == 0xf0 && byte(1) < 0x90;
        const bool beyond = first == 0xf4 && byte(1) > 0x8f;
        return !overlong && !beyond && continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool json_reader::read() noexcept {
    if (!value(0)) {
        return false;
    }
    space();
    return at_ == text_.size();
}

bool json_reader::take(char c) noexcept {
    const bool found = at(c);
    at_ += found ? 1 : 0;
    return found;
}

bool json_reader::take(std::string_view word) noexcept {
    const bool found = text_.substr(at_).starts_with(word);
    at_ += found ? word.size() : 0;
    return found;
}

void json_reader::space() noexcept {
    while (at(' ') || at('\n') || at('\t') || at('\r')) {
        ++at_;
    }
}

bool json_reader::value(int level) noexcept {
    space();
    if (at_ == text_.size() || level == most_levels) {
        return false;
    }
    switch (text_[at_]) {
        case '{':
            return members(level + 1);
        case '[':
            return elements(level + 1);
        case '"':
            return string();
        case 't':
            return take("true");
        case 'f':
            return take("false");
        case 'n':
            return take("null");
        default:
            return number();
    }
}

/// Reads a list in brackets, each item of which `item` reads.
template <class Item>
bool json_reader::list(char close, Item item) noexcept {
    ++at_;
    space();
    if (take(close)) {
        return true;
    }
    do {
        if (!item()) {
            return false;
        }
        space();
    } while (take(','));
    return take(close);
}

bool json_reader::members(int level) noexcept {
    return list('}', [&] {
        space();
        if (!at('"') || !string()) {
            return false;
        }
        space();
        return take(':') && value(level);
    });
}

bool json_reader::elements(int level) noexcept {
    return list(']', [&] { return value(level); });
}

bool json_reader::string() noexcept {
    ++at_;
    while (!take('"')) {
        if (at_ == text_.size() || !(at('\\') ? escape() : character())) {
            return false;
        }
    }
    return true;
}

bool json_reader::escape() noexcept {
    ++at_;
    if (take('u')) {
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == text_.size() || !is_hexadecimal(text_[at_])) {
                return false;
            }
        }
        return true;
    }
    constexpr std::string_view letters = "\"\\/bfnrt";
    const bool known = at_ < text_.size() && letters.find(text_[at_]) != std::string_view::npos;
    at_ += known ? 1 : 0;
    return known;
}

bool json_reader::character() noexcept {
    const auto size = utf8_size(text_.substr(at_));
    if (size == 0 || static_cast<unsigned char>(text_[at_]) < 0x20) {
        return false;
    }
    at_ += size;
    return true;
}

bool json_reader::digits() noexcept {
    const auto begin = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) {
        ++at_;
    }
    return at_ > begin;
}

bool json_reader::number() noexcept {
    take('-');
    if (!take('0') && !digits()) {
        return false;
    }
    if (take('.') && !digits()) {
        return false;
    }
    if (take('e') || take('E')) {
        if (!take('+')) {
            take('-');
        }
        return digits();
    }
    return true;
}

}  // namespace ecto::detail
