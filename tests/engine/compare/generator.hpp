#pragma once

#include "random_source.hpp"
#include "script.hpp"

#include <string>
#include <vector>

namespace libsql::compare {

/// Random scripts whose results are the same whatever plan an engine takes.
///
/// So there is no LIMIT without a total order, no bare column beside an aggregate, no window frame
/// of rows without a total order, no sum whose value depends on the sequence of what is added, no
/// function that fails for the values of some rows only.
class generator {
public:
    explicit generator(std::uint64_t seed);

    script make();

private:
    struct column {
        std::string name;
        char kind = 'B';  ///< I, T, N, R, B: the affinity; J: text that is JSON; D: a date
        std::string collation{};
        bool generated = false;
    };

    /// What a name in an expression may mean. Without a name, its columns stand alone.
    struct source {
        std::string name;
        std::vector<column> columns;
        std::vector<std::string> keys{};  ///< which make a row unique; empty: none are known
    };

    using scope = std::vector<source>;

    struct table {
        std::string name;
        std::vector<column> columns;
        std::vector<std::string> keys;
        bool strict = false;
        bool rowid = true;
    };

    struct selection {
        std::string sql;
        row_order order = row_order::any;
    };

    // values.cpp
    std::string integer();
    std::string real();
    std::string text();
    std::string blob();
    std::string json();
    std::string date();
    std::string path();
    std::string literal();
    std::string value_for(const column& target);

    // expressions.cpp
    std::string column_of(const scope& names);
    std::string leaf(const scope& names);
    std::string expression(const scope& names, int depth);
    std::string number(const scope& names, int depth);
    std::string bounded(const scope& names, int depth);
    std::string condition(const scope& names, int depth);
    std::string comparison(const scope& names, int depth);
    std::string membership(const scope& names, int depth);
    std::string row_comparison(const scope& names, int depth);
    std::string arithmetic(const scope& names, int depth);
    std::string choice(const scope& names, int depth);
    std::string scalar_query(const scope& names, int depth);

    // functions.cpp
    std::string function(const scope& names, int depth);
    std::string text_function(const scope& names, int depth);
    std::string number_function(const scope& names, int depth);
    std::string json_function(const scope& names, int depth);
    std::string date_function(const scope& names, int depth);
    std::string format_function(const scope& names, int depth);
    std::string probe_argument();
    std::string probe();

    // select.cpp
    source pick_table(const std::string& alias);
    std::string from_item(source& item, const scope& outer, int depth);
    std::string from(scope& sources, const scope& outer, int depth);
    std::string join(scope& sources, const scope& outer, int depth);
    std::string aggregate(const scope& sources, const scope& names, int depth);
    std::string window(const scope& sources, const scope& names, int depth);
    std::string frame(bool rows);
    std::string core(int columns, const scope& outer, int depth);
    std::string grouped_core(int columns, const scope& outer, int depth);
    std::string values_core(int columns, const scope& outer, int depth);
    std::string compound(int columns, const scope& outer, int depth);
    std::string with(int depth);
    std::string recursive(const std::string& name);
    selection select(int columns, const scope& outer, int depth);
    std::string order_by_all(int columns);
    statement pair();
    std::string fresh(const char* prefix);

    // schema.cpp
    std::string create_table();
    std::string column_definition(column& made, const table& owner, bool key);
    std::string table_constraints(const table& owner);
    std::string foreign_key(const column& child);
    std::string create_index();
    std::string create_view();
    std::string create_trigger();
    std::string trigger_body(const scope& names);
    std::string alter();
    scope bare(const table& owner) const;

    // virtual_tables.cpp
    std::string prose();
    std::string prose_query();
    statement full_text();
    statement boxes();

    // changes.cpp
    void file_format();
    std::string insert();
    std::string insert_row(const table& target, const std::vector<column>& columns);
    std::string upsert(const table& target);
    std::string update();
    std::string assignments(const table& target, const scope& names);
    std::string remove();
    std::string returning(const table& target);
    statement any_change();
    statement any_query();
    std::string transaction();
    std::string upkeep();

    void add(const std::string& sql) { script_.push_back({sql}); }

    void contents();

    random_source random_;
    script script_{};
    std::vector<table> tables_{};
    std::vector<source> views_{};
    std::vector<source> common_{};  ///< the common table expressions that are in scope
    int names_ = 0;
    int open_ = 0;         ///< savepoints
    bool queries_ = true;  ///< an expression may have subqueries
    bool limits_ = false;  ///< numbers at the limits of their type
    bool collations_ = false;
    bool foreign_keys_ = false;
};

}  // namespace libsql::compare
