#pragma once

#include "memory/fail_each.hpp"

#include <libsql/libsql.hpp>

#include <optional>
#include <string>
#include <tuple>

/// @file
/// Work for which there is not enough memory, on the table t(id, x, y) of these tests.

namespace libsql::testing {

inline const std::string text(100, 'x');

/// Reads rows in each way, and a row as types that it does not have.
inline void read_rows(connection& c) {
    if (auto found = c.query("SELECT x, y FROM t WHERE id < ? AND x <> ?", 10, text)) {
        for (auto& row : *found) {
            if (row) {
                note(row->try_get<std::string>(0));
                note(row->try_get<blob>("y"));
                note(row->try_get<int>(0));
            }
        }
        note(found->columns());
    }
    note(c.fetch<std::tuple<std::string, blob>>("SELECT x, y FROM t"));
    note(c.fetch_one<std::optional<std::string>>("SELECT x FROM t"));
    if (auto pages = c.cursor("SELECT x, y FROM t")) {
        note(pages->fetch(1));
        note(pages->fetch(5));
    }
}

/// Calls every function of a prepared statement.
inline void use_prepared(connection& c) {
    auto s = c.prepare("SELECT x FROM t WHERE x <> ?1 AND y <> ?2");
    if (!s) {
        return;
    }
    note(s->bind(text, text));
    if (auto found = s->query()) {
        note(found->next());
        note(s->execute(text, text));  // in use
    }
    note(s->parameters());
    note(s->columns());
    note(s->expanded_sql());
    note(s->reset());
    note(s->execute(text, text));
}

/// Reads from a pool of which one connection writes, and checks that one out.
inline void read_and_check_out(pool& p) {
    note(p.read([](connection& c) { return c.fetch<std::string>("SELECT x FROM t LIMIT 2"); }));
    if (auto out = p.checkout_writer()) {
        auto tx = (*out)->begin();
        auto held = (*out)->prepare("SELECT 1");
        out->release();
    }
}

}  // namespace libsql::testing
