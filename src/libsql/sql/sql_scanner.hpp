#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace libsql {

/// What a token is. `word` is a bare identifier or a keyword; `quoted_identifier` is one of "..",
/// `..` and [..]; `illegal` is what SQLite reports as an "unrecognized token", for instance a
/// literal that is not closed, or a NUL byte.
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

/// A token: its kind and its bytes, which are a part of the text that was scanned. Only `end` has
/// no bytes.
struct token {
    token_kind kind = token_kind::end;
    std::string_view text;

    bool operator==(const token&) const = default;

    /// Whether SQLite's parser never sees the token.
    [[nodiscard]] constexpr bool is_space() const noexcept {
        return kind == token_kind::whitespace || kind == token_kind::comment;
    }

    /// Whether the token is the keyword `keyword`, which is given in upper case.
    [[nodiscard]] bool is_keyword(std::string_view keyword) const noexcept;

    /// What it means as a name: a quoted identifier or a string without its quotes, else the text.
    [[nodiscard]] std::string unquoted() const;
};

/// Cuts SQL text into tokens exactly as SQLite 3.47's tokenizer does, so that what is found here is
/// what the engine will see. Any bytes are accepted, and the tokens' texts in their order are the
/// whole text. SQLite ends at the first NUL byte; here it ends the token before it, is an `illegal`
/// token itself, and scanning goes on behind it.
///
/// A number is only checked as SQLite's tokenizer does: `1__0` is a number here, and is refused
/// by the engine's parser.
///
/// The text must outlive the scanner and its tokens. Nothing is allocated; the whole text is
/// scanned in linear time. A copy of a scanner goes on independently: a look-ahead.
class sql_scanner {
public:
    explicit constexpr sql_scanner(std::string_view sql) noexcept : rest_(sql) {}

    /// The next token; after the last one, and from then on, `end`.
    token next() noexcept;

    /// The next token that is neither whitespace nor comment.
    token next_significant() noexcept;

    /// The next token that a statement may begin with: SQLite skips `;` before it, too.
    token next_beginning() noexcept;

private:
    std::string_view rest_;
};

}  // namespace libsql
