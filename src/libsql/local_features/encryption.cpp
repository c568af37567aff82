#include "libsql/core/database_path.hpp"
#include "libsql/local/cipher.hpp"
#include "libsql/local/file_format.hpp"
#include "libsql/local/open_work.hpp"
#include "libsql/local_features/on_local.hpp"

#include <libsql/encryption.hpp>
#include <libsql/identifier.hpp>

#include <limits>

namespace libsql {

namespace {

std::optional<error> bad_key(std::string_view key) {
    if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return error(error_kind::invalid_argument, "the key is too long");
    }
    return std::nullopt;
}

/// The reason why the file of `schema` cannot be rewritten, if any. Call inside a `call`.
std::optional<error> not_rewritable(const local::connection& c, const std::string& schema) {
    if (auto busy = local::check_no_open_work(c, "rekey")) {
        return busy;
    }
    const int read_only = sqlite3_db_readonly(c.handle(), schema.c_str());
    if (read_only < 0) {
        return local::no_schema(schema);
    }
    const char* const file = sqlite3_db_filename(c.handle(), schema.c_str());
    if (file == nullptr || *file == '\0') {
        return error(error_kind::unsupported,
                     "only a file can be encrypted, but \"" + schema + "\" is in memory");
    }
    if (read_only > 0) {
        return error(error_kind::read_only, "\"" + schema + "\" is open for reading only");
    }
    return std::nullopt;
}

error with_message(const error& why, std::string message) {
    error::fields all = why.all();
    all.message = std::move(message);
    return error(std::move(all));
}

}  // namespace

result<void> rekey(connection& target, std::string_view new_key, std::string_view schema) {
    const auto on_file = [&](auto&& f) {
        return local::on_local(target, "rekey", std::forward<decltype(f)>(f),
                               local::below_sql::writes);
    };
    const std::string name(schema);
    auto ready = on_file([&](local::connection& c) -> result<void> {
        auto why = bad_key(new_key);
        if (!why) {
            why = not_rewritable(c, name);
        }
        return why ? result<void>(*std::move(why)) : result<void>();
    });
    if (!ready) {
        return ready;
    }
    // The engine cannot rewrite the pages of a write-ahead log.
    const std::string journal = "PRAGMA " + quote_identifier(schema) + ".journal_mode";
    const auto mode = target.fetch_one<std::string>(journal);
    if (!mode) {
        return mode.error();
    }
    const bool wal = *mode == "wal";
    if (wal) {
        if (auto left = target.fetch_one<std::string>(journal + " = DELETE"); !left) {
            return with_message(left.error(), "rekey needs the only connection to the file: " +
                                                  left.error().message());
        }
    }
    auto outcome = on_file([&](local::connection& c) -> result<void> {
        local::choose_cipher(c.handle());
        const int rc = sqlite3_rekey_v2(c.handle(), name.c_str(), new_key.data(),
                                        static_cast<int>(new_key.size()));
        return rc == SQLITE_OK ? result<void>() : result<void>(c.make_error(rc));
    });
    if (wal) {
        if (auto back = target.fetch_one<std::string>(journal + " = WAL"); !back && outcome) {
            return with_message(
                back.error(),
                "the key was changed, but the file could not be put back into WAL mode: " +
                    back.error().message());
        }
    }
    return outcome;
}

result<void> attach(executor& target, std::string_view path, std::string_view schema,
                    std::string_view key) {
    if (auto local = local::connection_of(target, "attach"); !local) {
        return local.error();
    }
    if (auto bad = bad_key(key)) {
        return *std::move(bad);
    }
    if (detail::uri_holds_key(path)) {
        return error(error_kind::invalid_argument,
                     "the URI contains a key; pass it as the argument key instead");
    }
    if (path.find('\0') != std::string_view::npos || schema.find('\0') != std::string_view::npos) {
        return error(error_kind::invalid_argument, "the path or the schema's name contains a NUL");
    }
    const std::string file(path);
    if (!key.empty() && (file.empty() || detail::is_memory_database(file))) {
        return error(error_kind::invalid_argument,
                     "only a file can be encrypted, but this database is in memory");
    }
    auto chosen = local::on_local(target, "attach", [](local::connection& c) -> result<void> {
        local::choose_cipher(c.handle());
        return {};
    });
    if (!chosen) {
        return chosen;
    }
    // Without KEY the engine would try the main database's key.
    const auto bytes = std::as_bytes(std::span(key));
    const auto done = target.execute("ATTACH ?1 AS ?2 KEY ?3", path, schema, blob_view(bytes));
    if (done) {
        return {};
    }
    if (done.error().kind() == error_kind::not_a_database) {
        return local::explain_not_a_database(done.error(), file, path, !key.empty());
    }
    return done.error();
}

result<void> detach(executor& target, std::string_view schema) {
    return target.execute("DETACH ?1", schema).transform([](const execution&) {});
}

result<std::optional<std::string>> cipher(const executor& target, std::string_view schema) {
    return local::on_local(
        target, "cipher", [&](local::connection& c) -> result<std::optional<std::string>> {
            const std::string name(schema);
            if (sqlite3_db_readonly(c.handle(), name.c_str()) < 0) {
                return local::no_schema(schema);
            }
            const char* const found = libsql_engine_cipher(c.handle(), name.c_str());
            return found == nullptr ? std::nullopt : std::optional<std::string>(found);
        });
}

}  // namespace libsql
