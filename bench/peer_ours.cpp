#include "library_peer.hpp"

#include <libsql/libsql.hpp>

namespace bench {

namespace {

void add(const libsql::row& row, row_sum& sum) {
    ++sum.rows;
    sum.integers +=
        row.get<std::int64_t>(0) + static_cast<std::int64_t>(row.get<std::string_view>(1).size()) +
        static_cast<std::int64_t>(row.get<std::string_view>(2).size()) + row.get<std::int64_t>(3);
    sum.reals += row.get<double>(4);
}

struct ours {
    static constexpr const char* name = "ours";

    libsql::connection connection;

    explicit ours(const std::string& path)
        : connection(libsql::database::open(
                         {.database = path, .synchronous = libsql::synchronous_mode::normal})
                         .value()
                         .connect()
                         .value()) {}

    void run(const char* sql) { connection.execute(sql).value(); }

    template <class F>
    void in_transaction(F f) {
        auto tx = connection.begin(libsql::transaction_mode::immediate).value();
        f();
        tx.commit().value();
    }

    auto inserter() {
        return [this](std::int64_t id, const users::user& u) {
            connection.execute(users::insert, id, u.name, u.email, u.age, u.score).value();
        };
    }

    auto selector() {
        return [this](std::int64_t key, row_sum& sum) {
            auto found = connection.query(users::select_one, key).value();
            if (found.next().value()) {
                add(found.current(), sum);
            }
        };
    }

    auto scanner() {
        return [this](row_sum& sum) {
            for (auto& row : connection.query(users::select_all).value()) {
                add(*row, sum);
            }
        };
    }

    auto updater() {
        return [this](std::int64_t age, double score, std::int64_t key) {
            return connection.execute(users::update_one, age, score, key).value().rows_affected;
        };
    }
};

}  // namespace

std::unique_ptr<row_peer> make_ours(const std::string& path) {
    return std::make_unique<library_peer<ours>>(path);
}

}  // namespace bench
