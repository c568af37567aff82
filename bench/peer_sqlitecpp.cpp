#include "harness.hpp"
#include "peers.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace bench {

namespace {

class sqlitecpp_peer final : public row_peer {
public:
    explicit sqlitecpp_peer(const std::string& path)
        : db_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, 5000) {
        db_.exec("PRAGMA journal_mode = WAL");
        db_.exec("PRAGMA synchronous = NORMAL");
    }

    double insert_all(const std::vector<users::user>& samples, std::int64_t rows) override {
        db_.exec("DROP TABLE IF EXISTS users");
        db_.exec(users::create);
        SQLite::Statement insert(db_, users::insert);
        return time_per_operation(rows, [&] {
            SQLite::Transaction tx(db_);
            std::size_t sample = 0;
            for (std::int64_t id = 1; id <= rows; ++id) {
                const auto& u = samples[sample];
                sample = sample + 1 == samples.size() ? 0 : sample + 1;
                insert.bind(1, id);
                insert.bindNoCopy(2, u.name);
                insert.bindNoCopy(3, u.email);
                insert.bind(4, u.age);
                insert.bind(5, u.score);
                insert.exec();
                insert.reset();
            }
            tx.commit();
        });
    }

    double select_by_key(std::int64_t operations) override {
        SQLite::Statement select(db_, users::select_one);
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(operations, [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                select.bind(1, users::scattered_key(i));
                check(select.executeStep(), "SQLiteCpp: no such row");
                sum += read_row(select, total);
                select.reset();
            }
        });
        keep(sum);
        keep(total);
        return ns;
    }

    double scan() override {
        SQLite::Statement select(db_, users::select_all);
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(users::count, [&] {
            while (select.executeStep()) {
                sum += read_row(select, total);
                ++rows;
            }
        });
        check(rows == users::count, "SQLiteCpp: wrong number of rows");
        keep(sum);
        keep(total);
        return ns;
    }

    double update_by_key(std::int64_t operations) override {
        SQLite::Statement update(db_, users::update_one);
        return time_per_operation(operations, [&] {
            SQLite::Transaction tx(db_);
            for (std::int64_t i = 0; i < operations; ++i) {
                update.bind(1, i % 90);
                update.bind(2, static_cast<double>(i));
                update.bind(3, users::scattered_key(i));
                check(update.exec() == 1, "SQLiteCpp: no row updated");
                update.reset();
            }
            tx.commit();
        });
    }

private:
    static std::int64_t read_row(SQLite::Statement& s, double& total) {
        std::int64_t sum = s.getColumn(0).getInt64();
        const SQLite::Column name = s.getColumn(1);
        keep(name.getText());
        sum += name.getBytes();
        const SQLite::Column email = s.getColumn(2);
        keep(email.getText());
        sum += email.getBytes();
        sum += s.getColumn(3).getInt64();
        total += s.getColumn(4).getDouble();
        return sum;
    }

    SQLite::Database db_;
};

}  // namespace

std::unique_ptr<row_peer> make_sqlitecpp(const std::string& path) {
    return std::make_unique<sqlitecpp_peer>(path);
}

}  // namespace bench
