#include "libsql/replication/replicator.hpp"

#include "libsql/core/backoff.hpp"
#include "libsql/replication/progress_call.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

namespace libsql::replication {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_retry = 30s;  ///< if there is no deadline
constexpr std::uint64_t frames_per_report = 64;

bool holds_something(const std::string& path) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    return !failed && size > 0;
}

error cannot_open(std::string message) {
    return error(error_kind::cannot_open, std::move(message));
}

/// The reason why the file cannot be a replica, if any.
std::optional<error> check_file(const libsql::options& chosen, const wal_index_file& state) {
    const std::string shown = "\"" + chosen.database + "\"";
    const bool is_there = holds_something(chosen.database);
    if (is_there && !state.exists()) {
        return cannot_open(shown + " is a plain database, not a replica (there is no " +
                           wal_index_file::path_for(chosen.database) +
                           "), and a sync would overwrite it; use another path, or delete it");
    }
    if (!is_there && chosen.mode == open_mode::read_write) {
        return cannot_open(shown + " does not exist and the mode does not create it");
    }
    if (chosen.mode == open_mode::read_only) {
        return error(error_kind::unsupported,
                     "a replica cannot be opened with mode read_only, because its syncs write to "
                     "the file; to read the file, open it without uri");
    }
    return std::nullopt;
}

}  // namespace

result<std::unique_ptr<replicator>> replicator::open(const libsql::options& chosen,
                                                     std::shared_ptr<remote::server> server) {
    const wal_index_file state(chosen.database);
    if (auto why = check_file(chosen, state)) {
        return *std::move(why);
    }
    const bool is_new = !state.exists();
    const bool has_database = holds_something(chosen.database);
    if (auto created = state.create(); !created) {
        return created.error();
    }
    auto into = or_remove(state, is_new, injector::open(chosen));
    if (!into) {
        return into.error();
    }
    if (!has_database && !is_new) {
        // The database file that the state describes is gone.
        auto reset = (*into)->begin(deadline::in(chosen.busy_timeout)).and_then([&] {
            return state.write({});
        });
        (*into)->end();
        if (!reset) {
            return reset.error();
        }
    }
    auto made = std::make_unique<replicator>(chosen, std::move(server), *std::move(into), state);
    // Makes the frame number known without a sync, unless another process is writing.
    static_cast<void>(made->settle(deadline::in(0ms)));
    auto known = state.read();
    if (!known) {
        return known.error();
    }
    made->set_state(*known);
    made->knows_protocol_ = known->log.has_value();
    return made;
}

replicator::replicator(const libsql::options& chosen, std::shared_ptr<remote::server> server,
                       std::unique_ptr<injector> into, wal_index_file state)
    : options_(chosen),
      client_(chosen, std::move(server)),
      into_(std::move(into)),
      state_file_(std::move(state)) {}

replicator::~replicator() {
    // Otherwise the last connection to close would move the log without recording it.
    if (into_->has_log() && state_file_.exists()) {
        static_cast<void>(move_log());
    }
}

void replicator::set_state(const replica_state& now) noexcept {
    state_ = now;
    committed_.set(now.committed);
}

result<std::uint64_t> replicator::pull_all(deadline until) {
    hello_.reset();
    auto end = pull(std::nullopt, until);
    if (!end) {
        return end.error();
    }
    if (progress_.frames == 0 && into_->has_log()) {
        static_cast<void>(move_log());  // nothing else to do now
    }
    return progress_.frames;
}

result<bool> replicator::pull_to(std::uint64_t frame, deadline until) {
    return pull(frame, until).transform([](step end) { return end == step::done; });
}

result<replicator::step> replicator::pull(std::optional<std::uint64_t> goal, deadline until) {
    auto end = try_steps(goal, until);
    lift_mark();
    client_.drop_prefetched();
    set_trouble(std::nullopt);
    return end;
}

result<replicator::step> replicator::try_steps(std::optional<std::uint64_t> goal, deadline until) {
    detail::backoff waits(100ms, 5s);
    std::optional<deadline> give_up;
    progress_ = {};
    fresh_hello_ = false;
    session_denied_ = false;
    for (;;) {
        if (into_->is_interrupted()) {
            return error(error_kind::interrupted, "interrupted");
        }
        auto end = try_step(goal, until);
        if (const auto* made = std::get_if<step>(&end)) {
            if (*made != step::again) {
                return *made;
            }
            give_up.reset();
            waits.succeeded();
            set_trouble(std::nullopt);
            continue;
        }
        const auto& failed = std::get<call_failure>(end);
        if (!failed.is_temporary) {
            return failed.why;
        }
        set_trouble(failed.why);
        if (!give_up) {
            give_up = until.is_set() ? until : deadline::in(longest_retry);
        }
        const auto wait = std::max<std::chrono::milliseconds>(waits.next(), failed.wait_at_least);
        if (client_.wait(wait, *give_up)) {
            continue;
        }
        if (into_->is_interrupted()) {
            return error(error_kind::interrupted, "interrupted");
        }
        return until.is_set()
                   ? error(error_kind::timeout,
                           "the deadline passed; the last error was: " + failed.why.message())
                   : failed.why;
    }
}

bool replicator::has_same_log() const noexcept {
    return hello_ && state_.log == hello_->log && state_ != disproved_;
}

/// Whether the primary has shown in this session that it still has the replica's content.
bool replicator::is_proved() const noexcept {
    return has_same_log() && state_.proof && state_.proof->session == fingerprint(hello_->session);
}

bool replicator::has(std::uint64_t frame) const noexcept {
    // While there is a mark, the frames may not all be on the disk.
    return is_proved() && state_.committed >= frame && !state_.committing;
}

replicator::step_end replicator::try_step(std::optional<std::uint64_t> goal, deadline until) {
    if (auto failed = ensure_handshake(until)) {
        return *std::move(failed);
    }
    if (auto ready = settle(until); !ready) {
        return call_failure{ready.error()};
    }
    auto now = state_file_.read();
    if (!now) {
        return call_failure{now.error()};
    }
    set_state(*now);
    if (goal && has(*goal)) {
        return step::done;
    }
    // A primary without data is no reason to discard the replica's.
    if (fresh_hello_ && (!hello_->newest || has(*hello_->newest))) {
        return goal ? step::short_of_frames : step::done;
    }
    return transact(goal, until);
}

/// Performs a handshake unless there was one.
std::optional<call_failure> replicator::ensure_handshake(deadline until) {
    if (hello_) {
        return std::nullopt;
    }
    if (!knows_protocol_) {
        auto newer = client_.has_newer_protocol(until);
        if (!newer) {
            return call_failure{newer.error(), newer.error().kind() == error_kind::network};
        }
        if (*newer) {
            return call_failure{error(
                error_kind::unsupported,
                "the server speaks the newer sync protocol (it answers /info), which a new replica "
                "detects when it is opened; open it again now that the server can be reached")};
        }
        knows_protocol_ = true;
    }
    return shake_hands(until);
}

std::optional<call_failure> replicator::shake_hands(deadline until) {
    auto before = state_file_.read();
    if (!before) {
        return call_failure{before.error()};
    }
    hello said;
    auto end = client_.shake_hands(said, until);
    if (const auto* failed = std::get_if<call_failure>(&end)) {
        return *failed;
    }
    const auto& status = std::get<grpc_status>(end);
    if (!status.is_ok()) {
        return call_failure{status_error(status), status.is_temporary()};
    }
    hello_ = std::move(said);
    fresh_hello_ = true;
    newest_.set(hello_->newest);
    // A primary that lost its last frames in a crash writes other frames with the same numbers.
    disproved_.reset();
    if (before->log == hello_->log && hello_->newest &&
        std::max(before->committed, before->committing) > hello_->newest) {
        disproved_ = *before;
    }
    return std::nullopt;
}

/// Makes the state file and the local log consistent.
result<void> replicator::settle(deadline until) {
    if (settled_) {
        return {};
    }
    if (auto begun = into_->begin(until); !begun) {
        return begun;
    }
    auto now = state_file_.read().and_then([&](const replica_state& known) {
        return settled(known).and_then([&](const replica_state& true_one) -> result<void> {
            return true_one == known ? result<void>() : state_file_.write(true_one);
        });
    });
    into_->end();
    settled_ = now.has_value();
    return now;
}

/// The content of the database, if the state file says `known`. Requires the write lock.
result<replica_state> replicator::settled(const replica_state& known) {
    const log_mark log = into_->log();
    replica_state now = known;
    bool holds = is_log_of(known, log);
    if (!known.proof || (holds && !known.committed)) {
        return known;
    }
    const auto& proof = *known.proof;
    if (holds && proof.page != 0 && !known.committing) {
        auto page = into_->read(proof.page);
        if (!page) {
            return page.error();
        }
        holds = fingerprint(*page) == proof.content;
        if (!holds) {
            now.committed.reset();
        }
    }
    if (holds) {
        return known;
    }
    now.proof->salts = log.salts;
    now.proof->log_end = log.end;
    now.proof->page = 0;
    // Frames of an unknown log lie over the file, so its content is unknown.
    const bool is_foreign = log.end != 0 && (log.salts != proof.salts ||
                                             (log.end > proof.log_end && !known.committing));
    if (is_foreign || !now.committed || !proof.moved) {
        now.committed.reset();
        now.committing.reset();
        now.proof.reset();
    } else if (*proof.moved != *known.committed || known.committing) {
        now.committed = proof.moved;
        now.committing = std::max(known.committed, known.committing);
        now.proof->checksum = proof.moved_checksum;
    }
    return now;
}

/// Moves the log into the database file and records that in the state file.
result<void> replicator::move_log() {
    auto moved = into_->checkpoint_all();
    if (!moved || !state_.proof || !state_.committed || state_.committing) {
        return moved;
    }
    if (!into_->begin(deadline::in(0ms))) {
        // The state file still describes the old log, so frames in the file may be pulled again.
        return moved;
    }
    const auto now = state_file_.read();
    if (now && *now == state_ && into_->log().end == 0) {
        replica_state fresh = *now;
        fresh.proof->log_end = 0;
        fresh.proof->moved = fresh.committed;
        fresh.proof->moved_checksum = fresh.proof->checksum;
        if (state_file_.write(fresh, durability::later)) {
            set_state(fresh);
        }
    }
    into_->end();
    return moved;
}

/// Removes the mark of a pull that ended before its goal. The frames that it committed are then
/// durable, and the file contains no others.
void replicator::lift_mark() {
    const auto mine = std::exchange(marked_, std::nullopt);
    if (!mine || !into_->begin(deadline::in(0ms))) {
        return;  // whoever finds the mark pulls to the frame that it names
    }
    const auto now = state_file_.read();
    if (now && *now == *mine && into_->sync_log()) {
        replica_state fresh = *mine;
        fresh.committing.reset();
        if (state_file_.write(fresh, durability::later)) {
            if (disproved_ == mine) {
                disproved_ = fresh;
            }
            set_state(fresh);
        }
    }
    into_->end();
}

/// What to request, and which frames must arrive before any of them become visible.
result<pull_plan> replicator::plan(std::optional<std::uint64_t> goal) {
    auto blank = into_->is_blank();
    if (!blank) {
        return blank.error();
    }
    pull_plan made{.base = state_,
                   .log = hello_->log,
                   .session = fingerprint(hello_->session),
                   .up_to = std::min(goal.value_or(std::numeric_limits<std::uint64_t>::max()),
                                     hello_->newest.value_or(0)),
                   .is_marked = state_ == marked_};
    // Nothing proves frames beyond the last recorded one, unless they came in this session.
    const bool is_beyond_proof = state_.committing && !made.is_marked && !is_proved();
    if (has_same_log() && state_.committed && !is_beyond_proof) {
        made.next = *state_.committed + 1;
        made.at_least = made.is_marked ? std::nullopt : state_.committing;
        made.proves = !is_proved();
    } else if (!*blank) {
        // The content is that of another log or of unknown age, so the new one replaces it in one
        // transaction.
        made.at_least = hello_->newest;
        made.replaces = true;
    }
    return made;
}

replicator::step_end replicator::transact(std::optional<std::uint64_t> goal, deadline until) {
    auto wanted = plan(goal);
    if (!wanted) {
        return call_failure{wanted.error()};
    }
    if (wanted->next == 0 && !fresh_hello_) {
        hello_.reset();
        return step::again;
    }
    const std::uint64_t before = progress_.frames;
    const std::uint64_t end = newest_.end();
    progress_.total = std::max(progress_.total, before + end - std::min(end, wanted->next));
    pull_transaction all(*into_, state_file_, *wanted, until, [this] {
        return ++progress_.frames % frames_per_report == 0 ? report_progress() : std::nullopt;
    });
    bool as_snapshot = false;
    auto stopped = make_call(all, as_snapshot, until);
    while (!stopped && !all.is_complete() && !all.is_confirmed()) {
        stopped = as_snapshot || all.has_received_frames() ? make_call(all, as_snapshot, until)
                                                           : std::optional(no_frames_received());
    }
    if (!stopped) {
        if (newest_.end() > all.next()) {
            client_.prefetch(all.next());
        }
        return finish(all);
    }
    progress_.frames = before;
    return *std::move(stopped);
}

/// Requests frames once. None if the transaction continues.
std::optional<replicator::step_end> replicator::make_call(pull_transaction& into, bool& as_snapshot,
                                                          deadline until) {
    into.begin_call(as_snapshot);
    auto end = as_snapshot ? client_.snapshot(into.next(), into, until)
                           : client_.batch(into.next(), into, until);
    if (into.was_overtaken()) {
        return step::again;
    }
    if (into.found_another_log()) {
        settled_ = false;
        return step::again;
    }
    if (into.is_disproved()) {
        disproved_ = state_;
        return step::again;
    }
    if (into.failure()) {
        return call_failure{*into.failure()};
    }
    if (const auto* failed = std::get_if<call_failure>(&end)) {
        return *failed;
    }
    const auto& status = std::get<grpc_status>(end);
    if (status.is_no_hello()) {
        hello_.reset();
        return std::exchange(session_denied_, true)
                   ? step_end(call_failure{status_error(status), true})
                   : step::again;
    }
    session_denied_ = false;
    if (status.needs_snapshot() && !as_snapshot) {
        as_snapshot = true;
        return std::nullopt;
    }
    as_snapshot = false;
    if (!status.is_ok()) {
        return call_failure{status_error(status), status.is_temporary()};
    }
    if (auto ended = into.end_call(); !ended) {
        return call_failure{ended.error()};
    }
    if (into.is_disproved()) {
        disproved_ = state_;
        return step::again;
    }
    return std::nullopt;
}

replicator::step_end replicator::no_frames_received() {
    if (!fresh_hello_) {
        hello_.reset();  // ask again what the primary has
        return step::again;
    }
    return call_failure{
        error(error_kind::protocol, "the primary does not send the frames that it reports"), true};
}

replicator::step_end replicator::finish(pull_transaction& all) {
    auto now = all.is_complete() ? all.commit() : all.confirm();
    if (!now) {
        marked_.reset();  // the mark may have been written, and then remains
        return call_failure{now.error()};
    }
    set_state(*now);
    marked_ = now->committing ? std::optional(*now) : std::nullopt;
    into_->checkpoint_if_long();
    if (auto why = report_progress()) {
        return call_failure{*std::move(why)};
    }
    return step::again;
}

std::optional<error> replicator::report_progress() const {
    return call_progress(options_.sync,
                         {progress_.frames, std::max(progress_.total, progress_.frames)});
}

}  // namespace libsql::replication
