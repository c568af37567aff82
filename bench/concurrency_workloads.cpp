#include "users.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

namespace bench {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr int rounds = 5;
constexpr std::int64_t rows = 200'000;

// The work of one run is fixed and the same for both sides. With a fixed time, a side whose writer
// got the lock rarely would make its readers look fast.
constexpr std::int64_t reads = 120'000;  ///< by all readers together
constexpr std::int64_t writes = 1'200;

/// The measurements of one run: readers select by key as fast as they can, while one writer
/// updates.
struct tally {
    double seconds{0};
    double p50_us{0};
    double p99_us{0};
    std::int64_t busy{0};
};

using read_one = std::function<libsql::result<void>(std::int64_t key)>;
using write_one = std::function<libsql::result<void>(std::int64_t key)>;

/// Counts `busy` errors, and ends the program on any other error.
void note(const libsql::result<void>& outcome, std::int64_t& busy) {
    if (!outcome) {
        check(outcome.error().kind() == libsql::error_kind::busy, outcome.error().to_string());
        ++busy;
    }
}

double microseconds_since(clock::time_point start) {
    return std::chrono::duration<double, std::micro>(clock::now() - start).count();
}

/// What several threads have measured.
class measurements {
public:
    /// Called by each thread at its end.
    void add(const std::vector<double>& latencies_us, std::int64_t busy) {
        const std::lock_guard lock(mutex_);
        latencies_us_.insert(latencies_us_.end(), latencies_us.begin(), latencies_us.end());
        busy_ += busy;
    }

    /// After all threads have ended: the latency that `percent` of the calls do not exceed.
    double percentile(std::size_t percent) {
        std::sort(latencies_us_.begin(), latencies_us_.end());
        return latencies_us_[std::min(latencies_us_.size() * percent / 100,
                                      latencies_us_.size() - 1)];
    }

    [[nodiscard]] std::int64_t busy() const noexcept { return busy_; }

private:
    std::mutex mutex_;
    std::vector<double> latencies_us_;
    std::int64_t busy_{0};
};

/// Starts threads that together call `one(thread, i)` for each `i` below `operations`. Each thread
/// measures every call, or one in `measured_one_in`.
template <class One>
std::vector<std::jthread> start_threads(int threads, std::int64_t operations, int measured_one_in,
                                        const One& one, measurements& found) {
    std::vector<std::jthread> all;
    all.reserve(static_cast<std::size_t>(threads));
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([=, &one, &found] {
            std::vector<double> mine;
            std::int64_t busy = 0;
            for (std::int64_t i = t; i < operations; i += threads) {
                const auto start = clock::now();
                note(one(t, i), busy);
                if (i / threads % measured_one_in == 0) {
                    mine.push_back(microseconds_since(start));
                }
            }
            found.add(mine, busy);
        });
    }
    return all;
}

tally measure(int readers, const read_one& read, const write_one& write) {
    measurements found;
    const auto read_next = [&](int, std::int64_t i) { return read(i * 7919 % rows + 1); };
    const auto begin = clock::now();
    {
        const auto running = start_threads(readers, reads, 16, read_next, found);
        const std::jthread writer([&] {
            std::int64_t busy = 0;
            for (std::int64_t i = 0; i < writes; ++i) {
                note(write(i * 31 % rows + 1), busy);
                std::this_thread::sleep_for(
                    // A busy application, not a writer without pauses.
                    100us);
            }
            found.add({}, busy);
        });
    }
    const double seconds = microseconds_since(begin) / 1e6;
    return {seconds, found.percentile(50), found.percentile(99), found.busy()};
}

libsql::result<void> select(libsql::executor& on, std::int64_t key) {
    auto found = on.query(users::select_one, key);
    if (!found) {
        return found.error();
    }
    auto more = found->next();
    if (!more) {
        return more.error();
    }
    check(*more, "no such row");
    keep(found->current().get<std::string_view>(1).size());
    return {};
}

libsql::result<void> update(libsql::executor& on, std::int64_t key) {
    return on.execute(users::update_one, key % 90, 1.5, key)
        .transform([](const libsql::execution&) {});
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Jobs of about ten microseconds, run by several threads, either with the pool's writer or with
/// one connection for each thread.
struct job_tally {
    double seconds{0};
    double p99_us{0};
    double longest_us{0};
    std::int64_t busy{0};
};

constexpr std::int64_t jobs = 20'000;

job_tally measure_jobs(int threads,
                       const std::function<libsql::result<void>(int, std::int64_t)>& job) {
    measurements found;
    const auto begin = clock::now();
    start_threads(threads, jobs, 1, job, found).clear();  // waits for them
    const double seconds = microseconds_since(begin) / 1e6;
    return {seconds, found.percentile(99), found.percentile(100), found.busy()};
}

libsql::result<void> do_job(libsql::connection& on, std::int64_t i) {
    return on.transact([&](libsql::transaction& tx) -> libsql::result<void> {
        for (std::int64_t n = 0; n < 5; ++n) {
            if (auto done = update(tx, (i * 31 + n * 7919) % rows + 1); !done) {
                return done;
            }
        }
        return {};
    });
}

bool run_jobs(const libsql::options& chosen) {
    bool met = true;
    for (const int threads : {1, 2, 4, 8}) {
        auto pool = libsql::pool::open(chosen, {.pool_size = 2, .queue_interval = 0ms}).value();
        auto patient = chosen;
        patient.busy_timeout = 60s;
        const auto db = libsql::database::open(patient).value();
        std::vector<libsql::connection> each;
        for (int t = 0; t < threads; ++t) {
            each.push_back(db.connect().value());
        }
        std::vector<double> ratios;
        std::vector<double> p99s;
        job_tally ours;
        job_tally peer;
        std::int64_t busy = 0;
        for (int round = 0; round < rounds; ++round) {
            ours = measure_jobs(threads, [&](int, std::int64_t i) {
                return pool.write([&](libsql::connection& c) { return do_job(c, i); });
            });
            peer = measure_jobs(threads, [&](int t, std::int64_t i) {
                return do_job(each[static_cast<std::size_t>(t)], i);
            });
            ratios.push_back(peer.seconds / ours.seconds);
            p99s.push_back(ours.p99_us / peer.p99_us);
            busy += ours.busy;
        }
        const double ratio = median(ratios);
        const bool good = busy == 0 && ratio >= 0.97;  // 1.0 within the precision of the clock
        met = met && good;
        std::printf(
            "BENCH id=L8 name=pool_jobs_%d_threads peer=a_connection_each throughput_ratio=%.2f "
            "p99_ratio=%.2f ours_jobs_per_s=%.0f peer_jobs_per_s=%.0f ours_longest_ms=%.1f "
            "peer_longest_ms=%.1f busy_errors=%lld target=0.97 %s\n",
            threads, ratio, median(p99s), static_cast<double>(jobs) / ours.seconds,
            static_cast<double>(jobs) / peer.seconds, ours.longest_us / 1000,
            peer.longest_us / 1000, static_cast<long long>(busy), good ? "met" : "MISSED");
        std::fflush(stdout);
    }
    return met;
}

/// A table of users in a new file.
libsql::options make_users(std::string_view name) {
    const libsql::options chosen{.database = scratch_file(name),
                                 .synchronous = libsql::synchronous_mode::normal};
    auto shared = libsql::database::open(chosen).value().connect().value();
    shared.execute(users::create).value();
    shared
        .transact([&](libsql::transaction& tx) -> libsql::result<void> {
            for (std::int64_t id = 1; id <= rows; ++id) {
                const auto u = users::make(id);
                if (auto done = tx.execute(users::insert, u.id, u.name, u.email, u.age, u.score);
                    !done) {
                    return done.error();
                }
            }
            return {};
        })
        .value();
    return chosen;
}

bool run_pool() {
    const auto chosen = make_users("pool.db");
    auto shared = libsql::database::open(chosen).value().connect().value();
    std::mutex shared_mutex;
    const auto with_shared = [&](auto&& work) {
        return [&, work](std::int64_t key) {
            const std::lock_guard lock(shared_mutex);
            return work(shared, key);
        };
    };

    bool met = true;
    for (const int readers : {1, 2, 4, 8}) {
        auto pool = libsql::pool::open(chosen, {.readers = static_cast<std::size_t>(readers),
                                                .queue_interval = 0ms})
                        .value();
        const auto read = [&](std::int64_t key) {
            return pool.read([&](libsql::connection& c) { return select(c, key); });
        };
        const auto write = [&](std::int64_t key) {
            return pool.write([&](libsql::connection& c) { return update(c, key); });
        };
        std::vector<double> speedups;
        std::vector<tally> ours;
        std::vector<tally> peer;
        for (int round = 0; round < rounds; ++round) {
            ours.push_back(measure(readers, read, write));
            peer.push_back(measure(readers, with_shared(select), with_shared(update)));
            speedups.push_back(peer.back().seconds / ours.back().seconds);
        }
        const auto middle = [](const std::vector<tally>& all, double tally::*member) {
            std::vector<double> values;
            values.reserve(all.size());
            for (const auto& t : all) {
                values.push_back(t.*member);
            }
            return median(values);
        };
        std::int64_t busy = 0;
        for (const auto& t : ours) {
            busy += t.busy;
        }
        const double speedup = median(speedups);
        const bool judged = readers == 4;
        const bool good = busy == 0 && (!judged || speedup >= 1.7);
        met = met && good;
        std::printf(
            "BENCH id=L7 name=pool_%d_readers_1_writer peer=one_shared_connection ours_ms=%.0f "
            "peer_ms=%.0f speedup=%.2f ours_p50_us=%.1f ours_p99_us=%.1f peer_p50_us=%.1f "
            "peer_p99_us=%.1f busy_errors=%lld%s%s\n",
            readers, middle(ours, &tally::seconds) * 1000, middle(peer, &tally::seconds) * 1000,
            speedup, middle(ours, &tally::p50_us), middle(ours, &tally::p99_us),
            middle(peer, &tally::p50_us), middle(peer, &tally::p99_us),
            static_cast<long long>(busy), judged ? " target=1.70 " : " ", good ? "met" : "MISSED");
        std::fflush(stdout);
    }
    return met;
}

}  // namespace

std::vector<entry> concurrency_workloads() {
    return {{"L7", run_pool}, {"L8", [] { return run_jobs(make_users("jobs.db")); }}};
}

}  // namespace bench
