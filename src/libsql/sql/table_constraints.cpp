#include "libsql/sql/table_constraints.hpp"

#include "libsql/core/ascii_case.hpp"
#include "libsql/sql/sql_scanner.hpp"

#include <algorithm>
#include <utility>

namespace libsql {

namespace {

bool is_punctuation(const token& t, std::string_view text) {
    return t.kind == token_kind::punctuation && t.text == text;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto begin = text.find_first_not_of(spaces);
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

/// Reads the definitions in the brackets of a CREATE TABLE statement.
class reader {
public:
    explicit reader(sql_scanner scanner) : scanner_(scanner) { advance(); }

    std::vector<table_constraint> read() {
        while (!at_end()) {
            read_definition();
        }
        return std::move(found_);
    }

private:
    void advance() { current_ = scanner_.next_significant(); }

    /// True at the end of the text and at the bracket that closes the definitions.
    [[nodiscard]] bool at_end() const {
        return current_.kind == token_kind::end || current_.kind == token_kind::semicolon ||
               is_punctuation(current_, ")");
    }

    bool skip(std::string_view keyword) {
        if (!current_.is_keyword(keyword)) {
            return false;
        }
        advance();
        return true;
    }

    /// Moves from an opening bracket past the closing one, and returns the text between them.
    std::string_view skip_brackets() {
        if (!is_punctuation(current_, "(")) {
            return {};
        }
        const char* const begin = current_.text.data() + current_.text.size();
        const char* end = begin;
        std::size_t depth = 1;
        for (advance(); current_.kind != token_kind::end && depth > 0; advance()) {
            depth += is_punctuation(current_, "(") ? 1U : 0U;
            depth -= is_punctuation(current_, ")") ? 1U : 0U;
            end = current_.text.data();
        }
        return {begin, static_cast<std::size_t>(end - begin)};
    }

    /// The names in a bracketed list, without COLLATE, ASC and DESC; empty if there is no list.
    std::vector<std::string> read_columns() {
        std::vector<std::string> names;
        if (!is_punctuation(current_, "(")) {
            return names;
        }
        do {
            advance();
            names.push_back(current_.unquoted());
            while (!at_end() && !is_punctuation(current_, ",")) {
                advance();
            }
        } while (is_punctuation(current_, ","));
        if (is_punctuation(current_, ")")) {
            advance();
        }
        return names;
    }

    [[nodiscard]] bool at_table_constraint() const {
        return current_.is_keyword("CONSTRAINT") || current_.is_keyword("PRIMARY") ||
               current_.is_keyword("UNIQUE") || current_.is_keyword("CHECK") ||
               current_.is_keyword("FOREIGN");
    }

    /// Reads one definition and the comma after it.
    void read_definition() {
        column_.clear();
        name_.clear();
        fresh_name_ = false;
        if (!at_table_constraint()) {
            column_.push_back(current_.unquoted());
            advance();
        }
        while (!at_end() && !is_punctuation(current_, ",")) {
            read_clause();
        }
        if (is_punctuation(current_, ",")) {
            advance();
        }
    }

    void read_clause() {
        if (skip("CONSTRAINT")) {
            name_ = current_.unquoted();
            fresh_name_ = true;
            advance();
        } else if (skip("DEFAULT")) {
            read_default();
        } else if (skip("NOT")) {
            if (skip("NULL")) {
                add(constraint_kind::not_null, column_);
            }
        } else if (skip("PRIMARY")) {
            skip("KEY");
            add(constraint_kind::primary_key, columns_or_own());
        } else if (skip("UNIQUE")) {
            add(constraint_kind::unique, columns_or_own());
        } else if (skip("CHECK")) {
            add(constraint_kind::check, column_);
            found_.back().name = name_;
            found_.back().expression = trimmed(skip_brackets());
        } else if (skip("FOREIGN")) {
            skip("KEY");
            add(constraint_kind::foreign_key, read_columns());
            skip("REFERENCES");
            read_reference();
        } else if (skip("REFERENCES")) {
            add(constraint_kind::foreign_key, column_);
            read_reference();
        } else if (is_punctuation(current_, "(")) {
            skip_brackets();
        } else {
            skip("COLLATE");  // its name is skipped too, and may look like a keyword
            advance();
        }
    }

    std::vector<std::string> columns_or_own() {
        return is_punctuation(current_, "(") ? read_columns() : column_;
    }

    void read_default() {
        while (is_punctuation(current_, "+") || is_punctuation(current_, "-")) {
            advance();
        }
        if (is_punctuation(current_, "(")) {
            skip_brackets();
        } else {
            advance();
        }
    }

    /// Reads the rest of a REFERENCES clause. Its NULL, DEFAULT and NOT are not constraints.
    void read_reference() {
        advance();  // the parent
        read_columns();
        for (;;) {
            if (skip("MATCH")) {
                advance();
            } else if (skip("ON")) {
                advance();  // DELETE or UPDATE
                if (current_.is_keyword("SET") || current_.is_keyword("NO")) {
                    advance();
                }
                advance();  // NULL, DEFAULT, CASCADE, RESTRICT or ACTION
            } else {
                return;
            }
        }
    }

    void add(constraint_kind kind, std::vector<std::string> columns) {
        found_.push_back({kind, fresh_name_ ? name_ : std::string(), std::move(columns), {}});
        fresh_name_ = false;
    }

    sql_scanner scanner_;
    token current_;
    std::vector<table_constraint> found_;
    std::vector<std::string> column_;  // the column being defined, if any
    std::string name_;
    bool fresh_name_{false};
};

}  // namespace

std::string table_constraint::reported() const {
    if (!name.empty()) {
        return name;
    }
    const token first = sql_scanner(expression).next();
    const bool quoted =
        first.kind == token_kind::string || first.kind == token_kind::quoted_identifier;
    return quoted ? first.unquoted() : expression;
}

std::vector<table_constraint> table_constraints(std::string_view sql) {
    sql_scanner scanner(sql);
    token word = scanner.next_significant();
    if (!word.is_keyword("CREATE")) {
        return {};
    }
    word = scanner.next_significant();
    if (word.is_keyword("TEMP") || word.is_keyword("TEMPORARY")) {
        word = scanner.next_significant();
    }
    if (!word.is_keyword("TABLE")) {
        return {};
    }
    do {  // IF NOT EXISTS, the name
        word = scanner.next_significant();
        if (word.is_keyword("AS") || word.kind == token_kind::end) {
            return {};
        }
    } while (!is_punctuation(word, "("));
    return reader(scanner).read();
}

bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), equals_ignoring_case);
}

}  // namespace libsql
