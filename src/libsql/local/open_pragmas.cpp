#include "libsql/local/open_pragmas.hpp"

#include "libsql/core/enum_words.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace libsql::local {

namespace {

template <class Enum, std::size_t N>
std::string word(Enum value, const std::array<std::string_view, N>& words) {
    return std::string(words.at(static_cast<std::size_t>(value)));
}

}  // namespace

std::string_view word(journal_mode mode) noexcept {
    constexpr std::array<std::string_view, 6> words{"wal",     "delete", "truncate",
                                                    "persist", "memory", "off"};
    return detail::word_of<journal_mode::off>(words, mode);
}

std::vector<std::string> open_pragmas(const options& chosen, bool is_memory) {
    std::vector<std::string> all;
    const auto add = [&](std::string_view name, const std::string& value) {
        all.push_back("PRAGMA " + std::string(name) + " = " + value);
    };
    const auto add_flag = [&](std::string_view name, std::optional<bool> value) {
        if (value) {
            add(name, *value ? "ON" : "OFF");
        }
    };
    const auto add_number = [&](std::string_view name, const auto& value) {
        if (value) {
            add(name, std::to_string(*value));
        }
    };
    const bool writes = chosen.mode != open_mode::read_only;
    // These two determine the layout of a new file, so they precede anything that writes to it.
    if (writes) {
        add_number("page_size", chosen.page_size);
        if (chosen.auto_vacuum) {
            add("auto_vacuum", word(*chosen.auto_vacuum, std::array<std::string_view, 3>{
                                                             "NONE", "FULL", "INCREMENTAL"}));
        }
    }
    if (chosen.locking_mode) {
        add("locking_mode",
            word(*chosen.locking_mode, std::array<std::string_view, 2>{"NORMAL", "EXCLUSIVE"}));
    }
    if (chosen.journal_mode) {
        add("journal_mode", std::string(word(*chosen.journal_mode)));
    } else if (writes && !is_memory) {
        add("journal_mode", "WAL");
    }
    if (chosen.synchronous) {
        add("synchronous", word(*chosen.synchronous,
                                std::array<std::string_view, 4>{"OFF", "NORMAL", "FULL", "EXTRA"}));
    }
    add_number("cache_size", chosen.cache_size);
    add_flag("cache_spill", chosen.cache_spill);
    if (chosen.temp_store) {
        add("temp_store",
            word(*chosen.temp_store, std::array<std::string_view, 2>{"FILE", "MEMORY"}));
    }
    add_number("mmap_size", chosen.mmap_size);
    add_flag("foreign_keys", chosen.foreign_keys);
    add_flag("case_sensitive_like", chosen.case_sensitive_like);
    if (chosen.secure_delete) {
        add("secure_delete",
            word(*chosen.secure_delete, std::array<std::string_view, 3>{"OFF", "ON", "FAST"}));
    }
    add_number("wal_autocheckpoint", chosen.wal_autocheckpoint);
    add_number("journal_size_limit", chosen.journal_size_limit);
    for (const auto& [name, value] : chosen.custom_pragmas) {
        add(name, value);
    }
    return all;
}

}  // namespace libsql::local
