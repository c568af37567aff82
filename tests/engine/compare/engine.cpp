#include "engine.hpp"

#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace libsql::compare {

namespace {

// The names of sqlite3.h, which says what they are.
constexpr int ok = 0;
constexpr int interrupted = 9;
constexpr int row_is_there = 100;
constexpr int done = 101;
constexpr int open_read_write_create_memory = 0x2 | 0x4 | 0x80;
constexpr int type_integer = 1;
constexpr int type_float = 2;
constexpr int type_text = 3;
constexpr int type_blob = 4;
constexpr int config_float_digits = 1023;
constexpr int control_optimizations = 15;

constexpr int steps_between_calls = 100'000;
constexpr std::size_t rows_until_too_long = 20'000;

template <class Function>
void load(void* object, const char* name, Function& function) {
    void* found = dlsym(object, name);
    if (found == nullptr) {
        throw std::runtime_error(std::string("no ") + name);
    }
    function = reinterpret_cast<Function>(found);
}

int count_down(void* counter) {
    return --*static_cast<int*>(counter) < 0 ? 1 : 0;
}

bool makes_an_index(const std::string& sql) {
    return sql.starts_with("CREATE INDEX") || sql.starts_with("ANALYZE");
}

}  // namespace

engine::engine(const std::string& path, int retry_policy) : patience_(retry_policy) {
    void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
        throw std::runtime_error(dlerror());
    }
    const char* (*libversion)() = nullptr;
    load(object, "sqlite3_libversion", libversion);
    load(object, "sqlite3_open_v2", open_);
    load(object, "sqlite3_close_v2", close_);
    load(object, "sqlite3_prepare_v2", prepare_);
    load(object, "sqlite3_step", step_);
    load(object, "sqlite3_finalize", finalize_);
    load(object, "sqlite3_column_count", column_count_);
    load(object, "sqlite3_column_type", column_type_);
    load(object, "sqlite3_column_int64", column_int64_);
    load(object, "sqlite3_column_double", column_double_);
    load(object, "sqlite3_column_blob", column_blob_);
    load(object, "sqlite3_column_text", column_text_);
    load(object, "sqlite3_column_bytes", column_bytes_);
    load(object, "sqlite3_changes64", changes_);
    load(object, "sqlite3_last_insert_rowid", last_insert_rowid_);
    load(object, "sqlite3_get_autocommit", get_autocommit_);
    load(object, "sqlite3_errmsg", errmsg_);
    load(object, "sqlite3_progress_handler", progress_handler_);
    load(object, "sqlite3_db_config", db_config_);
    load(object, "sqlite3_test_control", test_control_);
    version_ = libversion();
}

void engine::set_up(sqlite3* db, plan how) const {
    // SQLite 3.53 writes 17 digits of a real; with 15, as before, texts can be compared.
    int digits = 0;
    db_config_(db, config_float_digits, 15, &digits);
    if (how == plan::plain) {
        test_control_(control_optimizations, db, ~0);
    }
}

std::vector<outcome> engine::run(const script& statements, plan how) const {
    sqlite3* db = nullptr;
    if (open_(":memory:", &db, open_read_write_create_memory, nullptr) != ok) {
        throw std::runtime_error("no database");
    }
    set_up(db, how);
    std::vector<outcome> results;
    for (const statement& one : statements) {
        if (how == plan::plain && makes_an_index(one.sql)) {
            results.emplace_back();
            continue;
        }
        results.push_back(run_one(db, one.sql));
        if (!one.equivalent.empty()) {
            results.push_back(run_one(db, one.equivalent));
        }
        if (results.back().too_long && !is_query(one.sql)) {
            break;
        }
    }
    close_(db);
    return results;
}

outcome engine::run_one(sqlite3* db, const std::string& sql) const {
    outcome result;
    int calls = patience_;
    progress_handler_(db, steps_between_calls, count_down, &calls);
    sqlite3_stmt* compiled = nullptr;
    result.code = prepare_(db, sql.c_str(), -1, &compiled, nullptr) & 0xff;
    if (result.code == ok && compiled != nullptr) {
        step_all(compiled, result);
    }
    if (result.code != ok) {
        result.message = errmsg_(db);
    }
    finalize_(compiled);
    result.too_long = result.too_long || result.code == interrupted;
    result.changes = changes_(db);
    result.last_rowid = last_insert_rowid_(db);
    result.in_transaction = get_autocommit_(db) == 0;
    progress_handler_(db, 0, nullptr, nullptr);
    return result;
}

void engine::step_all(sqlite3_stmt* compiled, outcome& result) const {
    int code = row_is_there;
    while ((code = step_(compiled)) == row_is_there) {
        result.rows.push_back(read_row(compiled));
        if (result.rows.size() > rows_until_too_long) {
            result.too_long = true;
            return;
        }
    }
    result.code = code == done ? ok : code & 0xff;
}

row engine::read_row(sqlite3_stmt* compiled) const {
    row result(static_cast<std::size_t>(column_count_(compiled)));
    for (int i = 0; i < static_cast<int>(result.size()); ++i) {
        value& cell = result[static_cast<std::size_t>(i)];
        switch (column_type_(compiled, i)) {
            case type_integer:
                cell.type = 'I';
                cell.integer = column_int64_(compiled, i);
                break;
            case type_float:
                cell.type = 'R';
                cell.real = column_double_(compiled, i);
                break;
            case type_text:
            case type_blob: {
                cell.type = column_type_(compiled, i) == type_blob ? 'B' : 'T';
                // The text as UTF-8, whatever the database has.
                const void* bytes =
                    cell.type == 'B' ? column_blob_(compiled, i) : column_text_(compiled, i);
                const int size = column_bytes_(compiled, i);
                if (size > 0) {
                    cell.bytes.assign(static_cast<const char*>(bytes),
                                      static_cast<std::size_t>(size));
                }
                break;
            }
            default:
                break;
        }
    }
    return result;
}

namespace {

std::string escaped(const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += byte == '\0' ? "\\0" : byte == '\n' ? "\\n" : std::string(1, byte);
    }
    return text;
}

}  // namespace

std::string to_text(const value& cell) {
    switch (cell.type) {
        case 'I':
            return std::to_string(cell.integer);
        case 'R': {
            std::array<char, 40> text{};
            std::snprintf(text.data(), text.size(), "%#.17g", cell.real);
            return text.data();
        }
        case 'T':
            return "'" + escaped(cell.bytes) + "'";
        case 'B': {
            std::string text = "x'";
            for (const char byte : cell.bytes) {
                constexpr const char* digits = "0123456789abcdef";
                text += digits[static_cast<unsigned char>(byte) >> 4U];
                text += digits[static_cast<unsigned char>(byte) & 15U];
            }
            return text + "'";
        }
        default:
            return "NULL";
    }
}

std::string to_text(const outcome& result) {
    if (result.too_long) {
        return "(took too long)";
    }
    if (result.code != ok) {
        return "error " + std::to_string(result.code) + ": " + result.message;
    }
    std::string text = "changes " + std::to_string(result.changes) + ", last rowid " +
                       std::to_string(result.last_rowid) +
                       (result.in_transaction ? ", in a transaction" : "");
    std::size_t shown = 0;
    for (const row& cells : result.rows) {
        if (++shown > 40) {
            text += "\n    ... " + std::to_string(result.rows.size()) + " rows";
            break;
        }
        text += "\n    ";
        for (const value& cell : cells) {
            text += to_text(cell) + " | ";
        }
    }
    return text;
}

}  // namespace libsql::compare
