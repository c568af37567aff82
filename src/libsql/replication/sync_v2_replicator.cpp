#include "libsql/replication/sync_v2_replicator.hpp"

#include "libsql/replication/progress_call.hpp"
#include "libsql/replication/retry_policy.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

namespace libsql::replication {

namespace {

constexpr std::uint64_t frames_per_report = 64;

/// The number of its last durable frame, if it has one.
std::optional<std::uint64_t> number_of(const replica_info& info) {
    return info.durable == 0 ? std::nullopt : std::optional<std::uint64_t>(info.durable);
}

error interrupted() {
    return error(error_kind::interrupted, "interrupted");
}

/// Another process has changed the replica, so the sync reads the state again.
error overtaken() {
    return error(error_kind::busy, "another process is syncing the replica");
}

bool holds_something(const std::string& path) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    return !failed && size > 0;
}

/// The reason why the state file and the database do not match, if any.
std::optional<error> check_pair(const libsql::options& chosen, const replica_info& info) {
    const std::string shown = "\"" + chosen.database + "\"";
    if (info.generation != 0 && !holds_something(chosen.database)) {
        return error(error_kind::cannot_open,
                     shown + " is missing, but its state " +
                         sync_info_file::path_for(chosen.database) +
                         " exists; put the database back, or delete the state to sync afresh");
    }
    if (info.generation == 0 && chosen.mode == open_mode::read_write) {
        return error(error_kind::cannot_open,
                     shown + " does not exist and the mode does not create it");
    }
    return std::nullopt;
}

}  // namespace

result<std::unique_ptr<sync_v2_replicator>> sync_v2_replicator::open(
    const libsql::options& chosen, std::shared_ptr<remote::server> server, deadline until) {
    const sync_info_file file(chosen.database);
    const bool is_new = !file.exists();
    replica_info info;
    if (!is_new) {
        auto known = file.read();
        if (!known) {
            return known.error();
        }
        info = *known;
    }
    if (auto why = check_pair(chosen, info)) {
        return *std::move(why);
    }
    if (is_new) {
        if (auto marked = file.write({}); !marked) {
            return marked.error();
        }
    }
    auto log = or_remove(file, is_new, replica_wal::open(chosen));
    if (!log) {
        return log.error();
    }
    auto made = std::make_unique<sync_v2_replicator>(chosen, std::move(server), *std::move(log));
    retry_policy left(until);
    for (;;) {
        auto ready = made->settle(until);
        if (ready && made->info_.generation != 0) {
            return made;
        }
        auto filled = ready ? made->bootstrap(until) : result<step>(ready.error());
        if (filled) {
            continue;
        }
        const auto wait = [&](auto duration, deadline end) {
            return made->client_.wait(duration, end);
        };
        if (auto why = left.after(filled.error(), wait)) {
            return *std::move(why);
        }
    }
}

sync_v2_replicator::sync_v2_replicator(const libsql::options& chosen,
                                       std::shared_ptr<remote::server> server,
                                       std::unique_ptr<replica_wal> log)
    : options_(chosen), client_(std::move(server)), log_(std::move(log)), file_(chosen.database) {}

void sync_v2_replicator::set_info(const replica_info& info) noexcept {
    info_ = info;
    committed_.set(number_of(info));
}

result<void> sync_v2_replicator::report_progress() const {
    auto why = call_progress(options_.sync, progress_);
    return why ? result<void>(*std::move(why)) : result<void>();
}

/// Counts a frame if it is new.
result<void> sync_v2_replicator::count_frame(std::uint32_t number) {
    if (number <= info_.durable && info_.generation != 0) {
        return {};
    }
    return ++progress_.frames % frames_per_report == 0 ? report_progress() : result<void>();
}

error sync_v2_replicator::conflict(std::string_view what) const {
    return error(error_kind::transaction,
                 "conflict: " + std::string(what) +
                     "; nothing is lost: the replica keeps all that was written to it, but cannot "
                     "sync any more; freeze it, which turns it into a plain database, open a new "
                     "replica at another path, and write there what is missing");
}

error sync_v2_replicator::other_history(std::string_view what) const {
    return error(error_kind::protocol, std::string(what) +
                                           ": the primary was restored, or is another database; to "
                                           "sync afresh, move the replica and " +
                                           file_.path() + " away");
}

/// The error if frame `number` differs from the primary's.
error sync_v2_replicator::conflict_at(std::uint32_t number) const {
    const std::string what = "frame " + std::to_string(number) + " of generation " +
                             std::to_string(info_.generation) + " differs from the primary's";
    return number <= info_.durable && log_end_ <= info_.durable ? other_history(what)
                                                                : conflict(what);
}

// --- the state, and the lock under which it changes ---

result<void> sync_v2_replicator::begin(deadline until) {
    auto begun = log_->begin(until.is_set() ? until : deadline::in(options_.busy_timeout));
    if (!begun && begun.error().kind() == error_kind::timeout) {
        return error(error_kind::timeout,
                     "a transaction is writing to the replica, and has not ended");
    }
    return begun;
}

/// The state, determined from the state file (`known`) and the log.
result<replica_info> sync_v2_replicator::settled(const replica_info& known) {
    if (known.generation == 0 || (log_end_ == 0 && known.durable == 0)) {
        return known;
    }
    std::optional<std::uint64_t> here;
    if (log_end_ > 0) {
        auto salts = log_->salts();
        if (!salts) {
            return salts.error();
        }
        here = *salts;
    }
    const bool is_same =
        log_end_ >= known.durable && (known.durable == 0 || !known.log || known.log == here);
    if (is_same) {
        return known;
    }
    if (known.emptying) {
        return replica_info{.generation = known.generation + 1};
    }
    return error(error_kind::corrupt,
                 "the log of \"" + options_.database +
                     "\" is not the one that the replica has synced: another program has emptied "
                     "or replaced it; keep the file if it contains writes that are nowhere else; "
                     "to sync afresh, move it and " +
                     file_.path() + " away");
}

/// Reads the state of the replica, and completes an interrupted step.
result<void> sync_v2_replicator::settle(deadline until) {
    if (auto begun = begin(until); !begun) {
        return begun;
    }
    log_end_ = log_->last();
    auto now = file_.read().and_then([&](const replica_info& known) -> result<replica_info> {
        auto info = settled(known);
        if (info && *info != known) {
            if (auto written = file_.write(*info); !written) {
                return written.error();
            }
        }
        return info;
    });
    log_->end();
    if (!now) {
        return now.error();
    }
    set_info(*now);
    return {};
}

/// Checks that nobody else has synced since the state was read. Requires the write lock.
result<void> sync_v2_replicator::check_unchanged() {
    auto now = file_.read();
    if (!now) {
        return now.error();
    }
    return *now == info_ ? result<void>() : result<void>(overtaken());
}

/// Records the last durable frame. Requires the write lock.
result<void> sync_v2_replicator::save(std::uint32_t durable) {
    replica_info info{.generation = info_.generation, .durable = durable};
    if (durable > 0) {
        auto salts = log_->salts();
        if (!salts) {
            return salts.error();
        }
        info.log = *salts;
    }
    if (info == info_) {
        return {};
    }
    auto written = file_.write(info);
    if (written) {
        set_info(info);
    }
    return written;
}

// --- steps ---

result<std::uint64_t> sync_v2_replicator::pull_all(deadline until) {
    return run(std::nullopt, until).and_then([&] {
        return result<std::uint64_t>(progress_.frames);
    });
}

result<bool> sync_v2_replicator::pull_to(std::uint64_t frame, deadline until) {
    const std::uint32_t generation = info_.generation;
    return run(frame, until).and_then([&] {
        return result<bool>(info_.generation != generation || info_.durable >= frame);
    });
}

result<void> sync_v2_replicator::run(std::optional<std::uint64_t> goal, deadline until) {
    auto end = try_steps(goal, until);
    set_trouble(std::nullopt);
    return end;
}

result<void> sync_v2_replicator::try_steps(std::optional<std::uint64_t> goal, deadline until) {
    retry_policy left(until);
    progress_ = {};
    shown_in_ = 0;
    const std::uint32_t generation = info_.generation;
    for (;;) {
        if (log_->is_interrupted()) {
            return interrupted();
        }
        auto ready = settle(until);
        const bool is_there =
            ready && goal && (info_.generation != generation || info_.durable >= *goal);
        if (is_there) {
            return {};
        }
        auto end = ready ? try_step(until) : result<step>(ready.error());
        log_->end();
        if (end && *end == step::done) {
            newest_.set(number_of(info_));
            last_shown_ = deadline::clock::now();
            return report_progress();
        }
        if (end) {
            left.on_progress();
            set_trouble(std::nullopt);
            continue;
        }
        set_trouble(end.error());
        const auto wait = [&](auto duration, deadline last) {
            return client_.wait(duration, last);
        };
        if (auto why = left.after(end.error(), wait)) {
            return log_->is_interrupted() ? interrupted() : *std::move(why);
        }
    }
}

/// The first frame to request: before the first new one, frames that prove that the primary still
/// has the replica's content.
std::uint32_t sync_v2_replicator::first_to_ask_for() noexcept {
    constexpr std::uint32_t many = 16;
    constexpr std::chrono::seconds shortly(10);  // nobody restores a primary between two writes
    if (shown_in_ != info_.generation) {
        const bool is_recent = deadline::clock::now() - last_shown_ < shortly;
        shown_in_ = info_.generation;
        shown_ = info_.durable - std::min(info_.durable, is_recent ? 1 : many);
    }
    return std::min(shown_, info_.durable) + 1;
}

result<sync_v2_replicator::step> sync_v2_replicator::try_step(deadline until) {
    const std::uint32_t first = first_to_ask_for();
    auto reply = client_.pull(info_.generation, first, until);
    if (!reply) {
        return reply.error();
    }
    if (auto* frames = std::get_if<pulled_frames>(&*reply)) {
        return receive(std::move(*frames), first, until);
    }
    const std::uint32_t newest = std::get<end_of_generation>(*reply).newest;
    if (first <= info_.durable && newest == info_.generation && !options_.sync.offline_writes) {
        return other_history("the primary has lost frame " + std::to_string(first) +
                             " of generation " + std::to_string(newest));
    }
    return at_end(std::get<end_of_generation>(*reply).newest, until);
}

/// Called when the primary has no more frames of this generation.
result<sync_v2_replicator::step> sync_v2_replicator::at_end(std::uint32_t newest, deadline until) {
    const std::uint32_t mine = info_.generation;
    if (newest < mine) {
        return other_history("the primary is in generation " + std::to_string(newest) +
                             " and the replica in " + std::to_string(mine));
    }
    if (log_end_ <= info_.durable) {
        return newest == mine
                   ? step::done
                   : begin_generation(mine + 1).and_then([] { return result<step>(step::again); });
    }
    if (!options_.sync.offline_writes) {
        return error(error_kind::transaction,
                     "the replica has " + std::to_string(log_end_ - info_.durable) +
                         " frames that were written to it and have not been pushed; open it with "
                         "sync.offline_writes to push them");
    }
    // A push into a generation that is over is also attempted: the primary decides whether the
    // frames still fit.
    return push(newest, until);
}

/// Empties the log for the frames of `generation`. `busy` while another connection reads from it.
result<void> sync_v2_replicator::begin_generation(std::uint32_t generation) {
    const auto before = [&](std::uint32_t frames) -> result<void> {
        if (auto same = check_unchanged(); !same) {
            return same;
        }
        if (info_.generation == 0 || frames == 0) {
            return {};
        }
        if (frames != info_.durable) {
            return overtaken();
        }
        auto marked = info_;
        marked.emptying = true;
        if (auto salts = log_->salts(); salts) {
            marked.log = *salts;
        } else {
            return salts.error();
        }
        auto written = file_.write(marked);
        if (written) {
            set_info(marked);
        }
        return written;
    };
    const auto after = [&]() -> result<void> {
        const replica_info next{.generation = generation};
        auto written = file_.write(next);
        if (written) {
            set_info(next);
        }
        return written;
    };
    return log_->empty(before, after);
}

// --- the first content ---

result<sync_v2_replicator::step> sync_v2_replicator::bootstrap(deadline until) {
    auto current = client_.info(until);
    if (!current) {
        return current.error();
    }
    if (!*current) {
        return error(
            error_kind::unsupported,
            "the server does not speak the newer sync protocol (/info), which the replica \"" +
                options_.database + "\" uses");
    }
    auto filled = receive_export(**current, until);
    log_->end();
    if (!filled) {
        return filled.error();
    }
    return begin_generation(**current).and_then([] { return result<step>(step::again); });
}

/// Writes the pages through the log, so that they are encrypted if the file is.
result<void> sync_v2_replicator::receive_export(std::uint32_t generation, deadline until) {
    constexpr std::uint32_t page_of_locks = 0x40000000 / frame::page_size + 1;  // never used
    if (auto begun = begin(until); !begun) {
        return begun;
    }
    if (auto same = check_unchanged(); !same) {
        return same;
    }
    progress_ = {};
    export_reader pages;
    frame held;
    std::string content;
    const auto on_page = [&](const frame& f) -> result<void> {
        if (log_->is_interrupted()) {
            return interrupted();
        }
        if (f.page == page_of_locks) {
            return {};
        }
        auto added = held.page == 0 ? result<void>() : log_->add(held);
        content = f.content;
        held = frame{.page = f.page, .content = content};
        progress_.total = pages.expected();
        return added ? count_frame(f.page) : added;
    };
    const auto on_bytes = [&](std::string_view bytes) { return pages.feed(bytes, on_page); };
    auto received = client_.export_database(generation, on_bytes, until).and_then([&] {
        return pages.finish();
    });
    if (!received || held.page == 0) {
        return received;
    }
    held.size_after = pages.pages();
    return log_->add(held);
}

// --- frames from the primary ---

/// Adds frames to the log, from number `first` on. Returns the number of the last one that ends a
/// transaction; 0 if none does.
result<std::uint32_t> sync_v2_replicator::put_all(std::string_view frames, std::uint32_t first) {
    std::uint32_t committed = 0;
    for (std::uint32_t number = first; !frames.empty(); ++number) {
        const auto f = read_log_frame(frames.substr(0, frame::size), number);
        frames.remove_prefix(frame::size);
        if (!f) {
            return error(error_kind::protocol, "the server sent a frame without a page");
        }
        auto put = log_->put(*f);
        if (!put) {
            return put.error();
        }
        if (*put == replica_wal::put_outcome::conflict) {
            return conflict_at(number);
        }
        if (f->size_after != 0) {
            committed = number;
        }
        if (auto counted = count_frame(number); !counted) {
            return counted.error();
        }
    }
    return committed;
}

/// Keeps the lock until the transaction that the frames begin is complete.
result<sync_v2_replicator::step> sync_v2_replicator::receive(pulled_frames got, std::uint32_t first,
                                                             deadline until) {
    if (auto begun = begin(until); !begun) {
        return begun.error();
    }
    if (auto same = check_unchanged(); !same) {
        return same.error();
    }
    std::uint32_t next = first;
    for (;;) {
        auto committed = put_all(got.bytes, next);
        if (!committed) {
            return committed.error();
        }
        next += static_cast<std::uint32_t>(got.bytes.size() / frame::size);
        shown_ = next - 1;
        if (*committed > info_.durable) {
            if (auto saved = save(*committed); !saved) {
                return saved.error();
            }
        }
        if (next - 1 <= info_.durable) {
            return step::again;
        }
        if (log_->is_interrupted()) {
            return interrupted();
        }
        auto more = client_.pull(info_.generation, next, until);
        if (!more) {
            return more.error();
        }
        if (const auto* end = std::get_if<end_of_generation>(&*more)) {
            // The rest of the transaction is not there yet: another client is still pushing it.
            progress_.frames -= next - 1 - info_.durable;
            shown_ = info_.durable;
            log_->end();
            return at_end(end->newest, until);
        }
        got = std::get<pulled_frames>(std::move(*more));
    }
}

// --- frames to the primary ---

result<std::string> sync_v2_replicator::read_frames(std::uint32_t first, std::uint32_t count,
                                                    deadline until) {
    if (auto begun = begin(until); !begun) {
        return begun.error();
    }
    std::string bytes;
    bytes.reserve(count * frame::size);
    auto read = check_unchanged();
    for (std::uint32_t i = 0; read && i < count; ++i) {
        read = log_->read(first + i, bytes);
    }
    log_->end();
    return read ? result<std::string>(std::move(bytes)) : result<std::string>(read.error());
}

result<void> sync_v2_replicator::save_pushed(std::uint32_t last, deadline until) {
    if (auto begun = begin(until); !begun) {
        return begun;
    }
    auto saved = check_unchanged().and_then([&] { return save(last); });
    log_->end();
    return saved;
}

/// Pushes all frames that the primary does not have. It has just said that it has no new ones.
result<sync_v2_replicator::step> sync_v2_replicator::push(std::uint32_t newest, deadline until) {
    const std::uint32_t end = log_end_;
    std::uint32_t next = info_.durable + 1;
    std::string baton;
    bool was_low = false;
    while (next <= end) {
        if (log_->is_interrupted()) {
            return interrupted();
        }
        const std::uint32_t count = std::min(frames_per_request, end - next + 1);
        auto frames = read_frames(next, count, until);
        if (!frames) {
            return frames.error();
        }
        auto reply = client_.push(info_.generation, next, *std::move(frames), baton, until);
        if (!reply) {
            return reply.error();
        }
        const std::uint32_t last = next + count - 1;
        if (reply->conflict) {
            return conflict(newest == info_.generation
                                ? "somebody else has written to the primary since the last sync"
                                : "the primary has begun a new generation before the frames that "
                                  "were written here were pushed");
        }
        if (reply->last > last || (reply->last < last && std::exchange(was_low, true))) {
            return error(error_kind::protocol,
                         "frames " + std::to_string(next) + " to " + std::to_string(last) +
                             " were pushed, but the last frame that the server has is " +
                             std::to_string(reply->last) +
                             "; nothing is lost, and the next sync tries again");
        }
        if (reply->last < last) {
            // The server has fewer frames than it said before, so they are sent again from there.
            next = reply->last + 1;
            baton.clear();
            continue;
        }
        progress_.frames += count;
        if (auto reported = report_progress(); !reported) {
            return reported.error();
        }
        newest = reply->generation;
        baton = std::move(reply->baton);
        next = last + 1;
    }
    if (auto saved = save_pushed(end, until); !saved) {
        return saved.error();
    }
    return newest == info_.generation ? step::done : step::again;
}

// --- the file ---

result<void> sync_v2_replicator::checkpoint() {
    return error(
        error_kind::unsupported,
        "flush is unsupported with the newer sync protocol: the replica's frames are counted by "
        "its log, which a sync empties when the primary begins a new generation");
}

}  // namespace libsql::replication
