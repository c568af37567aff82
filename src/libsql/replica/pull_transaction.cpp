#include "libsql/replica/pull_transaction.hpp"

#include <cstring>
#include <string>
#include <utility>

namespace libsql::replication {

pull_transaction::pull_transaction(injector& into, const state_file& state, pull_plan plan,
                                   deadline until, std::function<std::optional<error>()> on_frame)
    : into_(into),
      state_(state),
      plan_(plan),
      until_(until),
      on_frame_(std::move(on_frame)),
      next_(plan_.next),
      held_content_(std::make_unique<char[]>(frame::page_size)) {}

pull_transaction::~pull_transaction() {
    into_.end();
}

void pull_transaction::begin_call(bool as_snapshot) noexcept {
    of_snapshot_ = as_snapshot;
    brought_ = false;
}

bool pull_transaction::fail(const error& why) {
    failure_ = why;
    return false;
}

bool pull_transaction::is_in_order(const frame& f) const noexcept {
    if (of_snapshot_) {
        return f.number >= next_ && (!brought_ || f.number < last_);
    }
    return f.number == (brought_ ? last_ + 1 : next_);
}

/// Takes the write lock; under it the state file has to be what the plan was made from.
bool pull_transaction::begin() {
    if (auto begun = into_.begin(until_); !begun) {
        return fail(begun.error());
    }
    auto now = state_.read();
    if (!now) {
        return fail(now.error());
    }
    overtaken_ = *now != plan_.base;
    return !overtaken_;
}

bool pull_transaction::on_frame(const frame& f) {
    if (!is_in_order(f)) {
        return fail(error(error_kind::protocol,
                          "the primary sends frame " + std::to_string(f.number) + " out of order"));
    }
    if (!into_.has_begun() && !begin()) {
        return false;
    }
    if (holds_) {
        if (auto added = into_.add(held_); !added) {
            return fail(added.error());
        }
    }
    if (!of_snapshot_ || !brought_) {
        reached_ = f.number;  // a snapshot's first one is its newest
    }
    last_ = f.number;
    brought_ = true;
    std::memcpy(held_content_.get(), f.content.data(), frame::page_size);
    held_ = f;
    held_.content = {held_content_.get(), frame::page_size};
    holds_ = true;
    auto why = on_frame_();
    return !why || fail(*why);
}

result<void> pull_transaction::end_call() {
    if (!brought_) {
        return {};
    }
    if (held_.size_after == 0) {
        return error(error_kind::protocol,
                     "what the primary sends ends in the middle of a transaction");
    }
    next_ = reached_ + 1;
    return {};
}

bool pull_transaction::is_complete() const noexcept {
    return holds_ && (!plan_.at_least || next_ > *plan_.at_least);
}

result<replica_state> pull_transaction::commit() {
    // Whoever finds the mark pulls all that may be in the database already as one transaction, so
    // that nobody sees what was between.
    replica_state state{.log = plan_.log,
                        .committed = plan_.next == 0 ? std::nullopt : plan_.base.committed,
                        .committing = next_ - 1};
    if (auto marked = state_.write(state); !marked) {
        return marked.error();
    }
    if (auto committed = into_.commit(held_); !committed) {
        return committed.error();
    }
    holds_ = false;
    state.committed = state.committing;
    state.committing.reset();
    // If the power takes this, the mark is found, which is right as well.
    if (auto written = state_.write(state, state_file::durability::later); !written) {
        return written.error();
    }
    into_.end();
    return state;
}

}  // namespace libsql::replication
