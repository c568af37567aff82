#include "libsql/sql/statement_kind.hpp"

namespace libsql {

statement_kind classify_statement(sql_scanner scanner) noexcept {
    token word = scanner.next_significant();
    if (word.is_keyword("EXPLAIN")) {
        word = scanner.next_significant();
        if (word.is_keyword("QUERY") && scanner.next_significant().is_keyword("PLAN")) {
            word = scanner.next_significant();
        }
    }
    if (!word.is_keyword("CREATE")) {
        return statement_kind::other;
    }
    word = scanner.next_significant();
    if (word.is_keyword("VIRTUAL")) {
        return statement_kind::create_virtual_table;
    }
    if (word.is_keyword("TEMP") || word.is_keyword("TEMPORARY")) {
        word = scanner.next_significant();
    }
    return word.is_keyword("TRIGGER") ? statement_kind::create_trigger : statement_kind::other;
}

}  // namespace libsql
