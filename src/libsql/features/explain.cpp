#include <libsql/explain.hpp>

#include <ranges>
#include <utility>

namespace libsql {

namespace detail {

namespace {

struct plan_row {
    std::int64_t id{};
    std::int64_t parent{};
    std::int64_t unused{};
    std::string detail;
};

/// The step `id` in `steps` or their children; null if there is none. Searches backwards, because
/// the newest step is most often the parent of the next.
plan_step* find(std::vector<plan_step>& steps, std::int64_t id) {
    for (auto& step : std::views::reverse(steps)) {
        if (step.id == id) {
            return &step;
        }
        if (auto* const below = find(step.children, id)) {
            return below;
        }
    }
    return nullptr;
}

}  // namespace

result<std::vector<plan_step>> read_plan(rows source) {
    auto found = source.collect<plan_row>();
    if (!found) {
        return found.error();
    }
    std::vector<plan_step> plan;
    for (auto& row : *found) {
        auto* const parent = find(plan, row.parent);
        auto& among = parent == nullptr ? plan : parent->children;
        among.push_back({row.id, std::move(row.detail), {}});
    }
    return plan;
}

}  // namespace detail

namespace {

void print(std::string& out, const std::vector<plan_step>& steps, const std::string& indent) {
    for (const auto& step : steps) {
        const bool last = &step == &steps.back();
        out += indent + (last ? "`--" : "|--") + step.detail + '\n';
        print(out, step.children, indent + (last ? "   " : "|  "));
    }
}

}  // namespace

std::string to_string(const std::vector<plan_step>& plan) {
    std::string out = "QUERY PLAN\n";
    print(out, plan, "");
    return out;
}

}  // namespace libsql
