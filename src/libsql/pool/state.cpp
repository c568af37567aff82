#include "libsql/pool/state.hpp"

#include "libsql/core/database_path.hpp"
#include "libsql/core/out_of_memory.hpp"

#include <libsql/database.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>

namespace libsql::detail {

namespace {

using std::chrono::milliseconds;

error invalid(const std::string& what) {
    return error(error_kind::invalid_argument, "pool: " + what);
}

result<void> validate_times(const pool_options& how) {
    constexpr milliseconds year = std::chrono::hours(24 * 365);
    const lifetime_range life = how.max_lifetime.value_or(lifetime_range());
    const std::array<std::pair<const char*, milliseconds>, 8> times{
        {{"queue_target", how.queue_target},
         {"queue_interval", how.queue_interval},
         {"idle_interval", how.idle_interval},
         {"max_lifetime.min", life.min},
         {"max_lifetime.max", life.max},
         {"backoff_min", how.backoff_min},
         {"backoff_max", how.backoff_max},
         {"close_timeout", how.close_timeout}}};
    for (const auto& [name, value] : times) {
        if (value < milliseconds(0) || value > year) {
            return invalid(std::string(name) + " must be between 0 and a year");
        }
    }
    return {};
}

result<void> validate(const pool_options& how, bool is_memory) {
    if (how.pool_size == 0) {
        return invalid("pool_size must be at least 1");
    }
    if (auto valid = validate_times(how); !valid) {
        return valid;
    }
    if (how.backoff_min == milliseconds(0) || how.backoff_min > how.backoff_max) {
        return invalid("backoff_min must be above 0 and not above backoff_max");
    }
    if (how.background && how.idle_interval == milliseconds(0)) {
        return invalid("idle_interval cannot be 0; to turn pings off, set background to false");
    }
    if (how.max_lifetime && how.max_lifetime->min > how.max_lifetime->max) {
        return invalid("max_lifetime.min is above max_lifetime.max");
    }
    if (how.max_lifetime && is_memory) {
        return invalid("max_lifetime would lose the data of a database in memory");
    }
    return {};
}

/// Replaces a `mode` of a `file:` URI that allows writing, which the open mode does not.
void forbid_writing_in_uri(std::string& database) {
    for (const std::string_view wanted : {"mode=rwc", "mode=rw"}) {
        const auto at = database.find(wanted);
        if (database.starts_with("file:") && at != std::string::npos &&
            (database[at - 1] == '?' || database[at - 1] == '&')) {
            database.replace(at, wanted.size(), "mode=ro");
            return;
        }
    }
}

options as_reader(options database) {
    database.mode = open_mode::read_only;
    database.journal_mode.reset();
    database.page_size.reset();
    database.auto_vacuum.reset();
    forbid_writing_in_uri(database.database);
    return database;
}

codel control_of(const pool_options& how) {
    return {how.queue_target, how.queue_interval};
}

result<void> run_hook(const std::function<result<void>(connection&)>& hook, connection& made) {
    try {
        return hook(made);
    } catch (const std::exception& thrown) {
        return error(error_kind::pool, std::string("after_connect threw: ") + thrown.what());
    } catch (...) {
        return error(error_kind::pool, "after_connect threw");
    }
}

}  // namespace

pool_state::pool_state(options database, pool_options how)
    : for_writer_(std::move(database)),
      for_readers_(as_reader(for_writer_)),
      settings_(std::move(how)),
      is_memory_(detail::is_memory_database(for_writer_.database)),
      writer_(control_of(settings_)),
      readers_(control_of(settings_)),
      random_(std::random_device()()) {}

pool_state::~pool_state() {
    stop_maintenance();
    close_all();
}

// --- opening ---

result<std::shared_ptr<pool_state>> pool_state::open(options database, pool_options how) {
    if (auto valid = validate(how, detail::is_memory_database(database.database)); !valid) {
        return valid.error();
    }
    database.database = detail::absolute_database(std::move(database.database));
    auto made = make_marked<pool_state>(std::move(database), std::move(how));
    if (auto opened = made->open_all(); !opened) {
        return opened.error();
    }
    if (made->settings_.background && !made->is_memory_) {
        auto started = start_thread([&] {
            made->maintenance_thread_ =
                std::jthread([state = made.get()](const std::stop_token& stop) {
                    state->run_maintenance(stop);
                });
        });
        if (started) {
            return *std::move(started);
        }
    }
    return made;
}

result<void> pool_state::open_all() {
    std::size_t readers = settings_.readers.value_or(settings_.pool_size);
    if (for_writer_.mode != open_mode::read_only) {
        bool has_wal = false;
        if (auto opened = open_first_writer(has_wal); !opened) {
            return opened;
        }
        readers = settings_.readers.value_or(settings_.pool_size - 1);
        if (!has_wal && settings_.readers.value_or(0) > 0) {
            return invalid("readers beside a writer need a file in WAL mode with normal locking");
        }
        is_shared_ = !has_wal || readers == 0;
        readers = is_shared_ ? 0 : readers;
    } else if (readers == 0) {
        return invalid("readers cannot be 0 in mode read_only, which has no writer");
    }
    for (std::size_t i = 0; i < readers; ++i) {
        if (auto added = add_slot(readers_, false); !added) {
            return added;
        }
    }
    return {};
}

result<void> pool_state::open_first_writer(bool& has_wal) {
    if (auto added = add_slot(writer_, true); !added) {
        return added;
    }
    if (server_) {
        // On a server readers do not block the writer, and a replica is in WAL mode.
        has_wal = true;
        return {};
    }
    auto& c = slots_.front().idle_connection;
    const auto journal = c.fetch_one<std::string>("PRAGMA journal_mode");
    const auto locking = c.fetch_one<std::string>("PRAGMA locking_mode");
    if (!journal || !locking) {
        return journal ? locking.error() : journal.error();
    }
    has_wal = *journal == "wal" && *locking == "normal";
    return {};
}

result<void> pool_state::add_slot(pool_queue& queue, bool writes) {
    auto made = connect(writes);
    if (!made) {
        return made.error();
    }
    auto& slot =
        slots_.emplace_back(queue, writes, backoff(settings_.backoff_min, settings_.backoff_max));
    slot.idle_connection = *std::move(made);
    slot.expires_at = draw_end_of_life();
    queue.add(slot);
    return {};
}

/// All connections share one `database`, so that a replica's file has one sync_coordinator. `open`
/// makes it with the first connection.
result<connection> pool_state::connect_to_server(bool writes) {
    if (!server_) {
        auto opened = database::open(for_writer_);
        if (!opened) {
            return opened.error();
        }
        server_ = *std::move(opened);
    }
    return writes ? server_->connect() : server_->connect_reader();
}

result<connection> pool_state::connect(bool writes) {
    auto made =
        for_writer_.uri.empty()
            ? database::open(writes ? for_writer_ : for_readers_).and_then([](database&& d) {
                  return d.connect();
              })
            : connect_to_server(writes);
    if (made && settings_.after_connect) {
        if (auto ready = run_hook(settings_.after_connect, *made); !ready) {
            return ready.error();
        }
    }
    return made;
}

pool_state::clock::time_point pool_state::draw_end_of_life() {
    if (!settings_.max_lifetime) {
        return clock::time_point::max();
    }
    const auto& [min, max] = *settings_.max_lifetime;
    std::uniform_int_distribution<milliseconds::rep> between(min.count(), max.count());
    const std::lock_guard lock(mutex_);
    return clock::now() + milliseconds(between(random_));
}

// --- checking out ---

result<pooled_connection> pool_state::checkout_writer(deadline until) {
    if (for_writer_.mode == open_mode::read_only) {
        return error(error_kind::read_only,
                     "the pool has no writer, because it was opened with mode read_only");
    }
    return checkout(writer_, until);
}

result<pooled_connection> pool_state::checkout_reader(deadline until) {
    if (!is_shared_) {
        return checkout(readers_, until);
    }
    return checkout(writer_, until)
        .and_then([](pooled_connection&& taken) -> result<pooled_connection> {
            if (auto set = access::shared(*taken)->set_read_only(true); !set) {
                return set.error();
            }
            return std::move(taken);
        });
}

result<pooled_connection> pool_state::checkout(pool_queue& queue, deadline until) {
    const auto since = clock::now();
    for (bool again = false;; again = true) {
        auto taken = queue.acquire(since, until, again);
        if (!taken) {
            return taken.error();
        }
        auto& slot = **taken;
        if (slot.idle_connection.is_open()) [[likely]] {
            return pooled_connection(shared_from_this(), slot, slot.taken_at - since);
        }
        const auto opened = revive(slot, since);
        if (opened) {
            return pooled_connection(shared_from_this(), slot, slot.taken_at - since);
        }
        if (is_memory_) {
            return opened.error();
        }
    }
}

/// Opens the connection of a slot that is down. If that fails, returns the slot to the queue.
result<void> pool_state::revive(pool_slot& slot, clock::time_point since) {
    result<connection> made = out_of_memory();
    try {
        made = is_memory_ ? error(error_kind::closed,
                                  "the database was in memory, and its content is lost, because "
                                  "its connection was closed")
                          : connect(slot.writes);
    } catch (const std::bad_alloc&) {
        made = out_of_memory();  // treated as an error of the open
    }
    if (made) {
        slot.idle_connection = *std::move(made);
        slot.expires_at = draw_end_of_life();
        slot.retry.succeeded();
        if (slot.queue->connected(slot, since)) {
            return {};
        }
        slot.idle_connection = connection(nullptr);
        made = libsql::detail::made([] { return error(error_kind::pool, "the pool is closed"); });
    }
    slot.ready_at = clock::now();
    if (!is_memory_) {
        slot.ready_at += slot.retry.next();
    }
    slot.queue->failed(slot, made.error());
    return made.error();
}

// --- checking in ---

bool pool_state::is_fit(const pool_slot& slot, const connection& back) const {
    const auto& target = access::shared(back);
    if (target == nullptr || target != slot.target || !target->is_open()) {
        return false;
    }
    const bool outworn = target->is_broken() || (slot.expires_at != clock::time_point::max() &&
                                                 clock::now() >= slot.expires_at);
    return (!outworn || is_memory_) && target->reset_for_reuse().has_value();
}

void pool_state::check_in(pool_slot& slot, connection back) noexcept {
    bool fit = false;
    try {
        fit = is_fit(slot, back);
    } catch (const std::bad_alloc&) {
        fit = false;  // its state is unknown, so it is not reused
    }
    if (fit || !is_open()) [[likely]] {  // a closing pool closes its connections in order
        slot.idle_connection = std::move(back);
    } else {
        if (slot.target) {
            slot.target->disable();  // an object that outlived the checkout may still use it
        }
        back = connection(nullptr);
        slot.ready_at = clock::now();
    }
    slot.queue->release(slot);
    if (!fit) {
        wake_maintenance();
    }
}

// --- the background thread ---

void pool_state::run_maintenance(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        for (auto* const queue : {&writer_, &readers_}) {
            while (auto* const slot = queue->take_due(clock::now(), settings_.idle_interval)) {
                maintain(*slot);
            }
        }
        const auto due = std::min(writer_.next_due(settings_.idle_interval),
                                  readers_.next_due(settings_.idle_interval));
        std::unique_lock lock(mutex_);
        maintenance_signal_.wait_until(lock, stop, due, [this] { return maintenance_woken_; });
        maintenance_woken_ = false;
    }
}

void pool_state::maintain(pool_slot& slot) {
    // A remote connection is not pinged: its requests do not depend on one network connection.
    const bool is_remote = for_writer_.database.empty();
    const bool keeps = slot.idle_connection.is_open() && clock::now() < slot.expires_at &&
                       (is_remote || slot.idle_connection.ping());
    if (keeps) {
        slot.queue->release(slot);
        return;
    }
    slot.idle_connection = connection(nullptr);
    if (revive(slot, clock::now())) {
        slot.queue->release(slot);
    }
}

void pool_state::stop_maintenance() {
    if (maintenance_thread_.joinable()) {
        maintenance_thread_.request_stop();
        maintenance_thread_.join();
    }
}

void pool_state::wake_maintenance() noexcept {
    {
        const std::lock_guard lock(mutex_);
        maintenance_woken_ = true;
    }
    maintenance_signal_.notify_one();
}

// --- closing ---

result<void> pool_state::close(deadline until) {
    if (writer_.is_used_by_this_thread() || readers_.is_used_by_this_thread()) {
        return error(error_kind::misuse,
                     "the pool cannot be closed inside a callable that it runs");
    }
    if (closing_.exchange(true)) {
        return error(error_kind::pool, "the pool is closed");
    }
    writer_.close();
    readers_.close();
    stop_maintenance();
    const auto all_returned = [this](deadline at) {
        return readers_.wait_for_all(at) && writer_.wait_for_all(at);
    };
    if (!all_returned(until)) {
        readers_.disable_checked_out();
        writer_.disable_checked_out();
        constexpr std::chrono::seconds grace(1);
        if (!all_returned(deadline::in(grace))) {
            return error(
                error_kind::pool,
                std::to_string(readers_.count_checked_out() + writer_.count_checked_out()) +
                    " connections are still in use; they will be closed when they are returned");
        }
    }
    close_all();
    return {};
}

/// Closes the writer last: the last connection to a WAL file checkpoints it and removes the WAL,
/// which a reader cannot do.
void pool_state::close_all() noexcept {
    for (auto& slot : std::views::reverse(slots_)) {
        slot.idle_connection = connection(nullptr);
        slot.target.reset();
    }
    server_.reset();  // ends a replica's background syncs
}

pool_metrics pool_state::metrics() const {
    return {.readers = readers_.counters(), .writer = writer_.counters()};
}

}  // namespace libsql::detail
