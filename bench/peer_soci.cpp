#include "library_peer.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace bench {

namespace {

/// The columns of the table, as variables that SOCI's statements refer to.
struct variables {
    long long id{0};
    std::string name;
    std::string email;
    long long age{0};
    double score{0};

    void add_to(row_sum& sum) const {
        ++sum.rows;
        sum.integers += id + static_cast<std::int64_t>(name.size() + email.size()) + age;
        sum.reals += score;
    }
};

struct insertion {
    variables v;
    soci::statement s;

    explicit insertion(soci::session& on)
        : s((on.prepare
                 << "INSERT INTO users (id, name, email, age, score) VALUES (:i, :n, :e, :a, :s)",
             soci::use(v.id), soci::use(v.name), soci::use(v.email), soci::use(v.age),
             soci::use(v.score))) {}

    void operator()(std::int64_t id, const users::user& u) {
        v.id = id;
        v.name = u.name;
        v.email = u.email;
        v.age = u.age;
        v.score = u.score;
        s.execute(true);
    }
};

struct selection {
    long long key{0};
    variables v;
    soci::statement s;

    explicit selection(soci::session& on)
        : s((on.prepare << "SELECT id, name, email, age, score FROM users WHERE id = :k",
             soci::use(key), soci::into(v.id), soci::into(v.name), soci::into(v.email),
             soci::into(v.age), soci::into(v.score))) {}

    void operator()(std::int64_t wanted, row_sum& sum) {
        key = wanted;
        if (s.execute(true)) {
            v.add_to(sum);
        }
    }
};

struct change {
    long long age{0};
    double score{0};
    long long key{0};
    soci::statement s;

    explicit change(soci::session& on)
        : s((on.prepare << "UPDATE users SET age = :a, score = :s WHERE id = :i", soci::use(age),
             soci::use(score), soci::use(key))) {}

    long long operator()(std::int64_t new_age, double new_score, std::int64_t wanted) {
        age = new_age;
        score = new_score;
        key = wanted;
        s.execute(true);
        return s.get_affected_rows();
    }
};

struct soci_library {
    static constexpr const char* name = "SOCI";

    soci::session session;

    explicit soci_library(const std::string& path) : session(soci::sqlite3, path) {
        session << "PRAGMA journal_mode = WAL";
        session << "PRAGMA synchronous = NORMAL";
    }

    void run(const char* sql) { session << sql; }

    template <class F>
    void in_transaction(F f) {
        soci::transaction tx(session);
        f();
        tx.commit();
    }

    insertion inserter() { return insertion(session); }

    selection selector() { return selection(session); }

    auto scanner() {
        return [this](row_sum& sum) {
            variables v;
            soci::statement select =
                (session.prepare << users::select_all, soci::into(v.id), soci::into(v.name),
                 soci::into(v.email), soci::into(v.age), soci::into(v.score));
            select.execute();
            while (select.fetch()) {
                v.add_to(sum);
            }
        };
    }

    change updater() { return change(session); }
};

}  // namespace

std::unique_ptr<row_peer> make_soci(const std::string& path) {
    return std::make_unique<library_peer<soci_library>>(path);
}

}  // namespace bench
