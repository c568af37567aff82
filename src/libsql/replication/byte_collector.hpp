#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Gathers a number of bytes that come in pieces. What comes in one piece is not copied.
class byte_collector {
public:
    /// From now on `size` bytes are wanted.
    void expect(std::size_t size) noexcept {
        size_ = size;
        held_.clear();
    }

    /// Takes from `bytes` what is still wanted. When all of it is here: the bytes, valid until the
    /// next `expect` and as long as `bytes`.
    std::optional<std::string_view> take(std::string_view& bytes) {
        const std::string_view piece = bytes.substr(0, size_ - held_.size());
        bytes.remove_prefix(piece.size());
        if (held_.empty() && piece.size() == size_) {
            return piece;
        }
        held_ += piece;
        return held_.size() == size_ ? std::optional<std::string_view>(held_) : std::nullopt;
    }

    /// Some bytes are here, and not all.
    [[nodiscard]] bool is_started() const noexcept { return !held_.empty(); }

private:
    std::size_t size_{0};
    std::string held_;
};

}  // namespace libsql::replication
