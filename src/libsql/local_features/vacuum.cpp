#include "libsql/local_features/on_local.hpp"

#include <libsql/identifier.hpp>
#include <libsql/vacuum.hpp>

#include <filesystem>

namespace libsql {

namespace {

result<void> run(connection& target, deadline until, const std::string& sql) {
    if (!target.is_autocommit()) {
        return error(error_kind::transaction, "a database cannot be vacuumed inside a transaction");
    }
    return target.execute(until, sql).transform([](const execution&) {});
}

result<std::int64_t> number(connection& target, std::string_view schema, std::string_view pragma) {
    return target.fetch_one<std::int64_t>("PRAGMA " + qualify(schema, pragma))
        .transform([](std::optional<std::int64_t>&& n) { return n.value_or(0); });
}

}  // namespace

result<void> vacuum(connection& target, std::string_view schema, deadline until) {
    return run(target, until, "VACUUM " + quote_identifier(schema));
}

result<void> vacuum_into(connection& source, const std::string& path, std::string_view schema,
                         deadline until) {
    const auto here = local::connection_of(source, "vacuum_into");
    if (!here) {
        return here.error();
    }
    if ((*here)->engine().use() != local::connection::file_use::plain) {
        // VACUUM INTO counts as a write, so it would be sent to the server with a path of this
        // machine.
        return error(error_kind::unsupported,
                     "vacuum_into is unsupported in replica mode; use back_up");
    }
    std::error_code ignored;
    if (path.empty()) {
        return error(error_kind::invalid_argument, "vacuum_into: the path is empty");
    }
    if (path.find('\0') != std::string::npos) {
        return error(error_kind::invalid_argument, "vacuum_into: the path contains a NUL");
    }
    if (std::filesystem::exists(path, ignored) &&
        !(std::filesystem::is_regular_file(path, ignored) &&
          std::filesystem::is_empty(path, ignored))) {
        return error(error_kind::cannot_open,
                     "vacuum_into: \"" + path + "\" already exists and is not an empty file");
    }
    return run(source, until,
               "VACUUM " + quote_identifier(schema) + " INTO " + quote_literal(path));
}

result<std::int64_t> incremental_vacuum(connection& target, std::int64_t pages,
                                        std::string_view schema, deadline until) {
    if (pages < 0) {
        return error(error_kind::invalid_argument,
                     "incremental_vacuum: the number of pages cannot be negative");
    }
    constexpr std::int64_t incremental = 2;
    const auto mode = number(target, schema, "auto_vacuum");
    if (!mode) {
        return mode.error();
    }
    if (*mode != incremental) {
        return error(
            error_kind::unsupported,
            "incremental_vacuum: the database was not created with auto_vacuum = incremental");
    }
    const auto before = number(target, schema, "freelist_count");
    if (!before) {
        return before.error();
    }
    const std::string sql =
        "PRAGMA " + qualify(schema, "incremental_vacuum") + "(" + std::to_string(pages) + ")";
    if (auto done = target.execute(until, sql); !done) {
        return done.error();
    }
    return number(target, schema, "freelist_count").transform([&](std::int64_t&& after) {
        return *before - after;
    });
}

}  // namespace libsql
