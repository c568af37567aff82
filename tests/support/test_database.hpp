#pragma once

#include <libsql/connection.hpp>
#include <libsql/database.hpp>
#include <libsql/options.hpp>

#include <string_view>
#include <vector>

namespace libsql::testing {

/// The kind of database that `open_fresh` and `fresh_database` create.
enum class test_mode : unsigned char { local, remote, replica };

/// The value of $LIBSQL_TEST_MODE; local if it is not set. Throws if it is invalid.
test_mode mode();

/// The name of the mode in that variable.
std::string_view to_string(test_mode which);

/// The number of databases of the mode that this process has created.
int databases_made();

/// Options for a new database that one connection uses. In local mode it is in memory. Otherwise it
/// is on a server, which the first call starts, and a replica has a local file.
options fresh_options();

/// A connection to a new database, after running `script` on it. Throws if something fails.
connection open_fresh(std::string_view script = {});

/// A connection to a new database with a table t(x UNIQUE), after running `script` on it. Throws if
/// something fails.
connection with_table(std::string_view script = {});

/// The column x of the table t, in order. Throws if it cannot be read.
std::vector<int> rows_of(executor& target);

/// The number of rows of the table t. Throws if it cannot be read.
int row_count(executor& target);

/// As `fresh_options`, but for any number of connections: in local mode it is a file.
options shared_options();

/// A new database for any number of connections. Throws if it cannot be opened.
database fresh_database();

}  // namespace libsql::testing
