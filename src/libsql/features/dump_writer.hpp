#pragma once

#include "libsql/sql/virtual_table.hpp"

#include <libsql/dump.hpp>
#include <libsql/executor.hpp>
#include <libsql/rows.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// Writes one dump: reads the schema once, then passes one statement after the other to the sink.
/// The caller must make sure that everything is read in one transaction.
class dump_writer {
public:
    dump_writer(executor& source, const dump_sink& sink, const dump_options& chosen);

    result<void> write();

private:
    struct entry {  // the order and types are those of the query
        std::string type;
        std::string name;
        std::string table;
        std::string sql;
    };

    /// Which columns an INSERT fills, and the SELECT that reads them.
    struct insertion {
        std::string select;
        std::string head;  ///< INSERT INTO "t"("a") VALUES(
    };

    result<void> read_schema();
    result<void> hide_vector_tables();
    result<void> choose();
    [[nodiscard]] bool is_chosen(std::string_view table) const;
    [[nodiscard]] std::string object(std::string_view name) const;

    result<void> write_pragmas();
    result<void> write_tables();
    result<void> write_virtual_table(const entry& table, const virtual_table& definition);
    result<void> write_fts5_configuration(const std::string& table);
    [[nodiscard]] std::string_view owner_of(const entry& shadow) const;
    result<void> write_shadow_rows(const std::string& owner);
    result<void> write_rebuilds();
    result<void> write_sequences();
    result<void> write_statistics();
    result<void> write_entries(std::string_view type, bool vector_indexes);

    result<insertion> plan(const std::string& table, bool keep_rowid, bool virtual_rows);
    result<std::optional<std::string>> rowid_name(const std::string& table,
                                                  const std::vector<std::string>& columns);
    result<void> write_rows(const insertion& into);
    result<void> write_row(std::string_view head, const row& values);
    result<void> write_create(const entry& what);
    result<void> put(std::string_view statement);

    executor& source_;
    const dump_sink& sink_;
    const dump_options& chosen_;
    std::string line_;

    std::vector<entry> entries_;         ///< what is dumped, in the order of the schema
    std::vector<entry> shadows_;         ///< tables that implement others
    std::vector<std::string> vectors_;   ///< names of vector indexes
    std::vector<std::string> rebuilds_;  ///< FTS tables with external content
    bool has_sequences_{false};
    bool has_statistics_{false};
};

}  // namespace libsql
