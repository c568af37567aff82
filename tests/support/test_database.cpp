#include "support/test_database.hpp"

#include "support/sqld_server.hpp"
#include "support/temporary_directory.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace libsql::testing {
namespace {

test_mode chosen_mode() {
    const char* const text = std::getenv("LIBSQL_TEST_MODE");
    const std::string_view name = text == nullptr ? "local" : text;
    for (const auto one : {test_mode::local, test_mode::remote, test_mode::replica}) {
        if (name == to_string(one)) {
            return one;
        }
    }
    throw std::runtime_error("LIBSQL_TEST_MODE is local, remote or replica, not " +
                             std::string(name));
}

std::atomic<int> made{0};

/// A number that is unique in this process, for the name of a database.
std::string next_number() {
    return std::to_string(++made);
}

std::string file(const std::string& name) {
    static const temporary_directory directory;
    return directory.file(name + ".db");
}

options on_server() {
    // The server may close an inactive database at any time, and sometimes does not find it
    // afterwards.
    static sqld_server server(
        {.namespaces = true, .arguments = {"--max-active-namespaces", "100000"}});
    const std::string name = "n" + next_number();
    server.create_namespace(name);
    options chosen{.uri = server.url(), .server_namespace = name};
    if (mode() == test_mode::replica) {
        chosen.database = file(name);
    }
    return chosen;
}

}  // namespace

test_mode mode() {
    static const test_mode chosen = chosen_mode();
    return chosen;
}

std::string_view to_string(test_mode which) {
    switch (which) {
        case test_mode::local:
            return "local";
        case test_mode::remote:
            return "remote";
        case test_mode::replica:
            break;
    }
    return "replica";
}

int databases_made() {
    return made.load();
}

options fresh_options() {
    if (mode() == test_mode::local) {
        ++made;
        return {.database = ":memory:"};
    }
    return on_server();
}

connection open_fresh(std::string_view script) {
    auto c = database::open(fresh_options()).value().connect().value();
    if (!script.empty()) {
        c.run_script(script).value();
    }
    return c;
}

connection with_table(std::string_view script) {
    auto made = open_fresh("CREATE TABLE t(x UNIQUE)");
    made.run_script(script).value();
    return made;
}

std::vector<int> rows_of(executor& target) {
    return target.fetch<int>("SELECT x FROM t ORDER BY x").value();
}

int row_count(executor& target) {
    return target.fetch_one<int>("SELECT count(*) FROM t").value().value();
}

options shared_options() {
    return mode() == test_mode::local ? options{.database = file("n" + next_number())}
                                      : on_server();
}

database fresh_database() {
    return database::open(shared_options()).value();
}

}  // namespace libsql::testing
