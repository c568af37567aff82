#pragma once

#include "libsql/engine/empty_database.hpp"

#include <libsql/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// An empty database with tables and indexes of a server, in which the constraint that failed on
/// the server is found as in local mode. A server reports only that it was a constraint, and the
/// engine's message.
class schema_mirror {
public:
    /// A query for the definitions needed for a message, which is its only argument: those of each
    /// table that the message names, or names an index of.
    static constexpr std::string_view query_for_message =
        "SELECT '-- FAIL' WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE sql LIKE '%FAIL%') "
        "UNION ALL SELECT sql FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
        "type IN ('table', 'index') AND "
        "(?1 LIKE 'CHECK%' AND type = 'table' AND sql LIKE '%CHECK%' OR tbl_name IN "
        "(SELECT tbl_name FROM sqlite_schema WHERE instr(?1, tbl_name) OR "
        "instr(?1, replace(name, '''', '''''')))) ORDER BY type DESC)";

    /// A query for all definitions.
    static constexpr std::string_view query_for_all =
        "SELECT '-- FAIL' WHERE EXISTS (SELECT 1 FROM sqlite_schema WHERE sql LIKE '%FAIL%') "
        "UNION ALL SELECT sql FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
        "type IN ('table', 'index') ORDER BY type DESC)";

    /// What a statement that failed with a constraint has left behind, judged by its text and by
    /// the result of either query: nothing, except that with ON CONFLICT FAIL or RAISE(FAIL) the
    /// rows before the failure may stand. A server does not report this.
    static error_outcome outcome_of(std::string_view sql,
                                    const std::vector<std::string>& definitions);

    explicit schema_mirror(const std::vector<std::string>& definitions);

    /// The constraint that `message` refers to. Sets `extended_code` to what the engine would
    /// report.
    constraint_violation find(std::string_view message, int& extended_code) const;

private:
    std::unique_ptr<sqlite3, detail::database_closer> db_;
};

}  // namespace libsql::remote
