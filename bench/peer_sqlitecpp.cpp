#include "library_peer.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace bench {

namespace {

void add(SQLite::Statement& s, row_sum& sum) {
    ++sum.rows;
    sum.integers += s.getColumn(0).getInt64();
    const SQLite::Column name = s.getColumn(1);
    keep(name.getText());
    sum.integers += name.getBytes();
    const SQLite::Column email = s.getColumn(2);
    keep(email.getText());
    sum.integers += email.getBytes();
    sum.integers += s.getColumn(3).getInt64();
    sum.reals += s.getColumn(4).getDouble();
}

struct sqlitecpp {
    static constexpr const char* name = "SQLiteCpp";

    SQLite::Database db;

    explicit sqlitecpp(const std::string& path)
        : db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, 5000) {
        db.exec("PRAGMA journal_mode = WAL");
        db.exec("PRAGMA synchronous = NORMAL");
    }

    void run(const char* sql) { db.exec(sql); }

    template <class F>
    void in_transaction(F f) {
        SQLite::Transaction tx(db);
        f();
        tx.commit();
    }

    auto inserter() {
        return [s = SQLite::Statement(db, users::insert)](std::int64_t id,
                                                          const users::user& u) mutable {
            s.bind(1, id);
            s.bindNoCopy(2, u.name);
            s.bindNoCopy(3, u.email);
            s.bind(4, u.age);
            s.bind(5, u.score);
            s.exec();
            s.reset();
        };
    }

    auto selector() {
        return
            [s = SQLite::Statement(db, users::select_one)](std::int64_t key, row_sum& sum) mutable {
                s.bind(1, key);
                if (s.executeStep()) {
                    add(s, sum);
                }
                s.reset();
            };
    }

    auto scanner() {
        return [s = SQLite::Statement(db, users::select_all)](row_sum& sum) mutable {
            while (s.executeStep()) {
                add(s, sum);
            }
        };
    }

    auto updater() {
        return [s = SQLite::Statement(db, users::update_one)](std::int64_t age, double score,
                                                              std::int64_t key) mutable {
            s.bind(1, age);
            s.bind(2, score);
            s.bind(3, key);
            const int changed = s.exec();
            s.reset();
            return changed;
        };
    }
};

}  // namespace

std::unique_ptr<row_peer> make_sqlitecpp(const std::string& path) {
    return std::make_unique<library_peer<sqlitecpp>>(path);
}

}  // namespace bench
