#include "libsql/core/ascii_case.hpp"
#include "libsql/core/database_path.hpp"
#include "libsql/core/server_url.hpp"

#include <libsql/options.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <functional>
#include <limits>

namespace libsql {

namespace {

error bad_value(std::string_view name, std::string_view value, std::string_view expected) {
    return error(error_kind::invalid_argument, "option " + std::string(name) + ": \"" +
                                                   std::string(value) + "\" is not " +
                                                   std::string(expected));
}

using setter = std::function<std::optional<error>(options&, std::string_view)>;

template <class Number>
std::optional<Number> read_number(std::string_view value) {
    Number n{};
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (failed != std::errc() || end != value.data() + value.size()) {
        return std::nullopt;
    }
    return n;
}

setter text(std::string options::*member) {
    return [member](options& o, std::string_view value) -> std::optional<error> {
        o.*member = value;
        return std::nullopt;
    };
}

template <class Number>
setter number(std::string_view name, std::optional<Number> options::*member) {
    return [name, member](options& o, std::string_view value) -> std::optional<error> {
        o.*member = read_number<Number>(value);
        return o.*member ? std::nullopt : std::optional(bad_value(name, value, "a whole number"));
    };
}

setter milliseconds(std::string_view name, std::chrono::milliseconds options::*member) {
    return [name, member](options& o, std::string_view value) -> std::optional<error> {
        const auto n = read_number<std::int64_t>(value);
        if (!n || *n < 0) {
            return bad_value(name, value, "a number of milliseconds");
        }
        o.*member = std::chrono::milliseconds(*n);
        return std::nullopt;
    };
}

std::optional<bool> read_flag(std::string_view value) {
    if (value == "true" || value == "on" || value == "1") {
        return true;
    }
    if (value == "false" || value == "off" || value == "0") {
        return false;
    }
    return std::nullopt;
}

setter flag(std::string_view name, std::optional<bool> options::*member) {
    return [name, member](options& o, std::string_view value) -> std::optional<error> {
        o.*member = read_flag(value);
        return o.*member ? std::nullopt : std::optional(bad_value(name, value, "true or false"));
    };
}

setter sync_flag(std::string_view name, bool sync_options::*member) {
    return [name, member](options& o, std::string_view value) -> std::optional<error> {
        const auto read = read_flag(value);
        if (!read) {
            return bad_value(name, value, "true or false");
        }
        o.sync.*member = *read;
        return std::nullopt;
    };
}

std::optional<error> sync_interval(options& o, std::string_view value) {
    const auto n = read_number<std::int64_t>(value);
    if (!n || *n < 0) {
        return bad_value("sync_interval", value, "a number of milliseconds");
    }
    o.sync.interval = std::chrono::milliseconds(*n);
    return std::nullopt;
}

std::optional<error> token(options& o, std::string_view value) {
    o.auth_token = std::string(value);
    return std::nullopt;
}

template <class Enum, class Member, std::size_t N>
setter choice(std::string_view name, Member options::*member,
              std::array<std::string_view, N> words) {
    return [name, member, words](options& o, std::string_view value) -> std::optional<error> {
        std::string all;
        for (std::size_t i = 0; i < N; ++i) {
            if (words[i] == value) {
                o.*member = static_cast<Enum>(i);
                return std::nullopt;
            }
            all += (i == 0 ? "" : ", ") + std::string(words[i]);
        }
        return bad_value(name, value, "one of " + all);
    };
}

template <std::size_t N>
using words = std::array<std::string_view, N>;

const std::vector<std::pair<std::string_view, setter>>& setters() {
    static const std::vector<std::pair<std::string_view, setter>> all{
        {"database", text(&options::database)},
        {"uri", text(&options::uri)},
        {"auth_token", token},
        {"namespace", text(&options::server_namespace)},
        {"connect_timeout", milliseconds("connect_timeout", &options::connect_timeout)},
        {"ca_file", text(&options::ca_file)},
        {"proxy", text(&options::proxy)},
        {"user_agent", text(&options::user_agent)},
        {"wire_format", choice<wire_format>("wire_format", &options::wire_format,
                                            words<3>{"automatic", "json", "protobuf"})},
        {"sync", sync_flag("sync", &sync_options::on_open)},
        {"sync_interval", sync_interval},
        {"read_your_writes", sync_flag("read_your_writes", &sync_options::read_your_writes)},
        {"offline_writes", sync_flag("offline_writes", &sync_options::offline_writes)},
        {"encryption_key", text(&options::encryption_key)},
        {"remote_encryption_key", text(&options::remote_encryption_key)},
        {"mode", choice<open_mode>("mode", &options::mode,
                                   words<3>{"read_write_create", "read_write", "read_only"})},
        {"busy_timeout", milliseconds("busy_timeout", &options::busy_timeout)},
        {"timeout", milliseconds("timeout", &options::timeout)},
        {"default_transaction_mode",
         choice<transaction_mode>("default_transaction_mode", &options::default_transaction_mode,
                                  words<4>{"deferred", "immediate", "exclusive", "read_only"})},
        {"statement_cache_size",
         [](options& o, std::string_view value) -> std::optional<error> {
             const auto n = read_number<std::size_t>(value);
             if (!n) {
                 return bad_value("statement_cache_size", value, "a whole number");
             }
             o.statement_cache_size = *n;
             return std::nullopt;
         }},
        {"journal_mode",
         choice<journal_mode>("journal_mode", &options::journal_mode,
                              words<6>{"wal", "delete", "truncate", "persist", "memory", "off"})},
        {"synchronous", choice<synchronous_mode>("synchronous", &options::synchronous,
                                                 words<4>{"off", "normal", "full", "extra"})},
        {"cache_size", number("cache_size", &options::cache_size)},
        {"cache_spill", flag("cache_spill", &options::cache_spill)},
        {"temp_store",
         choice<temp_store>("temp_store", &options::temp_store, words<2>{"file", "memory"})},
        {"mmap_size", number("mmap_size", &options::mmap_size)},
        {"foreign_keys", flag("foreign_keys", &options::foreign_keys)},
        {"case_sensitive_like", flag("case_sensitive_like", &options::case_sensitive_like)},
        {"auto_vacuum", choice<auto_vacuum>("auto_vacuum", &options::auto_vacuum,
                                            words<3>{"none", "full", "incremental"})},
        {"page_size", number("page_size", &options::page_size)},
        {"locking_mode", choice<locking_mode>("locking_mode", &options::locking_mode,
                                              words<2>{"normal", "exclusive"})},
        {"secure_delete", choice<secure_delete>("secure_delete", &options::secure_delete,
                                                words<3>{"off", "on", "fast"})},
        {"wal_autocheckpoint", number("wal_autocheckpoint", &options::wal_autocheckpoint)},
        {"journal_size_limit", number("journal_size_limit", &options::journal_size_limit)},
        {"soft_heap_limit", number("soft_heap_limit", &options::soft_heap_limit)},
        {"hard_heap_limit", number("hard_heap_limit", &options::hard_heap_limit)},
    };
    return all;
}

/// Whether a pragma's name, in any case, is also the name of an option.
bool is_option(std::string_view pragma) {
    return std::any_of(setters().begin(), setters().end(), [&](const auto& known) {
        return equals_ignoring_case(pragma, known.first);
    });
}

}  // namespace

result<options> options::parse(
    std::span<const std::pair<std::string_view, std::string_view>> settings) {
    options chosen;
    for (const auto& [name, value] : settings) {
        const setter* found = nullptr;
        for (const auto& [known, set] : setters()) {
            if (known == name) {
                found = &set;
            }
        }
        if (found == nullptr) {
            return error(error_kind::invalid_argument,
                         "there is no option \"" + std::string(name) + "\"");
        }
        if (auto bad = (*found)(chosen, value)) {
            return *std::move(bad);
        }
    }
    return chosen;
}

namespace {

/// An option's name, and whether the option is set.
struct setting {
    std::string_view name;
    bool is_set;
};

template <std::size_t N>
std::string_view first_set(const std::array<setting, N>& settings) {
    const auto found =
        std::find_if(settings.begin(), settings.end(), [](const setting& s) { return s.is_set; });
    return found == settings.end() ? std::string_view() : found->name;
}

auto server_settings(const options& o) {
    return std::array{
        setting{"auth_token", !o.auth_token.empty()},
        setting{"namespace", !o.server_namespace.empty()},
        setting{"remote_encryption_key", !o.remote_encryption_key.empty()},
        setting{"connect_timeout", o.connect_timeout != options().connect_timeout},
        setting{"ca_file", !o.ca_file.empty()},
        setting{"proxy", !o.proxy.empty()},
        setting{"user_agent", !o.user_agent.empty()},
        setting{"wire_format", o.wire_format != wire_format::automatic},
    };
}

auto replica_settings(const options& o) {
    const sync_options usual;
    return std::array{
        setting{"sync (on_open)", o.sync.on_open != usual.on_open},
        setting{"sync (interval)", o.sync.interval != usual.interval},
        setting{"sync (read_your_writes)", o.sync.read_your_writes != usual.read_your_writes},
        setting{"sync (offline_writes)", o.sync.offline_writes != usual.offline_writes},
        setting{"sync (progress)", o.sync.progress != nullptr},
    };
}

auto file_settings(const options& o) {
    return std::array{
        setting{"encryption_key", !o.encryption_key.empty()},
        setting{"journal_mode", o.journal_mode.has_value()},
        setting{"synchronous", o.synchronous.has_value()},
        setting{"cache_size", o.cache_size.has_value()},
        setting{"cache_spill", o.cache_spill.has_value()},
        setting{"temp_store", o.temp_store.has_value()},
        setting{"mmap_size", o.mmap_size.has_value()},
        setting{"foreign_keys", o.foreign_keys.has_value()},
        setting{"case_sensitive_like", o.case_sensitive_like.has_value()},
        setting{"auto_vacuum", o.auto_vacuum.has_value()},
        setting{"page_size", o.page_size.has_value()},
        setting{"locking_mode", o.locking_mode.has_value()},
        setting{"secure_delete", o.secure_delete.has_value()},
        setting{"wal_autocheckpoint", o.wal_autocheckpoint.has_value()},
        setting{"journal_size_limit", o.journal_size_limit.has_value()},
        setting{"custom_pragmas", !o.custom_pragmas.empty()},
        setting{"load_extensions", !o.load_extensions.empty()},
    };
}

/// The error for options that a replica's file cannot have.
std::optional<error> check_replica(const options& o) {
    const auto no = [](std::string_view why) {
        return error(error_kind::invalid_argument, "a replica " + std::string(why));
    };
    if (detail::is_memory_database(o.database) || o.database.starts_with("file:")) {
        return no("must be a file given by its path, because its state is kept beside it");
    }
    if (o.journal_mode && *o.journal_mode != journal_mode::wal) {
        return no("needs journal_mode wal, because syncs write through the log");
    }
    if (o.locking_mode == locking_mode::exclusive) {
        return no("cannot have locking_mode exclusive, because it is read while syncs write to it");
    }
    for (const auto& [name, value] : o.custom_pragmas) {
        if (equals_ignoring_case(name, "query_only")) {
            return no("cannot change query_only, because only syncs write to its file");
        }
    }
    if (o.page_size || o.auto_vacuum) {
        return no("has the pages of its primary; set page_size and auto_vacuum there");
    }
    return std::nullopt;
}

/// Checks that all options are of the same mode.
result<void> check_mode(const options& chosen) {
    const auto invalid = [](std::string message) {
        return error(error_kind::invalid_argument, std::move(message));
    };
    if (chosen.uri.empty() && chosen.database.empty()) {
        return invalid(
            "no database was chosen: set option database (a path, \":memory:\" or a file: URI) or "
            "uri (the URL of a server)");
    }
    if (chosen.uri.empty()) {
        if (const auto odd = first_set(server_settings(chosen)); !odd.empty()) {
            return invalid("option " + std::string(odd) + " needs the option uri");
        }
    } else if (auto url = detail::parse_server_url(chosen.uri); !url) {
        return url.error();
    }
    if (chosen.uri.empty() || chosen.database.empty()) {
        if (const auto odd = first_set(replica_settings(chosen)); !odd.empty()) {
            return invalid("option " + std::string(odd) +
                           " is for a replica, which needs uri and database");
        }
    }
    if (chosen.database.empty()) {
        if (const auto odd = first_set(file_settings(chosen)); !odd.empty()) {
            return invalid("option " + std::string(odd) +
                           " is for a file, but the database is on a server");
        }
    } else if (!chosen.uri.empty()) {
        if (auto bad = check_replica(chosen)) {
            return *std::move(bad);
        }
    }
    if (chosen.connect_timeout.count() <= 0 || chosen.sync.interval.count() < 0) {
        return invalid("connect_timeout must be positive, and sync.interval cannot be negative");
    }
    return {};
}

}  // namespace

result<void> validate(const options& chosen) {
    const auto invalid = [](std::string message) {
        return error(error_kind::invalid_argument, std::move(message));
    };
    if (auto one = check_mode(chosen); !one) {
        return one.error();
    }
    if (chosen.database.find('\0') != std::string::npos) {
        return invalid("option database contains a NUL");
    }
    if (detail::uri_holds_key(chosen.database)) {
        return invalid(
            "the URI in option database contains a key; use the option encryption_key instead");
    }
    const bool reads = chosen.mode == open_mode::read_only;
    if (reads && (chosen.journal_mode || chosen.page_size || chosen.auto_vacuum)) {
        return invalid(
            "journal_mode, page_size and auto_vacuum change the file, which mode read_only does "
            "not allow");
    }
    if (chosen.journal_mode == libsql::journal_mode::wal && chosen.database == ":memory:") {
        return invalid("journal_mode wal needs a file, but the database is in memory");
    }
    if (chosen.mode != open_mode::read_write_create && chosen.database == ":memory:") {
        return invalid("a new database in memory needs mode read_write_create");
    }
    if (!chosen.encryption_key.empty() && detail::is_memory_database(chosen.database)) {
        return invalid("encryption_key encrypts a file, but the database is in memory");
    }
    if (chosen.encryption_key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return invalid("encryption_key is too long");
    }
    if (chosen.page_size && (*chosen.page_size < 512 || *chosen.page_size > 65536 ||
                             !std::has_single_bit(static_cast<unsigned>(*chosen.page_size)))) {
        return invalid("page_size must be a power of two from 512 to 65536");
    }
    constexpr std::int64_t largest_map =
        0x7fff0000;  // SQLITE_MAX_MMAP_SIZE: SQLite silently reduces a larger value to it
    if (chosen.mmap_size && (*chosen.mmap_size < 0 || *chosen.mmap_size > largest_map)) {
        return invalid("mmap_size must be from 0 to " + std::to_string(largest_map));
    }
    if (chosen.soft_heap_limit || chosen.hard_heap_limit) {
        return error(error_kind::unsupported,
                     "options soft_heap_limit and hard_heap_limit are unsupported: the engine is "
                     "built without memory accounting");
    }
    for (const auto& [name, value] : chosen.custom_pragmas) {
        if (is_option(name)) {
            return invalid("custom_pragmas: use the option " + name + " instead");
        }
    }
    if (chosen.busy_timeout.count() < 0 || chosen.timeout.count() < 0) {
        return invalid("busy_timeout and timeout cannot be negative");
    }
    return {};
}

}  // namespace libsql
