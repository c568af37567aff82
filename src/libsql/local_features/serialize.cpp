#include "libsql/engine/engine_error.hpp"
#include "libsql/local/open_work.hpp"
#include "libsql/local_features/on_local.hpp"

#include <libsql/serialize.hpp>

#include <algorithm>
#include <memory>

namespace libsql {

namespace {

using engine_bytes = std::unique_ptr<unsigned char, decltype(&sqlite3_free)>;
using engine_handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

/// A copy in memory allocated by the engine, which may free or grow it. Never null.
result<engine_bytes> copy_for_engine(blob_view bytes) {
    engine_bytes copy(static_cast<unsigned char*>(sqlite3_malloc64(bytes.size() + 1)),
                      &sqlite3_free);
    if (!copy) {
        return error(error_kind::out_of_memory,
                     "no memory for a database of " + std::to_string(bytes.size()) + " bytes");
    }
    std::ranges::copy(bytes, reinterpret_cast<std::byte*>(copy.get()));
    // A database in memory has no log, so the engine cannot open one whose header says WAL.
    constexpr std::size_t write_version = 18;
    constexpr std::size_t read_version = 19;
    if (bytes.size() > read_version) {
        copy.get()[write_version] = 1;
        copy.get()[read_version] = 1;
    }
    return copy;
}

unsigned access_flags(deserialize_access access) noexcept {
    return SQLITE_DESERIALIZE_FREEONCLOSE |
           (access == deserialize_access::read_only ? SQLITE_DESERIALIZE_READONLY
                                                    : SQLITE_DESERIALIZE_RESIZEABLE);
}

engine_handle open_scratch() {
    sqlite3* opened = nullptr;
    sqlite3_open_v2(":memory:", &opened,
                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    return {opened, &sqlite3_close_v2};
}

/// Checks in a scratch database that the engine can read the schema in `bytes`.
result<void> check_schema(unsigned char* bytes, std::size_t size) {
    const engine_handle db = open_scratch();
    const auto length = static_cast<sqlite3_int64>(size);
    int rc =
        sqlite3_deserialize(db.get(), "main", bytes, length, length, SQLITE_DESERIALIZE_READONLY);
    if (rc == SQLITE_OK) {
        rc =
            sqlite3_exec(db.get(), "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
    }
    if (rc != SQLITE_OK) {
        return detail::engine_error(db.get(), rc, "");
    }
    return {};
}

/// The bytes of a database. `sqlite3_serialize` silently writes zeros for a page that it cannot
/// read. A backup into memory does not, and its result can be serialised without a copy.
result<blob> copy_out(sqlite3* from, const std::string& schema) {
    const engine_handle memory = open_scratch();
    int rc = sqlite3_deserialize(memory.get(), "main", nullptr, 0, 0,
                                 access_flags(deserialize_access::read_write));
    if (rc == SQLITE_OK) {
        auto* const copy = sqlite3_backup_init(memory.get(), "main", from, schema.c_str());
        rc = sqlite3_backup_step(copy, -1);
        sqlite3_backup_finish(copy);
    }
    if (rc == SQLITE_FULL) {
        return error(error_kind::too_big, "the database is too large to serialize; use back_up");
    }
    if (rc != SQLITE_DONE) {
        return detail::engine_error(memory.get(), rc, "");
    }
    sqlite3_int64 size = 0;
    const auto* const bytes =
        sqlite3_serialize(memory.get(), "main", &size, SQLITE_SERIALIZE_NOCOPY);
    const auto all = std::as_bytes(std::span(bytes, static_cast<std::size_t>(size)));
    return blob(all.begin(), all.end());
}

/// The reason why the database `schema` of `c` cannot be replaced, if any. Call inside a `call`.
std::optional<error> not_replaceable(const local::connection& c, const std::string& schema) {
    if (schema == "temp") {
        return error(error_kind::unsupported, "the temporary database cannot be replaced");
    }
    if (sqlite3_db_readonly(c.handle(), schema.c_str()) < 0) {
        return local::no_schema(schema);
    }
    if (libsql_engine_cipher(c.handle(), schema.c_str()) != nullptr) {
        return error(
            error_kind::unsupported,
            "an encrypted database cannot be replaced by one in memory, which is not encrypted");
    }
    return local::check_no_open_work(c, "deserialize");
}

}  // namespace

result<blob> serialize(connection& source, std::string_view schema) {
    return local::on_local(source, "serialize", [&](local::connection& c) -> result<blob> {
        const std::string name(schema);
        if (sqlite3_db_readonly(c.handle(), name.c_str()) < 0) {
            return local::no_schema(name);
        }
        if (sqlite3_txn_state(c.handle(), name.c_str()) == SQLITE_TXN_WRITE) {
            return error(
                error_kind::transaction,
                "a database cannot be serialized inside a transaction that has written to it");
        }
        return copy_out(c.handle(), name);
    });
}

result<void> deserialize(connection& target, blob_view bytes, deserialize_access access,
                         std::string_view schema) {
    const auto replace = [&](local::connection& c) -> result<void> {
        const std::string name(schema);
        if (auto why = not_replaceable(c, name)) {
            return *std::move(why);
        }
        auto copy = copy_for_engine(bytes);
        if (!copy) {
            return copy.error();
        }
        if (auto sound = check_schema(copy->get(), bytes.size()); !sound) {
            return sound;
        }
        const auto size = static_cast<sqlite3_int64>(bytes.size());
        // From here on the engine owns the copy, even if this fails.
        const int rc = sqlite3_deserialize(c.handle(), name.c_str(), copy->release(), size, size,
                                           access_flags(access));
        if (rc != SQLITE_OK) {
            return c.make_error(rc);
        }
        return {};
    };
    return local::on_local(target, "deserialize", replace, local::below_sql::writes);
}

}  // namespace libsql
