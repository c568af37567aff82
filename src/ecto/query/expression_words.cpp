#include <ecto/detail/words.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ecto::detail {

using libsql::detail::cell;
using libsql::detail::cell_type;

words& words::operator=(const words& other) {
    if (this != &other) {
        words copy(other);
        take(copy);
    }
    return *this;
}

words& words::operator=(words&& other) noexcept {
    if (this != &other) {
        take(other);
    }
    return *this;
}

void words::take(words& other) noexcept {
    far_ = std::move(other.far_);
    near_ = other.near_;
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, inside);
}

word* words::room_for(std::uint32_t count) {
    if (size_ + count > capacity_) [[unlikely]] {
        const auto wanted = std::max(size_ + count, capacity_ * 2);
        auto more = std::make_unique<word[]>(wanted);
        std::copy(begin(), end(), more.get());
        far_ = std::move(more);
        capacity_ = wanted;
    }
    auto* made = (far_ ? far_.get() : near_.data()) + size_;
    size_ += count;
    return made;
}

void words::push(op code, std::uint8_t a, std::uint32_t c) {
    word w{};
    w.code = code;
    w.a = a;
    w.c = c;
    push(w);
}

void words::append(const words& other) {
    const auto count = other.size_;
    auto* to = room_for(count);  // a run may be appended to itself
    std::copy_n(other.begin(), count, to);
}

void words::push_bytes(word head, const void* bytes, std::size_t size) {
    const auto extra = static_cast<std::uint32_t>((size + sizeof(word) - 1) / sizeof(word));
    auto* to = room_for(1 + extra);
    head.c = static_cast<std::uint32_t>(size);
    *to = head;
    if (extra > 0) {
        to[extra] = word{};  // what stands behind the text is compared, too
        std::memcpy(static_cast<void*>(to + 1), bytes, size);
    }
}

void words::push_value(const cell& value, bool valid) {
    word w{};
    w.code = op::value;
    w.a = static_cast<std::uint8_t>(valid ? value.type : cell_type::invalid_size);
    if (valid && (value.type == cell_type::text || value.type == cell_type::blob)) {
        push_bytes(w, value.data, value.size);
        return;
    }
    w.integer = valid ? value.integer : 0;  // the bits of a real, too
    push(w);
}

void words::push_text(op code, std::string_view text) {
    word w{};
    w.code = code;
    push_bytes(w, text.data(), text.size());
}

}  // namespace ecto::detail
