#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace libsql {

/// The kind of a token. `word` is a bare identifier or a keyword; `quoted_identifier` is one of
/// "..", `..` and [..]; `illegal` is what SQLite reports as an "unrecognized token", for instance
/// an unclosed literal or a NUL byte.
enum class token_kind : std::uint8_t {
    end,
    whitespace,
    comment,
    word,
    quoted_identifier,
    string,
    blob_literal,
    number,
    parameter,
    semicolon,
    punctuation,
    illegal,
};

/// A token: its kind and its bytes, as a view into the scanned text. Only `end` has no bytes.
struct token {
    token_kind kind = token_kind::end;
    std::string_view text;

    bool operator==(const token&) const = default;

    /// Whether the token is invisible to SQLite's parser.
    [[nodiscard]] constexpr bool is_space() const noexcept {
        return kind == token_kind::whitespace || kind == token_kind::comment;
    }

    /// Whether the token is the keyword `keyword`, which must be in upper case.
    [[nodiscard]] bool is_keyword(std::string_view keyword) const noexcept;

    /// The token as a name: a quoted identifier or string without its quotes, otherwise the text.
    [[nodiscard]] std::string unquoted() const;
};

/// Splits SQL text into tokens exactly as SQLite 3.47's tokenizer does, so that what is found here
/// is what the engine will see. Accepts any bytes; the texts of the tokens add up to the whole
/// text. SQLite stops at the first NUL byte; here it ends the token before it, is an `illegal`
/// token itself, and scanning continues after it.
///
/// Numbers are checked only as SQLite's tokenizer does: `1__0` is a number here, and is rejected by
/// the engine's parser.
///
/// The text must outlive the scanner and its tokens. Allocates nothing; scanning the whole text
/// takes linear time. A copy of a scanner continues independently, and serves as a look-ahead.
class sql_scanner {
public:
    explicit constexpr sql_scanner(std::string_view sql) noexcept : rest_(sql) {}

    /// The next token; `end` after the last one.
    token next() noexcept;

    /// The next token that is neither white space nor a comment.
    token next_significant() noexcept;

    /// The next token with which a statement may begin: also skips `;`, as SQLite does.
    token next_beginning() noexcept;

private:
    std::string_view rest_;
};

}  // namespace libsql
