#pragma once

#include <libsql/error.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace libsql::detail {

/// Records which process made an object. The child of a fork() has a copy of everything except the
/// threads: whatever it did with a copy, even closing it, it would do to its parent's file and
/// server.
class process_mark {
public:
    process_mark() noexcept : made_in_(forks.load(std::memory_order_relaxed)) {}

    /// True if this process is a child and the object belongs to its parent.
    [[nodiscard]] bool is_foreign() const noexcept {
        return made_in_ != forks.load(std::memory_order_relaxed);
    }

    /// True if this process is a child that was forked while it, or an ancestor, had this library
    /// loaded.
    [[nodiscard]] static bool in_child() noexcept {
        return forks.load(std::memory_order_relaxed) != 0;
    }

private:
    friend struct fork_counter;
    static inline std::atomic<unsigned> forks{0};  ///< how many precede this process

    unsigned made_in_;
};

/// The error of a call in a child on an object of its parent.
error made_by_parent();

/// As `make_shared`, but the object stays in memory in a child, where its destructor would join
/// threads that do not exist and close what belongs to the parent.
template <class T, class... Args>
std::shared_ptr<T> make_marked(Args&&... args) {
    return std::shared_ptr<T>(new T(std::forward<Args>(args)...), [mark = process_mark()](T* made) {
        if (!mark.is_foreign()) {
            delete made;
        }
    });
}

}  // namespace libsql::detail
