// Loads any bytes as a dump. Loading succeeds or changes nothing, the connection still works
// afterwards, and what was loaded can be dumped.

#include "libsql/sql/script_splitter.hpp"
#include "libsql/sql/statement_reader.hpp"

#include <libsql/libsql.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace {

void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << what << '\n';
        std::abort();
    }
}

// Reading a script in small pieces must give the same statements as reading it at once.
void check_reader(const std::string& script, std::size_t piece) {
    std::istringstream in(script);
    libsql::statement_reader reader(in, script.size() + 1, piece);
    libsql::script_splitter splitter(script);
    for (;;) {
        const auto read = reader.next().value();
        const auto expected = splitter.next();
        require(read.has_value() == expected.has_value(), "another number of statements");
        if (!read) {
            return;
        }
        require(read->text == expected->text, read->text);
    }
}

// Refuses whatever could reach beyond the database in memory or exhaust the machine.
libsql::authorization decide(const libsql::authorizer_request& wanted) {
    using enum libsql::authorizer_action;
    switch (wanted.action) {
        case attach:
        case detach:
        case recursive:
            return libsql::authorization::deny;
        case pragma:
            return wanted.first == "foreign_keys" || wanted.first == "writable_schema"
                       ? libsql::authorization::allow
                       : libsql::authorization::deny;
        case function:
            return wanted.second == "load_extension" || wanted.second == "fts3_tokenizer"
                       ? libsql::authorization::deny
                       : libsql::authorization::allow;
        default:
            return libsql::authorization::allow;
    }
}

libsql::connection open() {
    auto c = libsql::database::open({.database = ":memory:"}).value().connect().value();
    libsql::set_limit(c, libsql::limit::length, 100'000).value();
    libsql::set_limit(c, libsql::limit::attached, 0).value();
    libsql::set_limit(c, libsql::limit::trigger_depth, 10).value();
    return c;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string script(reinterpret_cast<const char*>(data), size);
    check_reader(script, 1 + size % 7);
    auto c = open();
    libsql::set_authorizer(c, decide).value();
    std::istringstream in(script);
    const auto loaded =
        libsql::load_dump(c, in, {.until = libsql::deadline::in(std::chrono::milliseconds(500))});
    libsql::set_authorizer(c, nullptr).value();
    require(c.is_autocommit(), "a transaction is left open");
    require(c.fetch_one<std::int64_t>("PRAGMA foreign_keys").value() == 1,
            "foreign keys are left off");
    if (!loaded) {
        require(c.fetch_one<std::int64_t>("SELECT count(*) FROM sqlite_schema").value() == 0,
                "a failed load left something");
        return 0;
    }
    // A table may be unreadable; that is an error, not a crash.
    static_cast<void>(libsql::dump(c));
    return 0;
}
