#pragma once

#include "ecto/sql/sql_writer.hpp"

#include <ecto/detail/words.hpp>
#include <ecto/result.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ecto::detail {

/// The SQL of a shape, at an address that does not change, and the shape.
struct plan {
    written_query query{};
    verb what{verb::read};
    std::uint64_t hash{0};
    std::vector<word> shape{};
    const plan* next{nullptr};
};

/// The plans of the queries that were run, by their shape: their words without the values. It only
/// grows, and up to a limit; what does not fit is made anew each time. Thread safety: all calls.
class plan_cache {
public:
    plan_cache() = default;
    plan_cache(const plan_cache&) = delete;
    plan_cache& operator=(const plan_cache&) = delete;
    ~plan_cache();

    /// The plan of a query. Valid as long as `room` and the cache.
    result<const plan*> find(const words& query, verb what, std::unique_ptr<const plan>& room);

private:
    static constexpr std::size_t buckets = 1024;
    static constexpr std::size_t most_plans = 4096;

    std::array<std::atomic<const plan*>, buckets> table_{};
    std::atomic<std::size_t> size_{0};
};

}  // namespace ecto::detail
