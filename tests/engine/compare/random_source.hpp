#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace libsql::compare {

/// Numbers that follow from a seed alone, on every machine.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    /// From 0 to `count` - 1.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

    /// From `low` to `high`.
    int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
    }

    bool percent(int chance) { return between(1, 100) <= chance; }

    template <class T>
    const T& one_of(const std::vector<T>& values) {
        return values[below(values.size())];
    }

    std::string one_of(const std::vector<const char*>& values) {
        return values[below(values.size())];
    }

private:
    std::uint64_t state_;
};

}  // namespace libsql::compare
