// The allocator of the whole program, in a source of its own: inlined, it would look to the
// compiler like memory that is given back to another one.

#include "memory/failing_allocator.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

/// Of this thread: how many allocations are to go well before one fails; negative: all do.
thread_local std::int64_t left_to_go = -1;
thread_local bool has_failed = false;

/// Of all threads that are not spared, likewise.
std::atomic<std::int64_t> left_to_others{-1};
std::atomic<bool> none_to_others{false};
std::atomic<std::int64_t> others_failed{0};
thread_local bool is_spared = false;

bool fails_here() noexcept {
    if (left_to_go >= 0 && left_to_go-- == 0) {
        has_failed = true;
        return true;
    }
    if (is_spared) {
        return false;
    }
    if (none_to_others.load() || (left_to_others.load() >= 0 && left_to_others.fetch_sub(1) == 0)) {
        ++others_failed;
        return true;
    }
    return false;
}

void* allocate(std::size_t size, std::size_t alignment) {
    if (fails_here()) {
        throw std::bad_alloc();
    }
    void* const made =
        alignment <= alignof(std::max_align_t)
            ? std::malloc(size == 0 ? 1 : size)
            : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    return made;
}

}  // namespace

void libsql::testing::fail_allocation(std::int64_t n) noexcept {
    has_failed = false;
    left_to_go = n;
}

void libsql::testing::fail_allocation_of_others(std::int64_t n) noexcept {
    is_spared = true;
    others_failed = 0;
    left_to_others = n;
}

void libsql::testing::fail_allocations_of_others() noexcept {
    is_spared = true;
    others_failed = 0;
    none_to_others = true;
}

std::int64_t libsql::testing::failed_of_others() noexcept {
    return others_failed;
}

bool libsql::testing::allocate_all() noexcept {
    left_to_go = -1;
    left_to_others = -1;
    none_to_others = false;
    is_spared = false;
    return has_failed;
}

void* operator new(std::size_t size) {
    return allocate(size, 1);
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
