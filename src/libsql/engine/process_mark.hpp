#pragma once

#include <libsql/error.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace libsql::detail {

/// Which process made an object. The child of a fork() has a copy of everything but the threads:
/// what it would do with a copy, closing included, it would do to its parent's file and server.
class process_mark {
public:
    process_mark() noexcept : made_in_(forks.load(std::memory_order_relaxed)) {}

    /// This process is a child, and the object its parent's.
    [[nodiscard]] bool is_foreign() const noexcept {
        return made_in_ != forks.load(std::memory_order_relaxed);
    }

    /// This process is a child that was forked when it, or its parent, had this library.
    [[nodiscard]] static bool in_child() noexcept {
        return forks.load(std::memory_order_relaxed) != 0;
    }

private:
    friend struct fork_counter;
    static inline std::atomic<unsigned> forks{0};  ///< how many lie before this process

    unsigned made_in_;
};

/// The error of a call in a child on what its parent made.
error made_by_parent();

/// As `make_shared`, but what was made stays in memory in a child: its destructor would join
/// threads that are not there, and close what is the parent's.
template <class T, class... Args>
std::shared_ptr<T> make_marked(Args&&... args) {
    return std::shared_ptr<T>(new T(std::forward<Args>(args)...), [mark = process_mark()](T* made) {
        if (!mark.is_foreign()) {
            delete made;
        }
    });
}

}  // namespace libsql::detail
