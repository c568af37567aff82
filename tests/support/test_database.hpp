#pragma once

#include <libsql/connection.hpp>
#include <libsql/database.hpp>
#include <libsql/options.hpp>

#include <string_view>

namespace libsql::testing {

/// Where the databases of `open_fresh` and `fresh_database` are.
enum class test_mode : unsigned char { local, remote, replica };

/// What $LIBSQL_TEST_MODE says; local without it. Throws when it says something else.
test_mode mode();

/// Its name there.
std::string_view to_string(test_mode which);

/// How many databases of the mode this process has made.
int databases_made();

/// Options for a new database that one connection uses. Locally it is in memory; else on a server
/// that this process starts with the first of them, for a replica with a file here.
options fresh_options();

/// A connection to a new database, after running `script` on it. Throws when something fails.
connection open_fresh(std::string_view script = {});

/// As `fresh_options`, but for any number of connections: locally it is a file.
options shared_options();

/// A new database for any number of connections. Throws when it cannot be opened.
database fresh_database();

}  // namespace libsql::testing
