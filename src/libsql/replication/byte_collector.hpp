#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replication {

/// Collects a number of bytes that arrive in pieces. Bytes that arrive in one piece are not copied.
class byte_collector {
public:
    /// Expects `size` bytes from now on.
    void expect(std::size_t size) noexcept {
        size_ = size;
        held_.clear();
    }

    /// Takes from `bytes` what is still missing. When everything has arrived, returns the bytes,
    /// which are valid until the next `expect` and as long as `bytes`.
    std::optional<std::string_view> take(std::string_view& bytes) {
        const std::string_view piece = bytes.substr(0, size_ - held_.size());
        bytes.remove_prefix(piece.size());
        if (held_.empty() && piece.size() == size_) {
            return piece;
        }
        held_ += piece;
        return held_.size() == size_ ? std::optional<std::string_view>(held_) : std::nullopt;
    }

private:
    std::size_t size_{0};
    std::string held_;
};

}  // namespace libsql::replication
