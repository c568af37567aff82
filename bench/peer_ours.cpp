#include "harness.hpp"
#include "peers.hpp"

#include <libsql/libsql.hpp>

namespace bench {

namespace {

class ours final : public row_peer {
public:
    explicit ours(const std::string& path)
        : connection_(libsql::database::open(
                          {.database = path, .synchronous = libsql::synchronous_mode::normal})
                          .value()
                          .connect()
                          .value()) {}

    double insert_all(const std::vector<users::user>& samples, std::int64_t rows) override {
        connection_.execute("DROP TABLE IF EXISTS users").value();
        connection_.execute(users::create).value();
        return time_per_operation(rows, [&] {
            auto tx = connection_.begin(libsql::transaction_mode::immediate).value();
            std::size_t sample = 0;
            for (std::int64_t id = 1; id <= rows; ++id) {
                const auto& u = samples[sample];
                sample = sample + 1 == samples.size() ? 0 : sample + 1;
                connection_.execute(users::insert, id, u.name, u.email, u.age, u.score).value();
            }
            tx.commit().value();
        });
    }

    double select_by_key(std::int64_t operations) override {
        std::int64_t sum = 0;
        const double ns = time_per_operation(operations, [&] {
            for (std::int64_t i = 0; i < operations; ++i) {
                auto found = connection_.query(users::select_one, users::scattered_key(i)).value();
                check(found.next().value(), "ours: no such row");
                const auto row = found.current();
                sum += row.get<std::int64_t>(0) +
                       static_cast<std::int64_t>(row.get<std::string_view>(1).size()) +
                       static_cast<std::int64_t>(row.get<std::string_view>(2).size()) +
                       row.get<std::int64_t>(3);
                keep(row.get<double>(4));
            }
        });
        keep(sum);
        return ns;
    }

    double scan() override {
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        double total = 0;
        const double ns = time_per_operation(users::count, [&] {
            for (auto& row : connection_.query(users::select_all).value()) {
                sum += row->get<std::int64_t>(0) +
                       static_cast<std::int64_t>(row->get<std::string_view>(1).size()) +
                       static_cast<std::int64_t>(row->get<std::string_view>(2).size()) +
                       row->get<std::int64_t>(3);
                total += row->get<double>(4);
                ++rows;
            }
        });
        check(rows == users::count, "ours: wrong number of rows");
        keep(sum);
        keep(total);
        return ns;
    }

    double update_by_key(std::int64_t operations) override {
        return time_per_operation(operations, [&] {
            auto tx = connection_.begin(libsql::transaction_mode::immediate).value();
            for (std::int64_t i = 0; i < operations; ++i) {
                const auto done = connection_.execute(
                    users::update_one, i % 90, static_cast<double>(i), users::scattered_key(i));
                check(done.value().rows_affected == 1, "ours: no row updated");
            }
            tx.commit().value();
        });
    }

private:
    libsql::connection connection_;
};

}  // namespace

std::unique_ptr<row_peer> make_ours(const std::string& path) {
    return std::make_unique<ours>(path);
}

}  // namespace bench
