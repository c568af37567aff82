#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// Full-text search by SQLite's FTS5. See docs/full_text_search.md.

namespace libsql::fts5 {

/// @name What to search for
/// FTS5 has a query language of its own, in which a user's text such as `C++ "or` is a syntax error
/// or means something else. These make queries that mean their text. The tokenizer still decides
/// what a word is: case, accents and punctuation mostly do not count. A NUL byte, which FTS5 cannot
/// read, is a space.
/// @{

/// The words of `text` in this order and next to each other.
LIBSQL_API std::string phrase(std::string_view text);

/// A phrase whose last word may go on: "hel" finds "hello".
LIBSQL_API std::string prefix(std::string_view text);

/// All words of `text`, anywhere in the row. Words are what spaces separate. Without any it finds
/// nothing.
LIBSQL_API std::string all_words(std::string_view text);

/// At least one word of `text`. Without any it finds nothing.
LIBSQL_API std::string any_word(std::string_view text);

/// A query that looks only in these columns. `query` is in FTS5's language, as the functions above
/// make it.
LIBSQL_API std::string in_columns(const std::vector<std::string>& columns, std::string_view query);

/// @}

// --- tables ---

/// How much of a match is stored.
enum class detail_level : unsigned char {
    full,    ///< row, column and position
    column,  ///< row and column: no phrases of several words, no NEAR
    none,    ///< row: in addition no column filters
};

/// Where the text itself is.
enum class content_kind : unsigned char {
    own,          ///< in the FTS5 table
    external,     ///< in another table, which the application or triggers keep in step
    contentless,  ///< nowhere: columns read as NULL
};

/// A column of an FTS5 table.
struct column {
    /// The column `column_name`, searched unless `is_indexed` is false.
    column(std::string column_name, bool is_indexed = true)
        : name(std::move(column_name)), indexed(is_indexed) {}

    /// The column `column_name`, which is searched.
    column(const char* column_name) : name(column_name) {}

    std::string name;    ///< neither "rank" nor "rowid"
    bool indexed{true};  ///< false: kept and returned, not searched
};

/// An FTS5 table to create. What is not set is FTS5's default.
struct definition {
    std::string name{};             ///< the table's name
    std::string schema{};           ///< empty: main
    std::vector<column> columns{};  ///< at least one
    std::string tokenizer{};  ///< as in FTS5: "porter unicode61 remove_diacritics 2", "trigram";
                              ///< empty: unicode61
    std::vector<int>
        prefix{};  ///< lengths of prefixes, in characters, with an index of their own; 1 to 999
    content_kind content{content_kind::own};  ///< where the text is
    std::string content_table{};              ///< external: its name, in the same database
    std::string content_rowid{};              ///< external: its integer key; empty: rowid
    bool contentless_delete{false};           ///< contentless: rows can be deleted and replaced
    detail_level detail{detail_level::full};  ///< with less, the index is smaller
    bool column_size{
        true};  ///< false: sizes are not stored; bm25 gets slow, without content impossible
    bool if_not_exists{false};  ///< a table of this name that is there already is left as it is
};

/// The CREATE VIRTUAL TABLE statement. `invalid_argument` for missing names and options at odds.
LIBSQL_API result<std::string> create_sql(const definition& wanted);

/// Creates the table. Errors: as `create_sql`; `sql` when there is such a table already, or for
/// what FTS5 refuses (a column's name, a tokenizer).
LIBSQL_API result<void> create(executor& on, const definition& wanted);

/// The three triggers on the content table that keep an external-content table in step with it, as
/// statements to run. `invalid_argument` when `wanted.content` is not external.
LIBSQL_API result<std::vector<std::string>> content_triggers_sql(const definition& wanted);

// --- searches ---

/// The text of a column with every match between two marks.
struct highlight {
    int column{0};              ///< its position, from 0
    std::string before{"<b>"};  ///< put before each match
    std::string after{"</b>"};  ///< put behind each match
};

/// The part of a text with most matches, with marks around them.
struct snippet {
    int column{-1};               ///< its position, from 0; -1: the one that fits best
    std::string before{"<b>"};    ///< put before each match
    std::string after{"</b>"};    ///< put behind each match
    std::string ellipsis{"..."};  ///< put where text was left out
    int words{16};                ///< at most; 1 to 64
};

/// What to search and what to return.
struct search {
    std::string table{};                        ///< the FTS5 table
    std::string schema{};                       ///< empty: main
    std::vector<std::string> columns{"rowid"};  ///< to return
    std::vector<fts5::highlight> highlights{};  ///< to return behind the columns
    std::vector<fts5::snippet> snippets{};      ///< to return behind the highlights
    std::vector<double> weights{};        ///< of the columns in the rank; the missing ones are 1
    std::optional<std::int64_t> limit{};  ///< rows at most; none: all
};

/// The SQL of a search, with the query as `?1`. Columns: those of `wanted`, highlights, snippets,
/// and last "rank" (bm25: negative, the smaller the better), by which rows are in order.
/// `invalid_argument` without a table, and for a number out of its range.
LIBSQL_API result<std::string> search_sql(const search& wanted);

/// The rows that match `query`, best first, each as `Row` (tuple or aggregate: the columns as in
/// `search_sql`). `sql` when the query is not in FTS5's language or names a column that is not
/// there.
template <class Row>
result<std::vector<Row>> find(executor& on, const search& wanted, std::string_view query) {
    return search_sql(wanted).and_then(
        [&](const std::string& sql) { return on.fetch<Row>(sql, query); });
}

// --- maintenance ---

/// Builds the index anew from the content. An error of kind `sql` for a contentless table.
LIBSQL_API result<void> rebuild(executor& on, std::string_view table, std::string_view schema = {});

/// Merges the index into one piece: searches get faster, the call may take long.
LIBSQL_API result<void> optimize(executor& on, std::string_view table,
                                 std::string_view schema = {});

/// Checks that the index is sound and agrees with the content, also an external one. An error of
/// kind `corrupt` when not.
LIBSQL_API result<void> integrity_check(executor& on, std::string_view table,
                                        std::string_view schema = {});

/// Empties the index of an external-content or contentless table. An error of kind `sql` for
/// others: use DELETE.
LIBSQL_API result<void> delete_all(executor& on, std::string_view table,
                                   std::string_view schema = {});

}  // namespace libsql::fts5
