#include "libsql/replication/pull_transaction.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace libsql::replication {

/// Whether `log` is the one that `state` describes. After a crash it may have more frames, up to
/// `committing`.
bool is_log_of(const replica_state& state, const log_mark& log) noexcept {
    if (!state.proof) {
        return true;
    }
    const auto& known = *state.proof;
    if (known.log_end == 0 && log.end == 0) {
        return true;
    }
    const bool has_all = log.salts == known.salts && log.end >= known.log_end;
    return has_all && (state.committing || (known.log_end != 0 && log.end == known.log_end));
}

pull_transaction::pull_transaction(injector& into, const wal_index_file& state, pull_plan plan,
                                   deadline until, std::function<std::optional<error>()> on_frame)
    : into_(into),
      state_(state),
      plan_(plan),
      until_(until),
      on_frame_(std::move(on_frame)),
      next_(plan_.proves ? plan_.next - 1 : plan_.next),
      held_content_(std::make_unique<char[]>(frame::page_size)) {}

pull_transaction::~pull_transaction() {
    into_.end();
}

void pull_transaction::begin_call(bool as_snapshot) noexcept {
    of_snapshot_ = as_snapshot;
    received_ = false;
}

bool pull_transaction::fail(const error& why) {
    failure_ = why;
    return false;
}

bool pull_transaction::is_in_order(const frame& f) const noexcept {
    if (of_snapshot_) {
        return f.number >= next_ && (!received_ || f.number < last_);
    }
    return f.number == (received_ ? last_ + 1 : next_);
}

/// Takes the write lock. Under it the state file must still be the one that the plan was made from,
/// and the log must be the one that the state file describes.
bool pull_transaction::begin() {
    if (auto begun = into_.begin(until_); !begun) {
        return fail(begun.error());
    }
    auto now = state_.read();
    if (!now) {
        return fail(now.error());
    }
    here_ = *now;
    overtaken_ = here_ != plan_.base;
    other_log_ = !overtaken_ && !is_log_of(here_, into_.log());
    if (overtaken_ || other_log_) {
        return false;
    }
    if (plan_.replaces) {
        auto first = into_.read(1);
        if (!first) {
            return fail(first.error());
        }
        first_schema_number_ = schema_number(*first);
    }
    return true;
}

/// Compares the last frame of the replica with the primary's. Its checksum covers all earlier
/// frames, too. Without a checksum, the page of the frame is compared.
bool pull_transaction::check_old(const frame& f) {
    std::string content(f.content);
    if (f.page == 1) {
        shift_schema_number(content.data());
    }
    if (here_.proof && f.checksum != 0) {
        proved_ = f.checksum == here_.proof->checksum;
    } else {
        auto mine = into_.read(f.page);
        if (!mine) {
            return fail(mine.error());
        }
        proved_ = *mine == content;
    }
    if (!here_.proof) {
        here_.proof = state_proof{.checksum = f.checksum};
    }
    here_.proof->page = f.page;
    here_.proof->content = fingerprint(content);
    disproved_ = !proved_;
    if (holds_ && of_snapshot_) {
        held_.size_after = f.size_after;  // this was the snapshot's last frame
    }
    return proved_;
}

/// Connections notice a new schema by its number. The schema numbers of a primary that replaces
/// another one may repeat, so they are shifted to continue from the highest number that this
/// replica ever had.
void pull_transaction::shift_schema_number(char* first_page) noexcept {
    const std::uint32_t theirs = schema_number({first_page, frame::page_size});
    if (first_schema_number_) {
        here_.schema_shift = *first_schema_number_ + 1 - theirs;
        first_schema_number_.reset();
    }
    set_schema_number(first_page, theirs + here_.schema_shift);
}

/// Holds a frame back until it is known whether it is the last one.
bool pull_transaction::hold(const frame& f) {
    if (holds_) {
        auto added = begin_adding().and_then([&] { return into_.add(held_); });
        if (!added) {
            return fail(added.error());
        }
    }
    std::memcpy(held_content_.get(), f.content.data(), frame::page_size);
    held_ = f;
    held_.content = {held_content_.get(), frame::page_size};
    if (f.page == 1) {
        shift_schema_number(held_content_.get());
    }
    holds_ = true;
    return true;
}

/// Determines where frames are added to the log: after the existing ones, or at its start if the
/// file already contains those.
result<void> pull_transaction::begin_adding() {
    if (std::exchange(adds_, true)) {
        return {};
    }
    auto restarted = into_.restart_log();
    log_end_ = into_.log().end;
    return restarted;
}

bool pull_transaction::on_frame(const frame& f) {
    if (!is_in_order(f)) {
        return fail(error(error_kind::protocol,
                          "the primary sent frame " + std::to_string(f.number) + " out of order"));
    }
    if (!into_.has_begun() && !begin()) {
        return false;
    }
    const bool is_newest = !of_snapshot_ || !received_;  // a snapshot begins with its newest frame
    if (is_newest) {
        reached_ = f.number;
    }
    const bool is_old = f.number < plan_.next;
    if (is_old ? !check_old(f) : !hold(f)) {
        return false;
    }
    if (!is_old && is_newest) {
        facts_ = {f.page, f.checksum, of_snapshot_ ? fingerprint(held_.content) : 0};
    }
    last_ = f.number;
    received_ = true;
    if (is_old) {
        return true;
    }
    auto why = on_frame_();
    return !why || fail(*why);
}

result<void> pull_transaction::end_call() {
    disproved_ = plan_.proves && !proved_;
    if (!received_ || disproved_) {
        return {};
    }
    if (holds_ && held_.size_after == 0) {
        return error(error_kind::protocol,
                     "the frames that the primary sent end in the middle of a transaction");
    }
    if (holds_ && !of_snapshot_) {
        facts_.content = fingerprint(held_.content);
    }
    next_ = reached_ + 1;
    return {};
}

bool pull_transaction::is_complete() const noexcept {
    return holds_ && (!plan_.at_least || next_ > *plan_.at_least);
}

bool pull_transaction::is_confirmed() const noexcept {
    return proved_ && !holds_ && !plan_.at_least;
}

/// Describes the local log as it is now.
state_proof pull_transaction::proof_of(const frame_facts& known, const state_proof& before) {
    const log_mark log = into_.log();
    state_proof proof = before;
    proof.checksum = known.checksum;
    proof.session = plan_.session;
    proof.page = known.page;
    proof.content = known.content;
    proof.salts = log.salts;
    proof.log_end = log.end;
    return proof;
}

result<replica_state> pull_transaction::confirm() {
    replica_state state = here_;
    const auto& known = *here_.proof;
    state.proof = proof_of({known.page, known.checksum, known.content}, known);
    if (auto written = state_.write(state, durability::later); !written) {
        return written.error();
    }
    into_.end();
    return state;
}

/// The state to be written before the commit. If the pull is cut off, whoever finds it pulls all
/// frames that may already be in the database as one transaction, so that nobody sees an
/// intermediate state. The first mark of a pull covers all of it.
replica_state pull_transaction::mark() {
    replica_state state{.log = plan_.log,
                        .committing = std::max(next_ - 1, plan_.up_to),
                        .proof = state_proof(),
                        .schema_shift = here_.schema_shift};
    if (plan_.next != 0) {
        state.committed = here_.committed;
        state.proof = here_.proof;
    }
    if (!state.proof) {
        return state;
    }
    const std::uint64_t checksum = state.proof->checksum;
    state.proof = proof_of({0, checksum, 0}, *state.proof);
    state.proof->log_end = log_end_;
    if (log_end_ == 0) {
        // A log restarts only after all of the previous one is in the file.
        state.proof->moved = state.committed;
        state.proof->moved_checksum = checksum;
    }
    return state;
}

/// Whether the state file already has an equivalent mark. For a log that restarts, the salts must
/// also be recorded.
bool pull_transaction::is_marked(const replica_state& mark) const noexcept {
    return plan_.is_marked && log_end_ != 0 && here_.committing >= mark.committing;
}

result<replica_state> pull_transaction::commit() {
    const bool is_first = !adds_;
    auto ready = begin_adding();
    if (ready && is_first && log_end_ == 0) {
        // A restarted log gets its salts with its first frame, and the mark contains them.
        ready = into_.add(held_);
    }
    if (!ready) {
        return ready.error();
    }
    replica_state state = mark();
    if (!is_marked(state)) {
        if (auto marked = state_.write(state); !marked) {
            return marked.error();
        }
    }
    const bool is_last = next_ > plan_.up_to;
    if (auto committed = into_.commit(held_, is_last ? durability::now : durability::later);
        !committed) {
        return committed.error();
    }
    holds_ = false;
    state.committed = next_ - 1;
    if (is_last) {
        state.committing.reset();
    }
    state.proof = proof_of(facts_, state.proof.value_or(state_proof()));
    // If a power failure loses this write, the mark is found, which is also correct.
    if (auto written = state_.write(state, durability::later); !written) {
        return written.error();
    }
    into_.end();
    return state;
}

}  // namespace libsql::replication
