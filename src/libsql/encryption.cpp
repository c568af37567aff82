#include "libsql/backend.hpp"
#include "libsql/local/cipher.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/file_look.hpp"
#include "libsql/local/idle.hpp"
#include "libsql/local/open_pragmas.hpp"

#include <libsql/encryption.hpp>
#include <libsql/identifier.hpp>

#include <limits>

namespace libsql {

namespace {

using local_connection = local::connection;

error no_schema(std::string_view schema) {
    return error(error_kind::invalid_argument,
                 "there is no schema \"" + std::string(schema) + "\"");
}

std::optional<error> bad_key(std::string_view key) {
    if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return error(error_kind::invalid_argument, "the key is too long");
    }
    return std::nullopt;
}

/// Why the file of `schema` cannot be rewritten, if it cannot. Inside a call.
std::optional<error> not_rewritable(const local_connection& c, const std::string& schema) {
    if (c.handle() == nullptr) {
        return local_connection::closed();
    }
    if (auto busy = local::not_idle(c, "rekey")) {
        return busy;
    }
    const int read_only = sqlite3_db_readonly(c.handle(), schema.c_str());
    if (read_only < 0) {
        return no_schema(schema);
    }
    const char* const file = sqlite3_db_filename(c.handle(), schema.c_str());
    if (file == nullptr || *file == '\0') {
        return error(error_kind::unsupported,
                     "only a file can be encrypted, \"" + schema + "\" is in memory");
    }
    if (read_only > 0) {
        return error(error_kind::read_only, "\"" + schema + "\" is open for reading only");
    }
    return std::nullopt;
}

result<void> check_rewritable(local_connection& c, const std::string& schema) {
    const local_connection::call inside(c);
    if (!inside) {
        return local_connection::misuse();
    }
    if (auto why = not_rewritable(c, schema)) {
        return *std::move(why);
    }
    return {};
}

result<void> rewrite(local_connection& c, std::string_view key, const std::string& schema) {
    const local_connection::call inside(c);
    if (!inside) {
        return local_connection::misuse();
    }
    if (c.handle() == nullptr) {
        return local_connection::closed();
    }
    local::choose_cipher(c.handle());
    const int rc =
        sqlite3_rekey_v2(c.handle(), schema.c_str(), key.data(), static_cast<int>(key.size()));
    if (rc != SQLITE_OK) {
        return c.make_error(rc);
    }
    return {};
}

/// Runs `f(sqlite3*)`, which cannot fail, inside a call.
template <class F>
result<void> with_handle(local_connection& c, F&& f) {
    const local_connection::call inside(c);
    if (!inside) {
        return local_connection::misuse();
    }
    if (c.handle() == nullptr) {
        return local_connection::closed();
    }
    std::forward<F>(f)(c.handle());
    return {};
}

error with_message(const error& why, std::string message) {
    error::fields all = why.all();
    all.message = std::move(message);
    return error(std::move(all));
}

}  // namespace

result<void> rekey(connection& target, std::string_view new_key, std::string_view schema) {
    auto local = detail::local_of(target, "rekey");
    if (!local) {
        return local.error();
    }
    if (auto bad = bad_key(new_key)) {
        return *std::move(bad);
    }
    const std::string name(schema);
    if (auto ready = check_rewritable(**local, name); !ready) {
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
            return with_message(left.error(), "rekey needs to be the file's only connection: " +
                                                  left.error().message());
        }
    }
    auto outcome = rewrite(**local, new_key, name);
    if (wal) {
        if (auto back = target.fetch_one<std::string>(journal + " = WAL"); !back && outcome) {
            return with_message(back.error(),
                                "the key was changed, but the file stays out of WAL mode: " +
                                    back.error().message());
        }
    }
    return outcome;
}

result<void> attach(executor& target, std::string_view path, std::string_view schema,
                    std::string_view key) {
    auto local = detail::local_of(target, "attach");
    if (!local) {
        return local.error();
    }
    if (auto bad = bad_key(key)) {
        return *std::move(bad);
    }
    if (local::uri_holds_key(path)) {
        return error(error_kind::invalid_argument,
                     "the URI holds a key; give it as an argument of its own");
    }
    if (path.find('\0') != std::string_view::npos || schema.find('\0') != std::string_view::npos) {
        return error(error_kind::invalid_argument, "the path or the schema's name holds a NUL");
    }
    const std::string file(path);
    if (!key.empty() && (file.empty() || local::is_memory_database(file))) {
        return error(error_kind::invalid_argument,
                     "only a file can be encrypted, this database is in memory");
    }
    auto chosen = with_handle(**local, [](sqlite3* db) { local::choose_cipher(db); });
    if (!chosen) {
        return chosen;
    }
    // Without KEY the engine would try the main file's.
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
    auto local = detail::local_of(target, "cipher");
    if (!local) {
        return local.error();
    }
    const local_connection::call inside(**local);
    if (!inside) {
        return local_connection::misuse();
    }
    auto* const db = (*local)->handle();
    if (db == nullptr) {
        return local_connection::closed();
    }
    const std::string name(schema);
    if (sqlite3_db_readonly(db, name.c_str()) < 0) {
        return no_schema(schema);
    }
    const char* const found = libsql_engine_cipher(db, name.c_str());
    return found == nullptr ? std::nullopt : std::optional<std::string>(found);
}

}  // namespace libsql
