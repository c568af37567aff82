#include "ecto/sql/plan_cache.hpp"

#include <cstring>
#include <utility>

namespace ecto::detail {

namespace {

/// Calls `f` with each word that belongs to the shape: a value without its content.
template <class F>
void each_of_shape(const words& query, F f) {
    for (const auto* w = query.begin(); w != query.end(); w = next(w)) {
        if (w->code == op::value) {
            word value{};
            value.code = op::value;
            f(value);
            continue;
        }
        for (const auto* part = w; part != next(w); ++part) {
            f(*part);
        }
    }
}

std::uint64_t hash_of(const words& query, verb what) noexcept {
    std::uint64_t hash = static_cast<std::uint64_t>(what) + 0x9e3779b97f4a7c15U;
    each_of_shape(query, [&](const word& w) {
        std::array<std::uint64_t, 2> halves{};
        std::memcpy(halves.data(), static_cast<const void*>(&w), sizeof w);
        for (const auto half : halves) {
            hash = (hash ^ half) * 0xff51afd7ed558ccdU;
            hash ^= hash >> 32;
        }
    });
    return hash;
}

bool has_shape(const plan& p, const words& query) noexcept {
    std::size_t at = 0;
    bool same = true;
    each_of_shape(query, [&](const word& w) {
        same = same && at < p.shape.size() &&
               // A word has no padding. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
               std::memcmp(static_cast<const void*>(&w), &p.shape[at], sizeof w) == 0;
        ++at;
    });
    return same && at == p.shape.size();
}

}  // namespace

plan_cache::~plan_cache() {
    for (auto& bucket : table_) {
        for (const auto* p = bucket.load(); p != nullptr;) {
            delete std::exchange(p, p->next);
        }
    }
}

result<const plan*> plan_cache::find(const words& query, verb what,
                                     std::unique_ptr<const plan>& room) {
    const auto hash = hash_of(query, what);
    auto& bucket = table_[hash % buckets];
    for (const auto* p = bucket.load(std::memory_order_acquire); p != nullptr; p = p->next) {
        if (p->hash == hash && p->what == what && has_shape(*p, query)) {
            return p;
        }
    }
    auto written = sql_writer(query, what).write();
    if (!written) {
        return written.error();
    }
    auto made = std::make_unique<plan>();
    made->query = *std::move(written);
    made->what = what;
    made->hash = hash;
    each_of_shape(query, [&](const word& w) { made->shape.push_back(w); });
    if (size_.fetch_add(1, std::memory_order_relaxed) >= most_plans) {
        size_.fetch_sub(1, std::memory_order_relaxed);
        room = std::move(made);
        return room.get();
    }
    made->next = bucket.load(std::memory_order_relaxed);
    while (!bucket.compare_exchange_weak(made->next, made.get(), std::memory_order_release,
                                         std::memory_order_relaxed)) {
    }
    return made.release();
}

}  // namespace ecto::detail
