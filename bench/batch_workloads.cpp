#include "raw.hpp"
#include "users.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

namespace bench {

namespace {

constexpr std::int64_t statements = 1000;
constexpr int repetitions = 100;

/// Both sides get the same rows, and are measured from there to the commit. Ours builds the batch,
/// runs it and returns 1000 results; the peer binds and steps.
bool run_batch() {
    std::vector<users::user> rows;
    for (std::int64_t id = 1; id <= statements; ++id) {
        rows.push_back(users::make(id));
    }
    auto ours = libsql::database::open({.database = scratch_file("batch_ours.db"),
                                        .synchronous = libsql::synchronous_mode::normal})
                    .value()
                    .connect()
                    .value();
    ours.execute(users::create).value();
    raw::database peer(scratch_file("batch_raw.db"));
    peer.run(users::create);
    const raw::statement insert(peer.get(), users::insert);

    libsql::batch steps;
    workload w{.id = "L5", .name = "batch_of_1000_inserts", .target = 1.0, .rounds = 9};
    w.contenders.push_back(
        {"ours", [&] {
             double ns = 0;
             for (int i = 0; i < repetitions; ++i) {
                 ours.execute("DELETE FROM users").value();
                 ns += time_per_operation(statements * repetitions, [&] {
                     steps.clear();
                     for (const auto& u : rows) {
                         steps.add(users::insert, u.id, u.name, u.email, u.age, u.score);
                     }
                     const auto done = ours.run(steps, libsql::batch_mode::transactional).value();
                     check(done.ok() && done.steps.size() == rows.size(), "ours: the batch failed");
                 });
             }
             return ns;
         }});
    w.contenders.push_back(
        {"raw_c_api", [&] {
             sqlite3_stmt* const s = insert.get();
             double ns = 0;
             for (int i = 0; i < repetitions; ++i) {
                 peer.run("DELETE FROM users");
                 ns += time_per_operation(statements * repetitions, [&] {
                     peer.run("BEGIN IMMEDIATE");
                     for (const auto& u : rows) {
                         sqlite3_bind_int64(s, 1, u.id);
                         sqlite3_bind_text(s, 2, u.name.data(), static_cast<int>(u.name.size()),
                                           SQLITE_STATIC);
                         sqlite3_bind_text(s, 3, u.email.data(), static_cast<int>(u.email.size()),
                                           SQLITE_STATIC);
                         sqlite3_bind_int64(s, 4, u.age);
                         sqlite3_bind_double(s, 5, u.score);
                         raw::check(sqlite3_step(s), peer.get());
                         sqlite3_reset(s);
                     }
                     peer.run("COMMIT");
                 });
             }
             return ns;
         }});
    return run(w);
}

}  // namespace

std::vector<entry> batch_workloads() {
    return {{"L5", run_batch}};
}

}  // namespace bench
