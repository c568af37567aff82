#pragma once

#include "support/open_connection.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/connection.hpp>
#include <libsql/options.hpp>

#include <string_view>
#include <utility>

namespace libsql::testing {

/// Two connections to a new file, opened alike, and then a script that the first has run.
class two_connections {
public:
    explicit two_connections(const options& how = {}, std::string_view script = "CREATE TABLE t(x)")
        : first(open(how)), second(open(how)) {
        run_all(first, script);
    }

private:
    [[nodiscard]] connection open(options how) const {
        how.database = directory_.file("a.db");
        return open_with(std::move(how));
    }

    const temporary_directory directory_;

public:
    connection first;
    connection second;
};

}  // namespace libsql::testing
