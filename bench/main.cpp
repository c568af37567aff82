#include "users.hpp"
#include "workloads.hpp"

#include <libsql/version.hpp>

#include <cstdio>
#include <exception>
#include <string_view>

// Usage: libsql_bench [--instructions] [ID ...], for example `libsql_bench L2`. Without an ID it
// runs all workloads. With --instructions, which scripts/bench_instructions passes, it runs only L1
// to L5 and D1.
// Exit 0: every target met; 1: one was missed; 2: a benchmark could not run.
int main(int argc, char** argv) {
    std::vector makers{bench::row_workloads, bench::batch_workloads, bench::layer_workloads};
    if (argc > 1 && std::string_view(argv[1]) == "--instructions") {
        bench::count_instructions();
        bench::users::count = 50'000;
        --argc;
        ++argv;
    } else {
        makers.insert(makers.end(), {bench::cursor_workloads, bench::concurrency_workloads,
                                     bench::remote_workloads, bench::replica_workloads});
    }
    std::vector<bench::entry> all;
    for (auto make : makers) {
        for (auto& e : make()) {
            all.push_back(std::move(e));
        }
    }
    const auto engine = libsql::engine();
    std::printf(
        "# libSQL %.*s (SQLite %.*s); WAL files, synchronous=NORMAL; peers sqlitecpp and soci use "
        "the system's SQLite\n",
        static_cast<int>(engine.libsql_version.size()), engine.libsql_version.data(),
        static_cast<int>(engine.sqlite_version.size()), engine.sqlite_version.data());
    bool met = true;
    bool found = argc == 1;
    try {
        for (const auto& e : all) {
            bool wanted = argc == 1;
            for (int i = 1; i < argc; ++i) {
                wanted = wanted || std::string_view(argv[i]) == e.id;
            }
            if (wanted) {
                found = true;
                met = e.run() && met;
            }
        }
    } catch (const std::exception& failed) {
        bench::fail(failed.what());
    }
    if (!found) {
        bench::fail("no workload with that id; there are L1 to L8, D1, W9 and W10");
    }
    return met ? 0 : 1;
}
