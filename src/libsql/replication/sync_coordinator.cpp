#include "libsql/replication/sync_coordinator.hpp"

#include "libsql/core/backoff.hpp"
#include "libsql/core/effective_deadline.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/replication/open_synchroniser.hpp"

#include <algorithm>
#include <utility>

namespace libsql::replication {

namespace {

using namespace std::chrono_literals;

error frozen() {
    return error(error_kind::closed, "the replica was frozen: its file is now a plain database");
}

}  // namespace

/// The exclusive right to use the synchroniser.
class sync_coordinator::exclusive_use {
public:
    exclusive_use(sync_coordinator& owner, sync_caller& caller, deadline until) : owner_(owner) {
        std::unique_lock lock(owner.mutex_);
        const unsigned interrupts = caller.interrupts_.load();
        const auto over = [&] {
            return owner.current_ == nullptr || owner.stopping_ ||
                   caller.interrupts_.load() != interrupts;
        };
        if (until.is_set()) {
            owner.changed_.wait_until(lock, until.at(), over);
        } else {
            owner.changed_.wait(lock, over);
        }
        if (caller.interrupts_.load() != interrupts) {
            refusal_ = error(error_kind::interrupted, "interrupted");
        } else if (owner.stopping_ || owner.frozen_) {
            refusal_ = frozen();
        } else if (owner.current_ != nullptr) {
            refusal_ = error(error_kind::timeout, "the deadline passed during another sync");
        } else {
            owner.current_ = &caller;
            owner.works_->clear_interrupt();
        }
    }

    ~exclusive_use() {
        if (!refusal_) {
            const std::lock_guard lock(owner_.mutex_);
            owner_.current_ = nullptr;
            owner_.changed_.notify_all();
        }
    }

    exclusive_use(const exclusive_use&) = delete;
    exclusive_use& operator=(const exclusive_use&) = delete;

    [[nodiscard]] const std::optional<error>& refusal() const noexcept { return refusal_; }

private:
    sync_coordinator& owner_;
    std::optional<error> refusal_;
};

sync_coordinator::sync_coordinator(libsql::options chosen, std::unique_ptr<synchroniser> works)
    : options_(std::move(chosen)), works_(std::move(works)) {}

result<std::shared_ptr<sync_coordinator>> sync_coordinator::open(
    const libsql::options& chosen, const std::shared_ptr<remote::server>& server) {
    const deadline until = chosen.timeout.count() == 0 ? deadline() : deadline::in(chosen.timeout);
    auto works = open_synchroniser(chosen, server, until);
    if (!works) {
        return works.error();
    }
    auto made = detail::make_marked<sync_coordinator>(chosen, *std::move(works));
    if (chosen.sync.on_open) {
        if (auto synced = made->sync(made->background_caller_, until); !synced) {
            return synced.error();
        }
    }
    if (chosen.sync.interval.count() > 0) {
        auto started = detail::start_thread([&] {
            made->background_ = std::thread([self = made.get()] { self->sync_regularly(); });
        });
        if (started) {
            return *std::move(started);
        }
    }
    return made;
}

sync_coordinator::~sync_coordinator() {
    stop();
}

void sync_coordinator::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (current_ == &background_caller_) {
            works_->interrupt();
        }
        changed_.notify_all();
    }
    if (background_.joinable()) {
        background_.join();
    }
}

/// False if the coordinator is being destroyed.
bool sync_coordinator::sleep(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, duration, [&] { return stopping_; });
}

void sync_coordinator::sync_regularly() noexcept {
    detail::backoff waits(1s, 60s);
    auto wait = options_.sync.interval;
    while (sleep(wait)) {
        bool synced = false;
        try {
            synced = sync_without_timeout(background_caller_, deadline()).has_value();
        } catch (const std::bad_alloc&) {
            synced = false;  // memory may be available later
        }
        if (synced) {
            waits.succeeded();
            wait = options_.sync.interval;
        } else {
            wait = std::max(options_.sync.interval, waits.next());
        }
    }
}

void sync_coordinator::note_end(const std::optional<error>& failure) {
    const std::lock_guard lock(mutex_);
    last_error_ = failure;
    if (!failure) {
        last_sync_ = std::chrono::system_clock::now();
    }
}

result<sync_result> sync_coordinator::sync(sync_caller& caller, deadline until) {
    return sync_without_timeout(caller, detail::effective(until, options_.timeout));
}

result<sync_result> sync_coordinator::sync_without_timeout(sync_caller& caller, deadline until) {
    const exclusive_use mine(*this, caller, until);
    if (mine.refusal()) {
        return *mine.refusal();
    }
    auto frames = works_->pull_all(until);
    note_end(frames ? std::nullopt : std::optional(frames.error()));
    return std::move(frames).transform([&](std::uint64_t n) {
        return sync_result{.frames_synced = n, .frame_number = works_->committed()};
    });
}

result<sync_result> sync_coordinator::sync_until(std::uint64_t frame, sync_caller& caller,
                                                 deadline until) {
    until = detail::effective(until, options_.timeout);
    detail::backoff waits(20ms, 1s);
    sync_result all;
    for (;;) {
        {
            const exclusive_use mine(*this, caller, until);
            if (mine.refusal()) {
                return *mine.refusal();
            }
            auto there = works_->pull_to(frame, until);
            note_end(there ? std::nullopt : std::optional(there.error()));
            if (!there) {
                return there.error();
            }
            all.frames_synced += works_->pulled();
            all.frame_number = works_->committed();
            if (*there) {
                return all;
            }
        }
        std::unique_lock lock(mutex_);
        const unsigned interrupts = caller.interrupts_.load();
        const auto over = [&] { return stopping_ || caller.interrupts_.load() != interrupts; };
        if (changed_.wait_for(lock, waits.next(), over)) {
            return error(error_kind::interrupted, "interrupted");
        }
        if (until.passed()) {
            return error(error_kind::timeout,
                         "the deadline passed; the primary has not written "
                         "frame " +
                             std::to_string(frame) + " yet");
        }
    }
}

result<void> sync_coordinator::catch_up(std::uint64_t frame, std::optional<std::uint64_t> before,
                                        sync_caller& caller, deadline until) {
    if (before && frame <= *before) {
        return sync(caller, until).transform([](const sync_result&) {});
    }
    const auto is_here = [&] {
        const auto now = works_->committed();
        return now && *now >= frame;
    };
    if (is_here()) {
        return {};
    }
    const exclusive_use mine(*this, caller, until);
    if (mine.refusal()) {
        return *mine.refusal();
    }
    // Waiting is pointless if the primary no longer has the frame.
    auto there = works_->pull_to(frame, until);
    note_end(there ? std::nullopt : std::optional(there.error()));
    return std::move(there).transform([](bool) {});
}

void sync_coordinator::note_write(std::uint64_t frame) noexcept {
    std::uint64_t known = max_write_end_.load();
    while (known < frame + 1 && !max_write_end_.compare_exchange_weak(known, frame + 1)) {
    }
}

std::optional<std::uint64_t> sync_coordinator::max_write_frame() const noexcept {
    const std::uint64_t end = max_write_end_.load();
    return end == 0 ? std::nullopt : std::optional(end - 1);
}

result<void> sync_coordinator::flush(sync_caller& caller) {
    const exclusive_use mine(*this, caller, deadline());
    return mine.refusal() ? result<void>(*mine.refusal()) : works_->checkpoint();
}

result<void> sync_coordinator::freeze(sync_caller& caller) {
    {
        const exclusive_use mine(*this, caller, deadline());
        if (mine.refusal()) {
            return *mine.refusal();
        }
        if (auto done = works_->freeze(); !done) {
            return done;
        }
        frozen_ = true;
    }
    stop();
    return {};
}

/// The reason why a running sync is waiting, if it is.
std::optional<error> sync_coordinator::waiting() const {
    if (auto trouble = works_->trouble()) {
        return trouble;
    }
    const auto silent = works_->contact().silent;
    if (!silent || *silent < 1s) {
        return std::nullopt;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*silent).count();
    return error(error_kind::network,
                 "the server has sent nothing for " + std::to_string(seconds) + " s");
}

replica_status sync_coordinator::status() const {
    const auto waits = waiting();
    const std::lock_guard lock(mutex_);
    replica_status now{.last_sync = last_sync_,
                       .last_error = waits ? waits : last_error_,
                       .frame_number = works_->committed(),
                       .primary_frame_number = works_->newest()};
    const std::uint64_t mine = now.frame_number ? *now.frame_number + 1 : 0;
    const std::uint64_t theirs = now.primary_frame_number ? *now.primary_frame_number + 1 : 0;
    now.last_contact = works_->contact().last;
    now.lag = theirs - std::min(mine, theirs);
    return now;
}

void sync_coordinator::interrupt(sync_caller& caller) noexcept {
    const std::lock_guard lock(mutex_);
    caller.interrupts_.fetch_add(1);
    if (current_ == &caller) {
        works_->interrupt();
    }
    changed_.notify_all();
}

}  // namespace libsql::replication
