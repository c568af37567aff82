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
/// Full-text search with SQLite's FTS5. See docs/full_text_search.md. The functions that only make
/// SQL or query text are linear and may be called from any thread. The others run one statement
/// each, which is one round trip in remote mode.

namespace libsql::fts5 {

/// @name What to search for
/// FTS5 has its own query language, in which user input such as `C++ "or` is a syntax error or has
/// another meaning. These functions make queries that search for the text itself. The tokenizer
/// still decides what a word is; case, accents and punctuation usually do not count. A NUL byte,
/// which FTS5 cannot read, is treated as a space.
/// @{

/// The words of `text` next to each other and in this order.
LIBSQL_API std::string phrase(std::string_view text);

/// A phrase whose last word may be a prefix: "hel" finds "hello".
LIBSQL_API std::string prefix(std::string_view text);

/// All words of `text`, anywhere in the row. Words are separated by spaces. Without any word it
/// finds nothing.
LIBSQL_API std::string all_words(std::string_view text);

/// At least one word of `text`. Without any word it finds nothing.
LIBSQL_API std::string any_word(std::string_view text);

/// A query restricted to these columns. `query` is in the language of FTS5, as the functions above
/// make it.
LIBSQL_API std::string in_columns(const std::vector<std::string>& columns, std::string_view query);

/// @}

// --- tables ---

/// How much of each match is stored.
enum class detail_level : unsigned char {
    full,    ///< row, column and position
    column,  ///< row and column: no phrases of several words, no NEAR
    none,    ///< row: in addition, no column filters
};

/// Where the text itself is stored.
enum class content_kind : unsigned char {
    own,          ///< in the FTS5 table
    external,     ///< in another table, which the application or triggers keep in sync
    contentless,  ///< nowhere: columns read as NULL
};

/// A column of an FTS5 table.
struct column {
    /// A column called `column_name`, searchable unless `is_indexed` is false.
    column(std::string column_name, bool is_indexed = true)
        : name(std::move(column_name)), indexed(is_indexed) {}

    /// A searchable column called `column_name`.
    column(const char* column_name) : name(column_name) {}

    std::string name;    ///< neither "rank" nor "rowid"
    bool indexed{true};  ///< false: stored and returned, but not searched
};

/// The definition of an FTS5 table. An option that is not set has FTS5's default.
struct definition {
    std::string name{};             ///< the table's name
    std::string schema{};           ///< empty: main
    std::vector<column> columns{};  ///< at least one
    /// As in FTS5, for example "porter unicode61" or "trigram"; empty: unicode61.
    std::string tokenizer{};
    std::vector<int> prefix{};  ///< lengths of the prefixes to index, in characters; 1 to 999
    content_kind content{content_kind::own};  ///< where the text is stored
    std::string content_table{};     ///< external: the name of that table, in the same database
    std::string content_rowid{};     ///< external: its integer key; empty: rowid
    bool contentless_delete{false};  ///< contentless: rows can be deleted and replaced
    detail_level detail{detail_level::full};  ///< with less, the index is smaller
    /// False: sizes are not stored; bm25 gets slow, or impossible without content.
    bool column_size{true};
    bool if_not_exists{false};  ///< an existing table of this name is left as it is
};

/// The CREATE VIRTUAL TABLE statement. `invalid_argument` for missing names and contradictory
/// options.
LIBSQL_API result<std::string> create_sql(const definition& wanted);

/// Creates the table. Errors: as `create_sql`; `sql` when the table already exists, and for what
/// FTS5 rejects (a column name, a tokenizer).
LIBSQL_API result<void> create(executor& on, const definition& wanted);

/// The three triggers on the content table that keep an external-content table in sync, as
/// statements to run. `invalid_argument` when `wanted.content` is not external.
LIBSQL_API result<std::vector<std::string>> content_triggers_sql(const definition& wanted);

// --- searches ---

/// The text of a column with every match between two markers.
struct highlight {
    int column{0};              ///< its position, from 0
    std::string before{"<b>"};  ///< inserted before each match
    std::string after{"</b>"};  ///< inserted after each match
};

/// The part of a text with most matches, with markers around them.
struct snippet {
    int column{-1};               ///< its position, from 0; -1: the best one
    std::string before{"<b>"};    ///< inserted before each match
    std::string after{"</b>"};    ///< inserted after each match
    std::string ellipsis{"..."};  ///< inserted where text was left out
    int words{16};                ///< at most; 1 to 64
};

/// What to search and what to return.
struct search {
    std::string table{};                        ///< the FTS5 table
    std::string schema{};                       ///< empty: main
    std::vector<std::string> columns{"rowid"};  ///< to return
    std::vector<fts5::highlight> highlights{};  ///< returned after the columns
    std::vector<fts5::snippet> snippets{};      ///< returned after the highlights
    std::vector<double> weights{};              ///< of the columns in the rank; missing ones are 1
    std::optional<std::int64_t> limit{};        ///< the maximum number of rows; none: all
};

/// The SQL of a search, with the query as `?1`. Its columns are those of `wanted`, the highlights,
/// the snippets, and finally "rank" (bm25: negative, smaller is better), by which the rows are
/// ordered. `invalid_argument` without a table, and for a number out of range.
LIBSQL_API result<std::string> search_sql(const search& wanted);

/// The rows that match `query`, best first, each as a `Row` (a tuple or aggregate with the columns
/// of `search_sql`). `sql` if `query` is not in the language of FTS5 or names an unknown column.
template <class Row>
result<std::vector<Row>> find(executor& on, const search& wanted, std::string_view query) {
    return search_sql(wanted).and_then(
        [&](const std::string& sql) { return on.fetch<Row>(sql, query); });
}

// --- maintenance ---

/// Rebuilds the index from the content. `sql` for a contentless table.
LIBSQL_API result<void> rebuild(executor& on, std::string_view table, std::string_view schema = {});

/// Merges the index into one piece, which makes searches faster. May take long.
LIBSQL_API result<void> optimize(executor& on, std::string_view table,
                                 std::string_view schema = {});

/// Checks that the index is sound and matches the content, even if that is external; `corrupt` if
/// not.
LIBSQL_API result<void> integrity_check(executor& on, std::string_view table,
                                        std::string_view schema = {});

/// Empties the index of an external-content or contentless table. `sql` for other tables; use
/// DELETE there.
LIBSQL_API result<void> delete_all(executor& on, std::string_view table,
                                   std::string_view schema = {});

}  // namespace libsql::fts5
