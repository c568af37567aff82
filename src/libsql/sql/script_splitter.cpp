#include "libsql/sql/script_splitter.hpp"

#include "libsql/sql/statement_kind.hpp"

namespace libsql {

namespace {

// Follows one statement's tokens and knows whether a `;` is part of it.
class statement_interior {
public:
    explicit statement_interior(statement_kind kind) noexcept : kind_(kind) {}

    [[nodiscard]] bool contains_semicolon() const noexcept { return depth_ > 0; }

    void add(const token& next) noexcept {
        if (kind_ == statement_kind::create_virtual_table) {
            follow_brackets(next);
        } else if (kind_ == statement_kind::create_trigger) {
            follow_body(next);
        }
    }

private:
    void follow_brackets(const token& next) noexcept {
        if (next.text == "(") {
            ++depth_;
        } else if (next.text == ")" && depth_ > 0) {
            --depth_;
        }
    }

    // No statement begins with END, so END after a `;` closes the body of the trigger, whereas the
    // END of a CASE follows an expression. An earlier BEGIN may be a name, but only BEGIN itself
    // can precede the first `;`.
    void follow_body(const token& next) noexcept {
        if (next.is_keyword("BEGIN")) {
            depth_ = 1;
        } else if (after_semicolon_ && next.is_keyword("END")) {
            depth_ = 0;
        }
        after_semicolon_ = next.kind == token_kind::semicolon;
    }

    statement_kind kind_;
    std::size_t depth_ = 0;
    bool after_semicolon_ = false;
};

}  // namespace

std::optional<statement_piece> script_splitter::next() noexcept {
    sql_scanner ahead = scanner_;
    token current = scanner_.next_significant();
    while (current.kind == token_kind::semicolon) {
        ahead = scanner_;
        current = scanner_.next_significant();
    }
    if (current.kind == token_kind::end) {
        return std::nullopt;
    }
    const char* const begin = current.text.data();
    const char* end = begin;
    statement_interior interior(classify_statement(ahead));
    while (current.kind != token_kind::end &&
           (current.kind != token_kind::semicolon || interior.contains_semicolon())) {
        interior.add(current);
        end = current.text.data() + current.text.size();
        current = scanner_.next_significant();
    }
    const auto offset = static_cast<std::size_t>(begin - script_.data());
    const auto length = static_cast<std::size_t>(end - begin);
    return statement_piece{script_.substr(offset, length), offset,
                           current.kind == token_kind::semicolon};
}

error no_statement(std::string_view sql) {
    return error({.kind = error_kind::invalid_argument,
                  .message = "the text contains no statement",
                  .sql = std::string(sql)});
}

std::optional<error> check_no_statement(std::string_view sql, std::size_t from) {
    const auto next = script_splitter(sql.substr(from)).next();
    if (!next) {
        return std::nullopt;
    }
    return error({.kind = error_kind::invalid_argument,
                  .message = "the text contains more than one statement: run it as a script",
                  .sql = std::string(sql),
                  .offset = from + next->offset});
}

std::optional<error> check_one_statement(std::string_view sql) {
    const auto first = script_splitter(sql).next();
    return first ? check_no_statement(sql, first->offset + first->text.size()) : no_statement(sql);
}

}  // namespace libsql
