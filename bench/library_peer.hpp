#pragma once

#include "harness.hpp"
#include "peers.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What a program reads of rows: five columns, with the lengths of the two texts.
struct row_sum {
    std::int64_t rows{0};
    std::int64_t integers{0};
    double reals{0};
};

/// The row workloads with a `Library`, which is made from the path of the file and has:
///
/// - `name`; `run(sql)`; `in_transaction(f)`, which calls `f` in a transaction and commits.
/// - `inserter()`: called with an id and a user, inserts a row.
/// - `selector()`: called with a key and a sum, adds the row to the sum.
/// - `scanner()`: called with a sum, adds all rows to it.
/// - `updater()`: called with an age, a score and a key, updates a row, and returns how many it has
///   changed.
template <class Library>
class library_peer final : public row_peer {
public:
    explicit library_peer(const std::string& path) : library_(path) {}

    double insert_all(const std::vector<users::user>& samples, std::int64_t rows) override {
        library_.run("DROP TABLE IF EXISTS users");
        library_.run(users::create);
        auto insert = library_.inserter();
        return time_per_operation(rows, [&] {
            library_.in_transaction([&] {
                std::size_t sample = 0;
                for (std::int64_t id = 1; id <= rows; ++id) {
                    const auto& u = samples[sample];
                    sample = sample + 1 == samples.size() ? 0 : sample + 1;
                    insert(id, u);
                }
            });
        });
    }

    double select_by_key(std::int64_t operations) override {
        auto select = library_.selector();
        row_sum sum;
        const double ns = time_per_operation(operations, [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                select(users::scattered_key(i), sum);
            }
        });
        expect(sum.rows == operations, "no such row");
        keep(sum);
        return ns;
    }

    double scan() override {
        auto scan_all = library_.scanner();
        row_sum sum;
        const double ns = time_per_operation(users::count, [&] { scan_all(sum); });
        expect(sum.rows == users::count, "wrong number of rows");
        keep(sum);
        return ns;
    }

    double update_by_key(std::int64_t operations) override {
        auto update = library_.updater();
        return time_per_operation(operations, [&] {
            library_.in_transaction([&] {
                for (std::int64_t i = 0; i < operations; ++i) {
                    const auto key = users::scattered_key(i);
                    expect(update(i % 90, static_cast<double>(i), key) == 1, "no row updated");
                }
            });
        });
    }

private:
    static void expect(bool ok, const char* why) {
        if (!ok) {
            fail(std::string(Library::name) + ": " + why);
        }
    }

    Library library_;
};

}  // namespace bench
