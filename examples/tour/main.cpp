// A tour of the driver on the system's own time zones: every chapter does something real with
// libSQL, shows it, and checks it against the same question answered in C++. Exit 0: all checks
// held.

#include "table.hpp"
#include "zones.hpp"

#include <libsql/libsql.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

namespace tour {

namespace {

using namespace std::chrono_literals;

constexpr const char* key = "correct horse battery staple";
constexpr std::size_t nearest_count = 6;

class guide {
public:
    guide(std::filesystem::path folder, const std::string& tables)
        : folder_(std::move(folder)),
          countries_(read_countries(tables + "/iso3166.tab")),
          zones_(read_zones(tables + "/zone1970.tab")) {}

    /// The tour through a file here.
    void walk_here() {
        open_encrypted();
        create();
        import();
        look_around();
        interrupt();
        dump();
    }

    /// The same on a server, and then on a replica of it.
    void walk_there(const std::string& uri, const libsql::auth_token& token) {
        open_remote(uri, token);
        create();
        import();
        look_around();
        open_replica(uri, token);
        look_around();
        write_through();
        dump();
        clean_up();
    }

    /// The program's exit code.
    int summary() const {
        std::printf("\n%d checks, %d failed\n", checks_, failures_);
        return failures_ == 0 ? 0 : 1;
    }

private:
    void look_around() {
        aggregate();
        box();
        neighbours();
        full_text();
        savepoint();
        constraints();
        cursor();
    }

    void check(bool holds, const std::string& what) {
        ++checks_;
        if (!holds) {
            ++failures_;
            std::printf("  WRONG: %s\n", what.c_str());
        }
    }

    void open(libsql::options where) {
        conn_.reset();
        db_.reset();
        db_.emplace(libsql::database::open(std::move(where)).value());
        conn_.emplace(db_->connect().value());
    }

    void open_encrypted() {
        chapter("An encrypted database file");
        open({.database = file(), .encryption_key = key});
        const auto engine = libsql::engine();
        say("libSQL " + std::string(engine.libsql_version) + " on SQLite " +
            std::string(engine.sqlite_version) + ", cipher " + std::string(engine.cipher));

        conn_->execute("CREATE TABLE secret (x)").value();
        conn_->execute("DROP TABLE secret").value();
        conn_->execute("PRAGMA wal_checkpoint(TRUNCATE)").value();
        std::ifstream bytes(file(), std::ios::binary);
        std::string head(15, ' ');
        bytes.read(head.data(), static_cast<std::streamsize>(head.size()));
        check(head != "SQLite format 3", "the file's head is encrypted");
        const auto without = libsql::database::open({.database = file()});
        check(!without && without.error().kind() == libsql::error_kind::wrong_key,
              "without the key it does not open");
        const auto wrong =
            libsql::database::open({.database = file(), .encryption_key = "a guess"});
        check(!wrong && wrong.error().kind() == libsql::error_kind::wrong_key,
              "with a wrong key it does not open");
        if (!wrong) {
            say("opened with a wrong key: " + wrong.error().message());
        }
    }

    void open_remote(const std::string& uri, const libsql::auth_token& token) {
        chapter("The same tour, the database on a server");
        open({.uri = uri, .auth_token = token});
        say("at " + uri + ", SQLite " +
            conn_->fetch_one<std::string>("SELECT sqlite_version()").value().value());
    }

    void open_replica(const std::string& uri, const libsql::auth_token& token) {
        chapter("The same tour on a replica of it: reads are local now");
        const auto start = std::chrono::steady_clock::now();
        open({.database = (folder_ / "replica.db").string(),
              .uri = uri,
              .auth_token = token,
              .sync = {.progress = [this](const libsql::sync_progress& now) {
                  if (!db_) {  // it is being opened; a write's sync is over in no time
                      progress("frames", now.frames, now.total);
                  }
              }}});
        const auto took =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start);
        const auto status = db_->replica().value().status();
        const std::uint64_t frames = status.frame_number.value_or(0) + 1;
        say(std::to_string(frames) + " frames, " + std::to_string(frames * 4) + " KiB, in " +
            number(took.count(), 0) + " ms");
        check(count("zones") == static_cast<std::int64_t>(zones_.size()),
              "every zone came from the server");
    }

    /// What one replica writes goes to the server, and another one has it after a sync.
    void write_through() {
        chapter("A write on one replica, seen on another");
        auto other = libsql::database::open({.database = (folder_ / "other.db").string(),
                                             .uri = db_->options().uri,
                                             .auth_token = db_->options().auth_token})
                         .value();
        auto there = other.connect().value();
        const std::string ask = "SELECT comment FROM zones WHERE name = 'Europe/Lisbon'";
        conn_
            ->execute("UPDATE zones SET comment = 'written on a replica' WHERE name = ?",
                      "Europe/Lisbon")
            .value();
        const auto here = conn_->fetch_one<std::string>(ask).value().value();
        const auto before = there.fetch_one<std::string>(ask).value().value();
        const auto synced = other.replica().value().sync().value();
        const auto after = there.fetch_one<std::string>(ask).value().value();
        table t({"", "comment of Europe/Lisbon"});
        t.add({"here, at once", here});
        t.add({"there, before its sync", before});
        t.add({"there, behind it (" + std::to_string(synced.frames_synced) + " frames)", after});
        t.print();
        check(here == "written on a replica", "the writer sees its write");
        check(before != here && after == here, "the other one after its sync");
    }

    /// Somebody else's server is left as it was.
    void clean_up() {
        conn_
            ->run_script(
                "DROP TABLE comments; DROP TABLE map; DROP TABLE zone_countries; "
                "DROP TABLE zones; DROP TABLE countries")
            .value();
    }

    void create() {
        conn_
            ->run_script(R"(
            CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE zones (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL CONSTRAINT zone_name_once UNIQUE,
                country TEXT NOT NULL REFERENCES countries (code),
                latitude REAL NOT NULL CONSTRAINT on_the_globe CHECK (abs(latitude) <= 90),
                longitude REAL NOT NULL,
                comment TEXT,
                place F32_BLOB(3) NOT NULL
            );
            CREATE TABLE zone_countries (
                zone_id INTEGER NOT NULL REFERENCES zones (id),
                code TEXT NOT NULL REFERENCES countries (code),
                PRIMARY KEY (zone_id, code)
            ) WITHOUT ROWID;
        )")
            .value();
        map_.create(*conn_).value();
        libsql::fts5::create(*conn_, comments_).value();
        libsql::vector::create_index(
            *conn_, {.name = "zones_by_place", .table = "zones", .column = "place"})
            .value();
    }

    void import() {
        chapter("Import in one transaction");
        const auto start = std::chrono::steady_clock::now();
        conn_->transact([&](libsql::transaction& tx) { return import_all(tx); }).value();
        const auto took =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start);
        say(std::to_string(zones_.size()) + " zones and " + std::to_string(countries_.size()) +
            " countries in " + number(took.count(), 1) + " ms");
        check(count("countries") == static_cast<std::int64_t>(countries_.size()),
              "every country is there");
        check(count("zones") == static_cast<std::int64_t>(zones_.size()), "every zone is there");
    }

    libsql::result<void> import_all(libsql::transaction& tx) {
        for (std::size_t i = 0; i < countries_.size(); ++i) {
            const auto& c = countries_[i];
            if (auto done =
                    tx.execute("INSERT INTO countries (code, name) VALUES (?, ?)", c.code, c.name);
                !done) {
                return done.error();
            }
            progress("countries", i + 1, countries_.size());
        }
        for (std::size_t i = 0; i < zones_.size(); ++i) {
            if (auto done = import_zone(tx, zones_[i]); !done) {
                return done.error();
            }
            progress("zones", i + 1, zones_.size());
        }
        return {};
    }

    libsql::result<void> import_zone(libsql::transaction& tx, const zone& z) {
        const auto place =
            libsql::vector::encode(libsql::vector::element::f32,
                                   std::span<const float>(direction(z.latitude, z.longitude)))
                .value();
        auto added = tx.execute(
            "INSERT INTO zones (name, country, latitude, longitude, comment, place) "
            "VALUES (:name, :country, :latitude, :longitude, nullif(:comment, ''), :place)",
            libsql::named{{"name", z.name},
                          {"country", z.countries.front()},
                          {"latitude", z.latitude},
                          {"longitude", z.longitude},
                          {"comment", z.comment},
                          {"place", place}});
        if (!added) {
            return added.error();
        }
        const std::int64_t id = added->last_insert_rowid;
        for (const auto& code : z.countries) {
            if (auto done = tx.execute("INSERT INTO zone_countries VALUES (?, ?)", id, code);
                !done) {
                return done.error();
            }
        }
        if (auto done = map_.insert(tx, id, libsql::rtree::box<2>::at({z.latitude, z.longitude}));
            !done) {
            return done.error();
        }
        return tx
            .execute("INSERT INTO comments (rowid, name, comment) VALUES (?, ?, ?)", id, z.name,
                     z.comment)
            .transform([](const libsql::execution&) {});
    }

    void aggregate() {
        chapter("Countries with most zones");

        struct line {
            std::string name;
            std::int64_t zones;
            double north;
            double south;
        };

        const auto lines =
            conn_
                ->fetch<line>(
                    "SELECT c.name, count(*) AS zones, max(z.latitude), min(z.latitude) FROM "
                    "zone_countries zc "
                    "JOIN zones z ON z.id = zc.zone_id JOIN countries c ON c.code = zc.code "
                    "GROUP BY c.code ORDER BY zones DESC, c.name LIMIT ?",
                    8)
                .value();
        table t({"country", "zones", "northernmost", "southernmost"});
        for (const auto& l : lines) {
            t.add({l.name, std::to_string(l.zones), number(l.north, 1), number(l.south, 1)});
        }
        t.print();
        say("a zone counts for every country that keeps its time, wherever its city is");

        std::map<std::string, std::int64_t> expected;
        for (const auto& z : zones_) {
            for (const auto& code : z.countries) {
                ++expected[code];
            }
        }
        std::int64_t most = 0;
        for (const auto& [code, n] : expected) {
            most = std::max(most, n);
        }
        check(lines.size() == 8 && lines.front().zones == most, "the country with most zones");
    }

    void box() {
        chapter("Zones in a box (R*Tree): 35 to 60 degrees north, 10 west to 20 east");
        const libsql::rtree::box<2> where{{35, -10}, {60, 20}};
        std::set<std::int64_t> ids;
        for (const auto& found : map_.overlapping(*conn_, where).value()) {
            ids.insert(found.id);
        }
        table t({"zone", "latitude", "longitude"});
        std::set<std::string> names;
        for (auto& row :
             conn_->query("SELECT id, name, latitude, longitude FROM zones ORDER BY latitude DESC")
                 .value()) {
            if (ids.contains(row->get<std::int64_t>(0))) {
                names.emplace(row->get<std::string_view>(1));
                t.add({row->get<std::string>(1), number(row->get<double>(2), 2),
                       number(row->get<double>(3), 2)});
            }
        }
        t.print();
        std::set<std::string> expected;
        for (const auto& z : zones_) {
            if (z.latitude >= 35 && z.latitude <= 60 && z.longitude >= -10 && z.longitude <= 20) {
                expected.insert(z.name);
            }
        }
        check(names == expected, "the box holds exactly the zones that a plain loop finds");
    }

    void neighbours() {
        chapter("Zones nearest to Lisbon (vectors): exact, and by the index");
        const auto& lisbon = *std::find_if(zones_.begin(), zones_.end(),
                                           [](const zone& z) { return z.name == "Europe/Lisbon"; });
        const auto query = libsql::vector::encode(
                               libsql::vector::element::f32,
                               std::span<const float>(direction(lisbon.latitude, lisbon.longitude)))
                               .value();
        const libsql::vector::search wanted{
            .table = "zones", .column = "place", .columns = {"name"}};
        using hit = std::tuple<std::string, double>;
        const auto exact =
            libsql::vector::nearest_exact<hit>(*conn_, wanted, query, nearest_count).value();
        const auto indexed = libsql::vector::nearest_indexed<hit>(*conn_, wanted, "zones_by_place",
                                                                  query, nearest_count)
                                 .value();

        std::vector<std::pair<double, std::string>> expected;
        expected.reserve(zones_.size());
        for (const auto& z : zones_) {
            expected.emplace_back(kilometres(lisbon, z), z.name);
        }
        std::sort(expected.begin(), expected.end());
        table t({"exact", "km", "by the index", "by a plain loop"});
        std::size_t same = 0;
        for (std::size_t i = 0; i < nearest_count; ++i) {
            const auto& [name, distance] = exact.at(i);
            const double angle = std::acos(std::clamp(1 - distance, -1.0, 1.0));
            t.add({name, number(angle * 6371, 0), std::get<0>(indexed.at(i)), expected[i].second});
            check(name == expected[i].second, "the exact search agrees with a plain loop");
            same += static_cast<std::size_t>(
                std::count_if(indexed.begin(), indexed.end(),
                              [&n = name](const hit& h) { return std::get<0>(h) == n; }));
        }
        t.print();
        say("the index found " + std::to_string(same) + " of the " + std::to_string(nearest_count) +
            " nearest");
        check(same + 1 >= nearest_count, "the index misses at most one");
    }

    void full_text() {
        chapter("Comments that speak of an island (full text)");
        using hit = std::tuple<std::string, std::string, double>;
        const auto hits =
            libsql::fts5::find<hit>(
                *conn_,
                {.table = "comments",
                 .columns = {"name"},
                 .highlights = {{.column = 1, .before = "[", .after = "]"}}},
                libsql::fts5::in_columns({"comment"}, libsql::fts5::any_word("island islands")))
                .value();
        table t({"zone", "comment"});
        std::set<std::string> found;
        for (const auto& [name, comment, rank] : hits) {
            t.add({name, comment});
            found.insert(name);
        }
        t.print();
        std::set<std::string> expected;
        for (const auto& z : zones_) {
            std::string words = z.comment + " ";
            std::string word;
            for (const char c : words) {
                if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
                    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
                    continue;
                }
                if (word == "island" || word == "islands") {
                    expected.insert(z.name);
                }
                word.clear();
            }
        }
        check(found == expected && !found.empty(),
              "full text finds what a plain loop over words finds");
    }

    void savepoint() {
        chapter("A savepoint rolled back");
        auto tx = conn_->begin(libsql::transaction_mode::immediate).value();
        tx.execute("UPDATE zones SET comment = 'kept' WHERE name = 'Europe/Lisbon'").value();
        auto step = tx.savepoint("a step").value();
        const auto gone = step.execute("DELETE FROM zone_countries").value();
        const auto inside = count("zone_countries");
        step.rollback().value();
        const auto after = count("zone_countries");
        step.release().value();
        tx.commit().value();
        say("deleted " + std::to_string(gone.rows_affected) + " rows, " + std::to_string(inside) +
            " left; rolled back: " + std::to_string(after) + " again");
        check(inside == 0 && after == gone.rows_affected, "the savepoint undid the delete");
        check(
            conn_->fetch_one<std::string>("SELECT comment FROM zones WHERE name = 'Europe/Lisbon'")
                    .value() == "kept",
            "and only the delete");
    }

    void constraints() {
        chapter("Constraints that say their names");
        const std::vector<std::pair<std::string, libsql::result<libsql::execution>>> attempts{
            {"a zone twice",
             conn_->execute("INSERT INTO zones (name, country, latitude, longitude, place) "
                            "VALUES ('Europe/Lisbon', 'PT', 0, 0, vector32('[1,0,0]'))")},
            {"beyond the pole",
             conn_->execute("UPDATE zones SET latitude = 91 WHERE name = 'Europe/Lisbon'")},
            {"without a name",
             conn_->execute("UPDATE countries SET name = NULL WHERE code = 'PT'")},
        };
        table t({"attempt", "constraint", "table", "columns", "name"});
        for (const auto& [what, outcome] : attempts) {
            check(!outcome && outcome.error().constraint() != nullptr, what + " is refused");
            if (!outcome && outcome.error().constraint() != nullptr) {
                const auto& c = *outcome.error().constraint();
                std::string columns;
                for (const auto& column : c.columns) {
                    columns += (columns.empty() ? "" : ", ") + column;
                }
                t.add({what, std::string(to_string(c.kind)), c.table, columns, c.name});
            }
        }
        t.print();
        check(attempts[0].second.error().constraint()->name == "zone_name_once",
              "UNIQUE says its name");
        check(attempts[1].second.error().constraint()->name == "on_the_globe",
              "CHECK says its name");
        check(attempts[2].second.error().constraint()->columns == std::vector<std::string>{"name"},
              "NOT NULL says its column");
    }

    void cursor() {
        chapter("A cursor, 100 rows at a time");
        auto cursor =
            conn_->cursor("SELECT a.name, b.name FROM zones a, zones b WHERE a.id < b.id").value();
        std::size_t rows = 0;
        std::size_t chunks = 0;
        while (!cursor.done()) {
            rows += cursor.fetch(100).value().size();
            ++chunks;
        }
        say(std::to_string(rows) + " pairs of zones in " + std::to_string(chunks) + " chunks");
        check(rows == zones_.size() * (zones_.size() - 1) / 2, "the cursor read every pair");
    }

    void interrupt() {
        chapter("A query that would never end, interrupted from another thread");
        const auto stop = conn_->interrupter();
        const auto start = std::chrono::steady_clock::now();
        // Again and again: one that comes before the query has begun does nothing.
        std::jthread other([&stop](const std::stop_token& over) {
            while (!over.stop_requested()) {
                std::this_thread::sleep_for(50ms);
                stop.interrupt();
            }
        });
        const auto outcome = conn_->execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");
        const auto took =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start);
        other.request_stop();
        other.join();
        check(!outcome && outcome.error().kind() == libsql::error_kind::interrupted,
              "the query was interrupted");
        check(count("zones") == static_cast<std::int64_t>(zones_.size()),
              "the connection goes on afterwards");
        say("stopped after " + number(took.count(), 0) +
            " ms: " + (outcome ? "it ended?" : outcome.error().message()));
    }

    void dump() {
        chapter("A dump as SQL, loaded into a new database");
        const std::string text = libsql::dump(*conn_).value();
        std::istringstream lines(text);
        std::string line;
        for (int i = 0; i < 6 && std::getline(lines, line); ++i) {
            say("| " + line.substr(0, 96));
        }
        say("| ... " + std::to_string(text.size()) + " bytes");
        check(text.find("_shadow") == std::string::npos, "shadow tables are not in the dump");

        auto copy = libsql::database::open({.database = ":memory:"}).value().connect().value();
        std::istringstream source(text);
        libsql::load_dump(copy, source).value();
        check(libsql::dump(copy).value() == text, "the copy's dump is the same, byte for byte");
        say("loaded into memory: " +
            std::to_string(
                copy.fetch_one<std::int64_t>("SELECT count(*) FROM zones").value().value()) +
            " zones; its dump is the same text");
    }

    std::int64_t count(const std::string& name) {
        return conn_
            ->fetch_one<std::int64_t>("SELECT count(*) FROM " + libsql::quote_identifier(name))
            .value()
            .value();
    }

    [[nodiscard]] std::string file() const { return (folder_ / "zones.db").string(); }

    std::filesystem::path folder_;
    std::vector<country> countries_;
    std::vector<zone> zones_;
    std::optional<libsql::database> db_;
    std::optional<libsql::connection> conn_;
    libsql::rtree::table<2> map_{{.name = "map"}};
    libsql::fts5::definition comments_{.name = "comments", .columns = {"name", "comment"}};
    int checks_{0};
    int failures_{0};
};

}  // namespace

}  // namespace tour

// Usage: tour [FOLDER with zone1970.tab and iso3166.tab]
// With LIBSQL_URL (and LIBSQL_AUTH_TOKEN) in the environment it goes on there, and on a replica.
int main(int argc, char** argv) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("libsql_tour_" + std::to_string(std::random_device{}()));
    int status = 1;
    try {
        std::filesystem::create_directories(folder);
        tour::guide guide(folder, argc > 1 ? argv[1] : "/usr/share/zoneinfo");
        guide.walk_here();
        if (const char* const uri = std::getenv("LIBSQL_URL")) {
            const char* const token = std::getenv("LIBSQL_AUTH_TOKEN");
            guide.walk_there(uri, token == nullptr ? "" : token);
        }
        status = guide.summary();
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "tour: %s\n", failed.what());
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return status;
}
