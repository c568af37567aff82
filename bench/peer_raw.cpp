#include "harness.hpp"
#include "peers.hpp"
#include "raw.hpp"

namespace bench {

namespace {

void bind_text(sqlite3_stmt* s, int i, const std::string& text) {
    sqlite3_bind_text(s, i, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

/// What a program does with a row: it reads five columns, with the lengths of the two texts.
std::int64_t read_row(sqlite3_stmt* s, double& total) {
    std::int64_t sum = sqlite3_column_int64(s, 0);
    keep(sqlite3_column_text(s, 1));
    sum += sqlite3_column_bytes(s, 1);
    keep(sqlite3_column_text(s, 2));
    sum += sqlite3_column_bytes(s, 2);
    sum += sqlite3_column_int64(s, 3);
    total += sqlite3_column_double(s, 4);
    return sum;
}

class raw_peer final : public row_peer {
public:
    explicit raw_peer(const std::string& path) : db_(path) {}

    double insert_all(const std::vector<users::user>& samples, std::int64_t rows) override {
        db_.run("DROP TABLE IF EXISTS users");
        db_.run(users::create);
        const raw::statement insert(db_.get(), users::insert);
        sqlite3_stmt* const s = insert.get();
        return time_per_operation(rows, [&] {
            db_.run("BEGIN IMMEDIATE");
            std::size_t sample = 0;
            for (std::int64_t id = 1; id <= rows; ++id) {
                const auto& u = samples[sample];
                sample = sample + 1 == samples.size() ? 0 : sample + 1;
                sqlite3_bind_int64(s, 1, id);
                bind_text(s, 2, u.name);
                bind_text(s, 3, u.email);
                sqlite3_bind_int64(s, 4, u.age);
                sqlite3_bind_double(s, 5, u.score);
                raw::check(sqlite3_step(s), db_.get());
                sqlite3_reset(s);
            }
            db_.run("COMMIT");
        });
    }

    double select_by_key(std::int64_t operations) override {
        const raw::statement select(db_.get(), users::select_one);
        sqlite3_stmt* const s = select.get();
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(operations, [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                sqlite3_bind_int64(s, 1, users::scattered_key(i));
                bench::check(sqlite3_step(s) == SQLITE_ROW, "raw_c_api: no such row");
                sum += read_row(s, total);
                sqlite3_reset(s);
            }
        });
        keep(sum);
        keep(total);
        return ns;
    }

    double scan() override {
        const raw::statement select(db_.get(), users::select_all);
        sqlite3_stmt* const s = select.get();
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(users::count, [&] {
            while (sqlite3_step(s) == SQLITE_ROW) {
                sum += read_row(s, total);
                ++rows;
            }
            sqlite3_reset(s);
        });
        bench::check(rows == users::count, "raw_c_api: wrong number of rows");
        keep(sum);
        keep(total);
        return ns;
    }

    double update_by_key(std::int64_t operations) override {
        const raw::statement update(db_.get(), users::update_one);
        sqlite3_stmt* const s = update.get();
        return time_per_operation(operations, [&] {
            db_.run("BEGIN IMMEDIATE");
            for (std::int64_t i = 0; i < operations; ++i) {
                sqlite3_bind_int64(s, 1, i % 90);
                sqlite3_bind_double(s, 2, static_cast<double>(i));
                sqlite3_bind_int64(s, 3, users::scattered_key(i));
                raw::check(sqlite3_step(s), db_.get());
                bench::check(sqlite3_changes64(db_.get()) == 1, "raw_c_api: no row updated");
                sqlite3_reset(s);
            }
            db_.run("COMMIT");
        });
    }

private:
    raw::database db_;
};

}  // namespace

std::unique_ptr<row_peer> make_raw(const std::string& path) {
    return std::make_unique<raw_peer>(path);
}

}  // namespace bench
