#pragma once

#include <libsql/database.hpp>

#include <string_view>

namespace libsql::testing {

/// A connection to a database of its own in memory, after running `script` on it.
inline connection open_memory(std::string_view script = "") {
    auto c = database::open({.database = ":memory:"}).value().connect().value();
    const auto ran = c.run_script(script).value();
    if (ran.failure) {
        throw exception(*ran.failure);
    }
    return c;
}

}  // namespace libsql::testing
