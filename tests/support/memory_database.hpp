#pragma once

#include <libsql/database.hpp>

#include <string_view>

namespace libsql::testing {

/// A connection to a new database in memory, on which `script` was run.
inline connection open_memory(std::string_view script = "") {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    c.run_script(script).value();
    return c;
}

}  // namespace libsql::testing
