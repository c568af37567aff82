#include "peers.hpp"
#include "workloads.hpp"

#include <filesystem>

namespace bench {

namespace {

using maker = std::unique_ptr<row_peer> (*)(const std::string&);

struct named_peer {
    const char* name;
    maker make;
};

constexpr named_peer peers[] = {{"ours", make_ours},
                                {"raw_c_api", make_raw},
                                {"sqlitecpp", make_sqlitecpp},
                                {"soci", make_soci}};

std::vector<users::user> samples() {
    std::vector<users::user> all;
    for (std::int64_t id = 1; id <= 10'000; ++id) {
        all.push_back(users::make(id));
    }
    return all;
}

/// A file with the full table, created once with the C API.
const std::string& full_table() {
    static const std::string path = [] {
        std::string made = scratch_file("users.db");
        static_cast<void>(make_raw(made)->insert_all(samples(), users::count));
        return made;
    }();
    return path;
}

bool run_rows(const std::string& id, const std::string& name, double target, int rounds,
              bool shared_file, const std::function<double(row_peer&)>& work) {
    workload w{.id = id, .name = name, .target = target, .rounds = rounds};
    std::vector<std::unique_ptr<row_peer>> made;
    for (const auto& peer : peers) {
        std::string path = full_table();
        if (!shared_file) {
            path = scratch_file(id + "_" + peer.name + ".db");
            std::filesystem::copy_file(full_table(), path,
                                       std::filesystem::copy_options::overwrite_existing);
        }
        made.push_back(peer.make(path));
        w.contenders.push_back({peer.name, [p = made.back().get(), &work] { return work(*p); }});
    }
    return run(w);
}

}  // namespace

std::vector<entry> row_workloads() {
    return {
        {"L1",
         [] {
             const auto rows = samples();
             return run_rows("L1", "insert_1m_in_transaction", 1.05, 5, false,
                             [&](row_peer& p) { return p.insert_all(rows, users::count); });
         }},
        {"L2",
         [] {
             return run_rows("L2", "select_by_key", 1.05, 9, true,
                             [](row_peer& p) { return p.select_by_key(100'000); });
         }},
        {"L3",
         [] {
             return run_rows("L3", "scan_1m", 1.03, 9, true, [](row_peer& p) { return p.scan(); });
         }},
        {"L4",
         [] {
             return run_rows("L4", "update_by_key", 1.05, 9, false,
                             [](row_peer& p) { return p.update_by_key(100'000); });
         }},
    };
}

}  // namespace bench
