// What holds for every public class.

#include "support/outcome.hpp"
#include "support/replica_test.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {
namespace {

using testing::failed_with;

constexpr auto closed = error_kind::closed;

/// Calls everything that an object has which was moved from, but what needs a row.
void use(database& d) {
    EXPECT_TRUE(failed_with(d.connect(), closed, "moved from"));
    EXPECT_TRUE(failed_with(d.replica(), closed, "moved from"));
    EXPECT_EQ(d.options().database, "");
}

void use(executor& e) {
    EXPECT_TRUE(failed_with(e.execute("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.query("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.fetch<int>("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.fetch_one<int>("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.query_all("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.cursor("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(
        failed_with(atomically(e, [](executor&) { return result<int>(1); }), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.prepare("SELECT 1"), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.run(batch()), closed, "moved from"));
    EXPECT_TRUE(failed_with(e.run_script("SELECT 1"), closed, "moved from"));
    EXPECT_EQ(e.last_insert_rowid(), 0);
    EXPECT_EQ(e.changes(), 0);
    EXPECT_EQ(e.total_changes(), 0);
    EXPECT_TRUE(e.is_autocommit());
}

void use(connection& c) {
    use(static_cast<executor&>(c));
    EXPECT_TRUE(failed_with(c.begin(), closed, "moved from"));
    EXPECT_TRUE(failed_with(c.begin(transaction_mode::immediate), closed, "moved from"));
    c.interrupter().interrupt();
    EXPECT_TRUE(failed_with(c.ping(), closed, "moved from"));
    EXPECT_TRUE(failed_with(c.reset(), closed, "moved from"));
    EXPECT_TRUE(failed_with(c.close(), closed, "moved from"));
    EXPECT_FALSE(c.is_open());
    EXPECT_TRUE(failed_with(rekey(c, "key"), closed, "moved from"));
    EXPECT_TRUE(failed_with(attach(c, "x", "y"), closed, "moved from"));
    EXPECT_TRUE(failed_with(set_update_hook(c, [](const update_event&) {}), closed, "moved from"));
    EXPECT_TRUE(failed_with(serialize(c), closed, "moved from"));
    EXPECT_TRUE(failed_with(back_up(c, c), closed, "moved from"));
    EXPECT_TRUE(failed_with(backup::start(c, c), closed, "moved from"));
    EXPECT_TRUE(failed_with(blob_io::open(c, {}), closed, "moved from"));
    EXPECT_TRUE(failed_with(vacuum(c), closed, "moved from"));
}

void use(transaction& t) {
    use(static_cast<executor&>(t));
    EXPECT_TRUE(failed_with(t.commit(), closed, "moved from"));
    EXPECT_TRUE(failed_with(t.rollback(), closed, "moved from"));
    EXPECT_TRUE(failed_with(t.savepoint("s"), closed, "moved from"));
    EXPECT_EQ(t.status(), transaction_status::ended);
    static_cast<void>(t.mode());
}

void use(savepoint& s) {
    use(static_cast<executor&>(s));
    EXPECT_TRUE(failed_with(s.release(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.rollback(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.nest("s"), closed, "moved from"));
    EXPECT_FALSE(s.is_active());
    static_cast<void>(s.name());
}

void use(statement& s) {
    EXPECT_TRUE(failed_with(s.execute(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.query(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.bind(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.reset(), closed, "moved from"));
    EXPECT_EQ(s.sql(), "");
    EXPECT_TRUE(failed_with(s.parameter_count(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.parameters(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.columns(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.is_read_only(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.explain_mode(), closed, "moved from"));
    EXPECT_TRUE(failed_with(s.expanded_sql(), closed, "moved from"));
    s.close();
}

void use(rows& r) {
    EXPECT_TRUE(failed_with(r.next(), closed, "moved from"));
    r.set_deadline(deadline());
    EXPECT_TRUE(failed_with(r.columns(), closed, "moved from"));
    EXPECT_EQ(r.column_count(), 0U);
    EXPECT_EQ(r.column_name(0), "");
    EXPECT_EQ(r.rows_affected(), 0);
    EXPECT_EQ(r.rows_read(), 0U);
    EXPECT_EQ(r.rows_written(), 0U);
    EXPECT_TRUE(failed_with(r.collect<int>(), closed, "moved from"));
    EXPECT_TRUE(failed_with(r.first<int>(), closed, "moved from"));
    int items = 0;
    for (auto& item : r) {
        EXPECT_TRUE(failed_with(item, closed, "moved from"));
        ++items;
    }
    EXPECT_EQ(items, 1);
    r.close();
}

void use(cursor& c) {
    EXPECT_TRUE(c.columns().empty());
    EXPECT_TRUE(failed_with(c.fetch(), closed, "moved from"));
    EXPECT_FALSE(c.done());
    c.close();
}

void use(blob_io& b) {
    EXPECT_TRUE(failed_with(b.size(), closed, "moved from"));
    EXPECT_TRUE(failed_with(b.read(std::span<std::byte>(), 0), closed, "moved from"));
    EXPECT_TRUE(failed_with(b.write(blob_view(), 0), closed, "moved from"));
    EXPECT_TRUE(failed_with(b.reopen(1), closed, "moved from"));
    EXPECT_TRUE(failed_with(b.close(), closed, "moved from"));
}

void use(backup& b) {
    EXPECT_TRUE(failed_with(b.step(1), closed, "moved from"));
    EXPECT_EQ(b.progress().total, 0);
    EXPECT_TRUE(failed_with(b.finish(), closed, "moved from"));
    EXPECT_FALSE(b.is_interrupted());
}

void use(pool& p) {
    const auto nothing = [](connection&) { return result<void>(); };
    EXPECT_TRUE(failed_with(p.read(nothing), error_kind::pool, "closed"));
    EXPECT_TRUE(failed_with(p.write(nothing), error_kind::pool, "closed"));
    EXPECT_TRUE(failed_with(p.checkout_reader(), error_kind::pool, "closed"));
    EXPECT_TRUE(failed_with(p.checkout_writer(), error_kind::pool, "closed"));
    EXPECT_EQ(p.metrics().writer.size, 0U);
    EXPECT_TRUE(failed_with(p.close(), error_kind::pool, "closed"));
    EXPECT_FALSE(p.is_open());
}

void use(pooled_connection& c) {
    use(*c);
    EXPECT_FALSE(c->is_open());
    c.release();
    static_cast<void>(c.queue_time());
    static_cast<void>(c.idle_time());
}

void use(replica& r) {
    EXPECT_TRUE(failed_with(r.sync(), closed, "moved from"));
    EXPECT_TRUE(failed_with(r.sync_until(1), closed, "moved from"));
    EXPECT_EQ(r.frame_number(), std::nullopt);
    EXPECT_EQ(r.max_write_frame(), std::nullopt);
    EXPECT_TRUE(failed_with(r.flush(), closed, "moved from"));
    EXPECT_TRUE(failed_with(r.freeze(), closed, "moved from"));
    ASSERT_TRUE(r.status().last_error);
    EXPECT_EQ(r.status().last_error->kind(), closed);
    r.interrupt();
}

void use(interrupter& i) {
    i.interrupt();
}

void use(batch& b) {
    EXPECT_TRUE(b.empty());
    b.add("SELECT ?", "a text");
    b.add_if(condition::ok(0), "SELECT 2");
    EXPECT_EQ(b.size(), 2U);
    EXPECT_EQ(b.step(0).sql, "SELECT ?");
    b.clear();
}

/// In a batch its step does what it did before: a condition that is lost would let it run always.
void use(condition& c) {
    batch steps;
    steps.add("SELECT 1");
    steps.add_if(c, "SELECT 2");
    auto conn = database::open({.database = ":memory:"}).value().connect().value();
    EXPECT_TRUE(conn.run(steps).value().steps.at(1).skipped());
}

void use(step_result& s) {
    static_cast<void>(s.skipped());
    static_cast<void>(s.failed());
    if (s.failed()) {
        EXPECT_FALSE(s.error().message().empty());
    } else if (s.ok()) {
        EXPECT_TRUE(s.columns().empty());
        EXPECT_TRUE(s.rows().empty());
        EXPECT_EQ(s.executed().rows_affected, 0);
    }
}

void use(error& e) {
    EXPECT_FALSE(e.to_string().empty());
    static_cast<void>(e.all());
}

void use(exception& e) {
    EXPECT_STRNE(e.what(), "");
    use(const_cast<error&>(e.error()));
}

void use(result<std::string>& r) {
    EXPECT_TRUE(r);
    static_cast<void>(*r);
}

void use(auth_token& t) {
    EXPECT_TRUE(t.empty());
    EXPECT_FALSE(t.can_change());
    EXPECT_EQ(t.get().value(), "");
}

void use(collation& c) {
    EXPECT_FALSE(c);
    EXPECT_THROW(c("a", "b"), std::bad_function_call);
}

void use(value& v) {
    static_cast<void>(v.type());
    static_cast<void>(v.to_sql());
    v = 1;
    EXPECT_EQ(v, value(1));
}

void use(named& n) {
    EXPECT_EQ(n.view().count, 0U);
    n.add("a", 1);
}

void use(positional& p) {
    EXPECT_EQ(p.view().count, 0U);
    p.add(1);
}

void use(rtree::table<2>& t) {
    static_cast<void>(t.create_sql());
    static_cast<void>(t.overlapping_sql());
}

/// Moves from a `T` that `make` makes, by construction and by assignment, and uses what is left,
/// and then an object that was assigned to that.
template <class T>
void try_type(const std::function<T()>& make) {
    T first = make();
    const T second(std::move(first));
    use(first);  // NOLINT(bugprone-use-after-move): what it is about
    if constexpr (std::is_move_assignable_v<T>) {
        T third = make();
        T fourth = make();
        fourth = std::move(third);
        use(third);  // NOLINT(bugprone-use-after-move)
        third = std::move(fourth);
        use(fourth);  // NOLINT(bugprone-use-after-move)
    }
}

/// The public classes, each with a test of what is left of one that was moved from.
class moved_from : public testing::replica_test {
protected:
    static database memory() { return database::open({.database = ":memory:"}).value(); }

    static connection connect() { return memory().connect().value(); }

    pool open_pool() { return pool::open({.database = dir.file("pool.db")}).value(); }

    connection one = connect();  ///< what others are made from

    const std::map<std::string, std::function<void()>> types{
        {"auth_token", [] { try_type<auth_token>([] { return auth_token("a token"); }); }},
        {"backup",
         [this] {
             std::vector<connection> others;
             others.reserve(3);
             try_type<backup>([&] {
                 others.push_back(connect());
                 return backup::start(one, others.back()).value();
             });
         }},
        {"batch",
         [] {
             try_type<batch>([] {
                 batch b;
                 b.add("SELECT 1");
                 return b;
             });
         }},
        {"blob_io",
         [this] {
             one.run_script("CREATE TABLE t(b); INSERT INTO t VALUES (x'00')").value();
             try_type<blob_io>([this] {
                 return blob_io::open(one, {.table = "t", .column = "b", .rowid = 1}).value();
             });
         }},
        {"collation",
         [] {
             try_type<collation>(
                 [] { return collation([](std::string_view, std::string_view) { return 0; }); });
         }},
        {"condition",
         [] {
             try_type<condition>([] { return !condition::ok(0); });
             try_type<condition>([] {
                 return condition::all_of({condition::ok(0), condition::error(0)});
             });
         }},
        {"connection", [] { try_type<connection>([] { return connect(); }); }},
        {"cursor", [this] { try_type<cursor>([this] { return one.cursor("SELECT 1").value(); }); }},
        {"database", [] { try_type<database>([] { return memory(); }); }},
        {"error", [] { try_type<error>([] { return error(error_kind::sql, "why"); }); }},
        {"exception",
         [] { try_type<exception>([] { return exception(error(error_kind::sql, "why")); }); }},
        {"interrupter", [this] { try_type<interrupter>([this] { return one.interrupter(); }); }},
        {"named", [] { try_type<named>([] {
                           return named{{"a", 1}};
                       }); }},
        {"pool", [this] { try_type<pool>([this] { return open_pool(); }); }},
        {"pooled_connection",
         [this] {
             auto from = open_pool();
             try_type<pooled_connection>([&] { return from.checkout_reader().value(); });
         }},
        {"positional", [] { try_type<positional>([] { return std::move(positional().add(1)); }); }},
        {"replica",
         [this] {
             auto db = open_replica();
             try_type<replica>([&] { return db.replica().value(); });
         }},
        {"result",
         [] { try_type<result<std::string>>([] { return result<std::string>("a text"); }); }},
        {"rows", [this] { try_type<rows>([this] { return one.query("SELECT 1").value(); }); }},
        {"savepoint",
         [this] {
             auto tx = one.begin().value();
             try_type<savepoint>([&] { return tx.savepoint("s").value(); });
         }},
        {"statement",
         [this] { try_type<statement>([this] { return one.prepare("SELECT 1").value(); }); }},
        {"step_result",
         [] {
             try_type<step_result>([] { return step_result(result_set()); });
             try_type<step_result>([] { return step_result(error(error_kind::sql, "why")); });
         }},
        {"table", [] { try_type<rtree::table<2>>([] { return rtree::table<2>({.name = "t"}); }); }},
        {"transaction",
         [] {
             std::vector<connection> others;
             others.reserve(3);
             try_type<transaction>([&] {
                 others.push_back(connect());
                 return others.back().begin().value();
             });
         }},
        {"value", [] { try_type<value>([] { return value("a text"); }); }},
    };

    /// Those of which none is moved from: views without a state of their own, plain values, what
    /// cannot be moved, and what is no class of an object.
    const std::set<std::string> views{"document", "deadline", "executor",    "preupdate_event",
                                      "row",      "iterator", "trace_event", "value_view"};
};

TEST_F(moved_from, every_type_reports_it_and_does_not_crash) {
    for (const auto& [name, tries] : types) {
        SCOPED_TRACE(name);
        tries();
    }
}

/// A class that is new in a header must be in one of the two lists.
TEST_F(moved_from, the_list_has_every_public_class) {
    const std::regex head(
        R"(^(?:    )?class (?:\[\[nodiscard\]\] )?(?:LIBSQL_API )?([a-z_0-9]+)[^;]*\{)");
    std::set<std::string> found;
    for (const auto& header : std::filesystem::directory_iterator(LIBSQL_TEST_HEADERS)) {
        if (!header.is_regular_file()) {
            continue;
        }
        std::ifstream in(header.path());
        bool internal = false;
        std::string before;
        for (std::string line; std::getline(in, line);) {
            internal = line.starts_with("namespace detail {") ||
                       (internal && !line.starts_with("}  // namespace") &&
                        !(line == "}" && before.ends_with("backend;")));
            std::smatch match;
            if (!internal && std::regex_search(line, match, head)) {
                found.insert(match[1]);
            }
            before = line;
        }
    }
    EXPECT_GT(found.size(), 20U);
    for (const auto& name : found) {
        EXPECT_TRUE(types.contains(name) || views.contains(name)) << name;
    }
    for (const auto& [name, tries] : types) {
        EXPECT_TRUE(found.contains(name)) << name;
    }
}

}  // namespace
}  // namespace libsql
