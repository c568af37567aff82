// Everything for which tests need another process: holding a lock, being killed in a transaction,
// lacking permissions or disk space. It prints one line for each action, which the parent reads.

#include "support/jumping_clock.hpp"
#include "support/sqld_server.hpp"

#include <libsql/libsql.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr unsigned nobody = 65534;

void say(std::string_view line) {
    std::cout << line << std::endl;
}

void wait_for_parent() {
    std::string ignored;
    std::getline(std::cin, ignored);
}

/// hold <file> <statement>: runs the statement, which begins a transaction, prints a line, and
/// holds the lock until its input ends.
int hold(const std::string& file, const std::string& begin) {
    auto conn = libsql::database::open({.database = file}).value().connect().value();
    conn.execute(begin).value();
    say("held");
    wait_for_parent();
    return 0;
}

/// write <file>: commits transactions of ten rows each without end; prints the number of each after
/// its commit.
int write(const std::string& file) {
    auto conn = libsql::database::open({.database = file}).value().connect().value();
    auto next =
        conn.fetch_one<std::int64_t>("SELECT coalesce(max(tx), 0) + 1 FROM entry").value().value();
    for (;; ++next) {
        auto tx = conn.begin(libsql::transaction_mode::immediate).value();
        for (int i = 0; i < 10; ++i) {
            tx.execute("INSERT INTO entry(tx, i, filler) VALUES (?, ?, randomblob(500))", next, i)
                .value();
        }
        tx.commit().value();
        say(std::to_string(next));
    }
}

libsql::open_mode mode_of(std::string_view word) {
    if (word == "read_only") {
        return libsql::open_mode::read_only;
    }
    return word == "read_write" ? libsql::open_mode::read_write
                                : libsql::open_mode::read_write_create;
}

/// open <file> <mode>: drops root's permissions; prints "ok <rows of t>", or the kind and message
/// of the error.
int open_without_rights(const std::string& file, std::string_view mode) {
    if (geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) {
        return 3;
    }
    const auto db = libsql::database::open({.database = file, .mode = mode_of(mode)});
    if (!db) {
        say(std::string(libsql::to_string(db.error().kind())) + " " + db.error().message());
        return 0;
    }
    auto conn = db->connect().value();
    const auto count = conn.fetch_one<std::int64_t>("SELECT count(*) FROM t");
    say(count ? "ok " + std::to_string(**count) : count.error().to_string());
    return 0;
}

/// fill <file> <bytes>: limits files to `bytes`, and inserts into t in a transaction until that
/// fails. Prints the error's kind, and then whether the transaction is over, the number of rows,
/// and whether the connection can still write.
int fill(const std::string& file, const std::string& bytes) {
    auto conn = libsql::database::open({.database = file}).value().connect().value();
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{std::stoul(bytes), std::stoul(bytes)};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 3;
    }
    auto tx = conn.begin(libsql::transaction_mode::immediate).value();
    libsql::result<void> committed;
    for (int i = 0; i < 100'000 && committed; ++i) {
        committed = tx.execute("INSERT INTO t(x) VALUES (randomblob(1000))").and_then([](auto&&) {
            return libsql::result<void>();
        });
    }
    if (committed) {
        committed = tx.commit();
    }
    say(committed ? "none" : libsql::to_string(committed.error().kind()));
    static_cast<void>(tx.rollback());
    say(conn.is_autocommit() ? "over" : "open");
    say(std::to_string(conn.fetch_one<std::int64_t>("SELECT count(*) FROM t").value().value()));
    say(conn.execute("DELETE FROM t WHERE rowid = 1") ? "usable" : "broken");
    return 0;
}

/// pragma <file> <option> <value> <query>: opens with one option, prints the result of the query.
int with_option(const std::string& file, std::string_view name, std::string_view value,
                std::string_view query) {
    const std::pair<std::string_view, std::string_view> settings[] = {{"database", file},
                                                                      {name, value}};
    auto conn =
        libsql::database::open(libsql::options::parse(settings).value()).value().connect().value();
    say(conn.fetch_one<libsql::value>(query).value().value().to_sql());
    return 0;
}

/// serve: runs a libsql-server, prints its URL.
int serve() {
    const libsql::testing::sqld_server server;
    say(server.url());
    wait_for_parent();
    return 0;
}

/// Options for a replica that does not sync when it is opened.
libsql::options replica_options(const std::string& file, const std::string& uri,
                                const std::string& key = {}) {
    libsql::options chosen;
    chosen.database = file;
    chosen.uri = uri;
    chosen.encryption_key = key;
    chosen.sync.on_open = false;
    return chosen;
}

/// replicate <file> <uri> <key>: syncs a replica without end; prints the frame after each sync.
int replicate(const std::string& file, const std::string& uri, const std::string& key) {
    const auto db = libsql::database::open(replica_options(file, uri, key)).value();
    auto replica = db.replica().value();
    for (;;) {
        const auto done = replica.sync();
        if (!done) {
            say("error " + done.error().to_string());
            return 1;
        }
        say(std::to_string(done->frame_number.value_or(0)));
    }
}

/// pull_until <file> <uri> <frames>: a replica that kills itself when its first sync has received
/// that many frames.
int pull_until(const std::string& file, const std::string& uri, const std::string& frames) {
    auto chosen = replica_options(file, uri);
    chosen.sync.progress = [most = std::stoull(frames)](const libsql::sync_progress& now) {
        if (now.frames >= most) {
            std::_Exit(0);
        }
    };
    const auto db = libsql::database::open(chosen).value();
    static_cast<void>(db.replica().value().sync());
    return 1;
}

/// write_offline <file> <uri> <key>: runs transactions that do not change the sum of all balances,
/// and pushes each by a sync, without end.
int write_offline(const std::string& file, const std::string& uri, const std::string& key) {
    auto chosen = replica_options(file, uri, key);
    chosen.sync.offline_writes = true;
    const auto db = libsql::database::open(chosen).value();
    auto conn = db.connect().value();
    auto replica = db.replica().value();
    for (int i = 0;; ++i) {
        libsql::batch steps;
        const int n = i % 50;
        const int size = i * 3000 % 100'000;
        steps.add("UPDATE account SET balance = balance - 1 WHERE id = ?", i % 10);
        steps.add("INSERT OR REPLACE INTO a VALUES (?, randomblob(?))", n, size);
        steps.add("INSERT OR REPLACE INTO b VALUES (?, randomblob(?))", n, size);
        steps.add("UPDATE account SET balance = balance + 1 WHERE id = ?", i % 7);
        conn.run(steps, libsql::batch_mode::transactional).value();
        if (const auto done = replica.sync(); !done) {
            say("error " + done.error().to_string());
            return 1;
        }
        say(std::to_string(i));
    }
}

/// jump <file> <uri>: uses a replica and a remote connection while the time of day repeatedly jumps
/// by twenty years; prints any failure, then "done".
int jump(const std::string& file, const std::string& uri) {
    using namespace std::chrono_literals;
    using clock = std::chrono::steady_clock;
    constexpr auto years = 10 * 365 * 24h;
    const auto today = std::chrono::system_clock::now();
    libsql::testing::jump_clock(years);
    if (std::chrono::system_clock::now() - today < years) {
        say("the clock does not jump");
    }
    std::atomic<bool> stop{false};
    std::thread jumps([&] {
        for (int i = 0; !stop; ++i) {
            libsql::testing::jump_clock(i % 2 == 0 ? years : -years);
            std::this_thread::sleep_for(7ms);
        }
    });
    const auto primary = libsql::database::open({.uri = uri}).value();
    auto conn = primary.connect().value();
    conn.run_script("CREATE TABLE t(x)").value();
    const auto db = libsql::database::open(
                        {.database = file, .uri = uri, .sync = {.on_open = true, .interval = 30ms}})
                        .value();
    auto replica = db.replica().value();
    auto reads = db.connect().value();
    for (int i = 1; i <= 30; ++i) {
        const auto written = conn.execute(libsql::deadline::in(10s), "INSERT INTO t VALUES (?)", i);
        if (!written) {
            say(written.error().to_string());
        }
        const auto end = clock::now() + 10s;
        while (reads.fetch_one<int>("SELECT count(*) FROM t").value() != i) {
            if (clock::now() > end) {
                say("row " + std::to_string(i) + " does not come");
                break;
            }
            std::this_thread::sleep_for(1ms);
        }
    }
    const auto begin = clock::now();
    const auto end = replica.sync_until(1'000'000, libsql::deadline::in(300ms));
    const auto waited = clock::now() - begin;
    if (end || end.error().kind() != libsql::error_kind::timeout || waited < 290ms || waited > 5s) {
        say("a deadline is not kept");
    }
    stop = true;
    jumps.join();
    say("done");
    return 0;
}

/// execute <file> <statement>: opens the file, runs the statement, closes the file, prints "done".
int execute(const std::string& file, const std::string& statement) {
    libsql::database::open({.database = file}).value().connect().value().execute(statement).value();
    say("done");
    return 0;
}

/// spill <file> <key> <seed>: runs transactions on the rows of log_test.cpp without end. They are
/// larger than the cache, so their pages are written to the log before the commit, and savepoints
/// and statements are undone after that. Prints the number of each transaction after its commit.
int spill(const std::string& file, const std::string& key, const std::string& seed) {
    libsql::options chosen;
    chosen.database = file;
    chosen.encryption_key = key;
    chosen.cache_size = 10;
    chosen.wal_autocheckpoint = 200;
    auto conn = libsql::database::open(chosen).value().connect().value();
    std::minstd_rand random(static_cast<unsigned>(std::stoul(seed)));
    auto next =
        conn.fetch_one<std::int64_t>("SELECT coalesce(max(n), 0) + 1 FROM done").value().value();
    for (;; ++next) {
        auto tx = conn.begin(libsql::transaction_mode::immediate).value();
        const auto update = [&](auto& on, int from, int to) {
            on.execute("UPDATE t SET v = v + ?, filler = randomblob(1500) WHERE id BETWEEN ? AND ?",
                       next, from, to)
                .value();
        };
        for (auto parts = 1 + random() % 2; parts > 0; --parts) {
            const auto from = static_cast<int>(random() % 100);
            const auto to = from + static_cast<int>(random() % 100);
            if (random() % 3 == 0) {
                update(tx, 0, from);
            }
            auto savepoint = tx.savepoint("part").value();
            update(savepoint, from, to);
            update(savepoint, from, to);
            // Fails at its last row, so that the statement is undone.
            if (random() % 3 == 0 &&
                savepoint.execute("UPDATE t SET filler = randomblob(1500), v = CASE id WHEN 199 "
                                  "THEN NULL ELSE v + 1 END")) {
                say("an update of NOT NULL to NULL");
            }
            if (random() % 3 != 0) {
                savepoint.rollback().value();
            } else {
                savepoint.release().value();
            }
        }
        tx.execute("INSERT INTO done SELECT ?, sum(v) FROM t", next).value();
        if (random() % 5 == 0) {
            tx.rollback().value();
            --next;
        } else {
            tx.commit().value();
            say(std::to_string(next));
        }
    }
}

/// undo <file> <key>: with default options, on 3000 rows of 2000 bytes: runs one transaction that
/// rolls back to a savepoint after pages were spilled, inserts 20 more rows, and exits without
/// closing.
int undo(const std::string& file, const std::string& key) {
    libsql::options chosen;
    chosen.database = file;
    chosen.encryption_key = key;
    auto conn = libsql::database::open(chosen).value().connect().value();
    auto tx = conn.begin(libsql::transaction_mode::immediate).value();
    auto savepoint = tx.savepoint("s").value();
    const std::string update = "UPDATE t SET filler = randomblob(2000) WHERE id BETWEEN ? AND ?";
    savepoint.execute(update, 1, 1700).value();
    savepoint.execute(update, 200, 1700).value();
    savepoint.rollback().value();
    tx.execute("INSERT INTO t(filler) VALUES ('one')").value();
    tx.commit().value();
    for (int i = 0; i < 20; ++i) {
        conn.execute("INSERT INTO t(filler) VALUES ('one of twenty')").value();
    }
    say("done");
    _exit(0);
}

int run(const std::vector<std::string>& arguments) {
    const std::string_view what = arguments.at(0);
    if (what == "serve") {
        return serve();
    }
    if (what == "hold") {
        return hold(arguments.at(1), arguments.at(2));
    }
    if (what == "write") {
        return write(arguments.at(1));
    }
    if (what == "open") {
        return open_without_rights(arguments.at(1), arguments.at(2));
    }
    if (what == "fill") {
        return fill(arguments.at(1), arguments.at(2));
    }
    if (what == "option") {
        return with_option(arguments.at(1), arguments.at(2), arguments.at(3), arguments.at(4));
    }
    if (what == "replicate") {
        return replicate(arguments.at(1), arguments.at(2), arguments.at(3));
    }
    if (what == "pull_until") {
        return pull_until(arguments.at(1), arguments.at(2), arguments.at(3));
    }
    if (what == "jump") {
        return jump(arguments.at(1), arguments.at(2));
    }
    if (what == "write_offline") {
        return write_offline(arguments.at(1), arguments.at(2), arguments.at(3));
    }
    if (what == "execute") {
        return execute(arguments.at(1), arguments.at(2));
    }
    if (what == "spill") {
        return spill(arguments.at(1), arguments.at(2), arguments.at(3));
    }
    if (what == "undo") {
        return undo(arguments.at(1), arguments.at(2));
    }
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
