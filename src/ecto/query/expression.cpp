#include <ecto/expression.hpp>

namespace ecto {

namespace {

bool is_constant(const condition& c, bool value) noexcept {
    const auto* first = c.ecto_words.begin();
    return c.ecto_words.size() == 1 && first->code == detail::op::constant &&
           (first->a != 0) == value;
}

}  // namespace

namespace detail {

condition combine(op code, const condition& left, const condition& right) {
    const bool neutral = code == op::conjunction;
    if (is_constant(left, neutral) || is_constant(right, !neutral)) {
        return right;
    }
    if (is_constant(right, neutral) || is_constant(left, !neutral)) {
        return left;
    }
    words made(left.ecto_words);
    made.append(right.ecto_words);
    made.push(code);
    return condition(std::move(made));
}

}  // namespace detail

condition all_of(const std::vector<condition>& conditions) {
    condition all(true);
    for (const auto& each : conditions) {
        all = detail::combine(detail::op::conjunction, all, each);
    }
    return all;
}

condition any_of(const std::vector<condition>& conditions) {
    condition any(false);
    for (const auto& each : conditions) {
        any = detail::combine(detail::op::disjunction, any, each);
    }
    return any;
}

}  // namespace ecto
