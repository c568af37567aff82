#pragma once

#include <libsql/database.hpp>

#include <string_view>

namespace libsql::testing {

/// A connection to a database of its own in memory, after running `script` on it.
inline connection open_memory(std::string_view script = "") {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    c.run_script(script).value();
    return c;
}

}  // namespace libsql::testing
