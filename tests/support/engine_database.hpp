#pragma once

#include "libsql/engine/engine.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libsql::testing {

/// The engine's result of preparing the first statement of a text.
struct engine_statement {
    int code = SQLITE_OK;
    std::size_t tail = 0;  ///< where the engine stopped reading
    std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> handle{nullptr, &sqlite3_finalize};

    /// The parameters' names by index, from 1 on; empty for a parameter without a name.
    [[nodiscard]] std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        for (int i = 1; i <= sqlite3_bind_parameter_count(handle.get()); ++i) {
            const char* const name = sqlite3_bind_parameter_name(handle.get(), i);
            names.emplace_back(name == nullptr ? "" : name);
        }
        return names;
    }
};

/// The real engine with a database in memory, as the reference for tests.
class engine_database {
public:
    explicit engine_database(const std::string& schema = "") {
        sqlite3* database = nullptr;
        sqlite3_open(":memory:", &database);
        handle_.reset(database);
        sqlite3_exec(database, schema.c_str(), nullptr, nullptr, nullptr);
    }

    [[nodiscard]] engine_statement prepare(std::string_view sql) {
        const std::string text(sql);  // never null, unlike the data of an empty view
        engine_statement result;
        sqlite3_stmt* statement = nullptr;
        const char* tail = text.data();
        result.code = sqlite3_prepare_v2(handle_.get(), text.data(), static_cast<int>(text.size()),
                                         &statement, &tail);
        result.handle.reset(statement);
        result.tail = static_cast<std::size_t>(tail - text.data());
        return result;
    }

    /// The bytes and the type of the first column of the first row of `SELECT <expression>`.
    [[nodiscard]] std::pair<int, std::string> evaluate(const std::string& expression) {
        const engine_statement statement = prepare("SELECT " + expression);
        if (statement.code != SQLITE_OK || sqlite3_step(statement.handle.get()) != SQLITE_ROW) {
            return {SQLITE_NULL, sqlite3_errmsg(handle_.get())};
        }
        const void* const data = sqlite3_column_blob(statement.handle.get(), 0);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.handle.get(), 0));
        return {sqlite3_column_type(statement.handle.get(), 0),
                size == 0 ? std::string() : std::string(static_cast<const char*>(data), size)};
    }

    [[nodiscard]] int execute(const std::string& sql) {
        return sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    }

    [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

private:
    std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> handle_{nullptr, &sqlite3_close_v2};
};

}  // namespace libsql::testing
