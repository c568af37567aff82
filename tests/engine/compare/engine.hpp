#pragma once

#include "script.hpp"

#include <cstdint>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace libsql::compare {

struct value {
    char type = 'N';  ///< I, R, T, B or N
    std::int64_t integer = 0;
    double real = 0;
    std::string bytes{};
};

using row = std::vector<value>;

struct outcome {
    int code = 0;  ///< primary
    std::string message{};
    std::vector<row> rows{};
    std::int64_t changes = 0;
    std::int64_t last_rowid = 0;
    bool in_transaction = false;
    bool too_long = false;  ///< stopped by us: says nothing
};

/// How an engine runs a script.
enum class plan {
    usual,
    plain,  ///< without the optimisations and without the indexes that are not unique
};

/// The C API of an engine that is a shared object. Two of them share a process.
class engine {
public:
    /// A statement is stopped after `retry_policy` times 100,000 steps of its program. Throws
    /// std::runtime_error when the object cannot be loaded.
    explicit engine(const std::string& path, int retry_policy = 3);

    /// What each statement of the script gives, on a new database. What is `equivalent` has its
    /// outcome behind its statement's.
    std::vector<outcome> run(const script& statements, plan how) const;

    const std::string& version() const { return version_; }

private:
    void set_up(sqlite3* db, plan how) const;
    outcome run_one(sqlite3* db, const std::string& sql) const;
    void step_all(sqlite3_stmt* compiled, outcome& result) const;
    row read_row(sqlite3_stmt* compiled) const;

    int patience_;
    std::string version_;
    int (*open_)(const char*, sqlite3**, int, const char*) = nullptr;
    int (*close_)(sqlite3*) = nullptr;
    int (*prepare_)(sqlite3*, const char*, int, sqlite3_stmt**, const char**) = nullptr;
    int (*step_)(sqlite3_stmt*) = nullptr;
    int (*finalize_)(sqlite3_stmt*) = nullptr;
    int (*column_count_)(sqlite3_stmt*) = nullptr;
    int (*column_type_)(sqlite3_stmt*, int) = nullptr;
    std::int64_t (*column_int64_)(sqlite3_stmt*, int) = nullptr;
    double (*column_double_)(sqlite3_stmt*, int) = nullptr;
    const void* (*column_blob_)(sqlite3_stmt*, int) = nullptr;
    const unsigned char* (*column_text_)(sqlite3_stmt*, int) = nullptr;
    int (*column_bytes_)(sqlite3_stmt*, int) = nullptr;
    std::int64_t (*changes_)(sqlite3*) = nullptr;
    std::int64_t (*last_insert_rowid_)(sqlite3*) = nullptr;
    int (*get_autocommit_)(sqlite3*) = nullptr;
    const char* (*errmsg_)(sqlite3*) = nullptr;
    void (*progress_handler_)(sqlite3*, int, int (*)(void*), void*) = nullptr;
    int (*db_config_)(sqlite3*, int, ...) = nullptr;
    int (*test_control_)(int, ...) = nullptr;
};

/// A value as SQL writes it; reals with all their digits.
std::string to_text(const value& cell);
std::string to_text(const outcome& result);

}  // namespace libsql::compare
