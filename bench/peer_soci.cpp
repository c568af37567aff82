#include "harness.hpp"
#include "peers.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace bench {

namespace {

class soci_peer final : public row_peer {
public:
    explicit soci_peer(const std::string& path) : session_(soci::sqlite3, path) {
        session_ << "PRAGMA journal_mode = WAL";
        session_ << "PRAGMA synchronous = NORMAL";
    }

    double insert_all(const std::vector<users::user>& samples, std::int64_t rows) override {
        session_ << "DROP TABLE IF EXISTS users";
        session_ << users::create;
        long long id = 0;
        std::string name;
        std::string email;
        long long age = 0;
        double score = 0;
        soci::statement insert =
            (session_.prepare
                 << "INSERT INTO users (id, name, email, age, score) VALUES (:i, :n, :e, :a, :s)",
             soci::use(id), soci::use(name), soci::use(email), soci::use(age), soci::use(score));
        return time_per_operation(rows, [&] {
            soci::transaction tx(session_);
            std::size_t sample = 0;
            for (std::int64_t i = 1; i <= rows; ++i) {
                const auto& u = samples[sample];
                sample = sample + 1 == samples.size() ? 0 : sample + 1;
                id = i;
                name = u.name;
                email = u.email;
                age = u.age;
                score = u.score;
                insert.execute(true);
            }
            tx.commit();
        });
    }

    double select_by_key(std::int64_t operations) override {
        long long key = 0;
        users::user u;
        long long id = 0;
        long long age = 0;
        soci::statement select =
            (session_.prepare << "SELECT id, name, email, age, score FROM users WHERE id = :k",
             soci::use(key), soci::into(id), soci::into(u.name), soci::into(u.email),
             soci::into(age), soci::into(u.score));
        std::int64_t sum = 0;
        const double ns = time_per_operation(operations, [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                key = users::scattered_key(i);
                check(select.execute(true), "SOCI: no such row");
                sum += id + static_cast<std::int64_t>(u.name.size() + u.email.size()) + age;
                keep(u.score);
            }
        });
        keep(sum);
        return ns;
    }

    double scan() override {
        users::user u;
        long long id = 0;
        long long age = 0;
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(users::count, [&] {
            soci::statement select =
                (session_.prepare << users::select_all, soci::into(id), soci::into(u.name),
                 soci::into(u.email), soci::into(age), soci::into(u.score));
            select.execute();
            while (select.fetch()) {
                sum += id + static_cast<std::int64_t>(u.name.size() + u.email.size()) + age;
                total += u.score;
                ++rows;
            }
        });
        check(rows == users::count, "SOCI: wrong number of rows");
        keep(sum);
        keep(total);
        return ns;
    }

    double update_by_key(std::int64_t operations) override {
        long long age = 0;
        double score = 0;
        long long key = 0;
        soci::statement update =
            (session_.prepare << "UPDATE users SET age = :a, score = :s WHERE id = :i",
             soci::use(age), soci::use(score), soci::use(key));
        return time_per_operation(operations, [&] {
            soci::transaction tx(session_);
            for (std::int64_t i = 0; i < operations; ++i) {
                age = i % 90;
                score = static_cast<double>(i);
                key = users::scattered_key(i);
                update.execute(true);
                check(update.get_affected_rows() == 1, "SOCI: no row updated");
            }
            tx.commit();
        });
    }

private:
    soci::session session_;
};

}  // namespace

std::unique_ptr<row_peer> make_soci(const std::string& path) {
    return std::make_unique<soci_peer>(path);
}

}  // namespace bench
