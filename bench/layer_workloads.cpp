#include "layer/descriptor_table.hpp"
#include "users.hpp"
#include "workloads.hpp"

#include <libsql/libsql.hpp>

#include <array>

namespace bench {

namespace {

using libsql::testing::field;
using users::user;

constexpr std::array table{field<&user::id>("id"), field<&user::name>("name"),
                           field<&user::email>("email"), field<&user::age>("age"),
                           field<&user::score>("score")};

libsql::connection with_users() {
    auto conn = libsql::database::open({.database = ":memory:"}).value().connect().value();
    conn.execute(users::create).value();
    conn.transact([](libsql::transaction& tx) -> libsql::result<void> {
            for (std::int64_t id = 1; id <= users::count; ++id) {
                const auto u = users::make(id);
                tx.execute(users::insert, u.id, u.name, u.email, u.age, u.score).value();
            }
            return {};
        })
        .value();
    return conn;
}

/// Reads every row into the same struct.
template <class Read>
double scan(libsql::connection& conn, Read read) {
    std::int64_t sum = 0;
    const double ns = time_per_operation(users::count, [&] {
        auto found = conn.query(users::select_all).value();
        const auto planned = libsql::testing::plan(found, table).value();
        user u;
        while (found.next().value()) {
            read(found.current(), planned, u);
            sum += u.id;
        }
    });
    check(sum == users::count * (users::count + 1) / 2, "wrong rows");
    return ns;
}

/// Compares a layer above the driver that reads structs by a table with code written by hand.
bool run_descriptors() {
    auto conn = with_users();
    workload w{.id = "D1", .name = "rows_by_descriptors", .target = 1.0, .target_peer = "row_get"};
    w.contenders.push_back({"ours", [&] {
                                return scan(conn,
                                            [](const libsql::row& r, const auto& planned, user& u) {
                                                libsql::testing::read_row(r, planned, &u).value();
                                            });
                            }});
    w.contenders.push_back({"row_get", [&] {
                                return scan(conn, [](const libsql::row& r, const auto&, user& u) {
                                    u.id = r.get<std::int64_t>(0);
                                    u.name = r.get<std::string>(1);
                                    u.email = r.get<std::string>(2);
                                    u.age = r.get<std::int64_t>(3);
                                    u.score = r.get<double>(4);
                                });
                            }});
    return run(w);
}

}  // namespace

std::vector<entry> layer_workloads() {
    return {{"D1", run_descriptors}};
}

}  // namespace bench
