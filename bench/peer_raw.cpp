#include "library_peer.hpp"
#include "raw.hpp"

namespace bench {

namespace {

void bind_text(sqlite3_stmt* s, int i, const std::string& text) {
    sqlite3_bind_text(s, i, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void add(sqlite3_stmt* s, row_sum& sum) {
    ++sum.rows;
    sum.integers += sqlite3_column_int64(s, 0);
    keep(sqlite3_column_text(s, 1));
    sum.integers += sqlite3_column_bytes(s, 1);
    keep(sqlite3_column_text(s, 2));
    sum.integers += sqlite3_column_bytes(s, 2);
    sum.integers += sqlite3_column_int64(s, 3);
    sum.reals += sqlite3_column_double(s, 4);
}

struct raw_c_api {
    static constexpr const char* name = "raw_c_api";

    raw::database db;

    explicit raw_c_api(const std::string& path) : db(path) {}

    void run(const char* sql) { db.run(sql); }

    template <class F>
    void in_transaction(F f) {
        db.run("BEGIN IMMEDIATE");
        f();
        db.run("COMMIT");
    }

    auto inserter() {
        return [this, insert = prepared(users::insert)](std::int64_t id, const users::user& u) {
            sqlite3_stmt* const s = insert.get();
            sqlite3_bind_int64(s, 1, id);
            bind_text(s, 2, u.name);
            bind_text(s, 3, u.email);
            sqlite3_bind_int64(s, 4, u.age);
            sqlite3_bind_double(s, 5, u.score);
            raw::check(sqlite3_step(s), db.get());
            sqlite3_reset(s);
        };
    }

    auto selector() {
        return [select = prepared(users::select_one)](std::int64_t key, row_sum& sum) {
            sqlite3_stmt* const s = select.get();
            sqlite3_bind_int64(s, 1, key);
            if (sqlite3_step(s) == SQLITE_ROW) {
                add(s, sum);
            }
            sqlite3_reset(s);
        };
    }

    auto scanner() {
        return [select = prepared(users::select_all)](row_sum& sum) {
            sqlite3_stmt* const s = select.get();
            while (sqlite3_step(s) == SQLITE_ROW) {
                add(s, sum);
            }
            sqlite3_reset(s);
        };
    }

    auto updater() {
        return [this, update = prepared(users::update_one)](std::int64_t age, double score,
                                                            std::int64_t key) {
            sqlite3_stmt* const s = update.get();
            sqlite3_bind_int64(s, 1, age);
            sqlite3_bind_double(s, 2, score);
            sqlite3_bind_int64(s, 3, key);
            raw::check(sqlite3_step(s), db.get());
            const auto changed = sqlite3_changes64(db.get());
            sqlite3_reset(s);
            return changed;
        };
    }

    raw::statement prepared(const char* sql) { return {db.get(), sql}; }
};

}  // namespace

std::unique_ptr<row_peer> make_raw(const std::string& path) {
    return std::make_unique<library_peer<raw_c_api>>(path);
}

}  // namespace bench
