#pragma once

#include <libsql/export.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace libsql::detail {

/// Memory that is only added to, and never moves, until it is cleared. A copy shares the existing
/// content and adds to chunks of its own.
class LIBSQL_API arena {
public:
    arena() noexcept = default;

    arena(const arena& other);

    arena(arena&& other) noexcept { swap(other); }

    arena& operator=(arena other) noexcept {
        swap(other);
        return *this;
    }

    ~arena();

    /// `size` bytes, suitably aligned for any type.
    std::byte* take(std::size_t size) {
        constexpr std::size_t unit = alignof(std::max_align_t);
        size = (size + unit - 1) / unit * unit;
        if (size > free_) [[unlikely]] {
            next_chunk(size);
        }
        free_ -= size;
        return std::exchange(next_, next_ + size);
    }

    /// Discards everything, but keeps memory for reuse unless a copy shares it.
    void clear() noexcept;

private:
    struct chunk {
        std::shared_ptr<std::byte[]> bytes;
        std::size_t size;
    };

    void next_chunk(std::size_t size);

    void swap(arena& other) noexcept {
        chunks_.swap(other.chunks_);
        std::swap(used_, other.used_);
        std::swap(next_, other.next_);
        std::swap(free_, other.free_);
    }

    std::vector<chunk> chunks_;
    std::size_t used_{0};  ///< how many chunks are in use
    std::byte* next_{nullptr};
    std::size_t free_{0};
};

}  // namespace libsql::detail
