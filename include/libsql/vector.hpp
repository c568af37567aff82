#pragma once

#include <libsql/executor.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// libSQL's vectors: blobs of numbers, distances between them, and an index for the nearest ones.
///
/// A vector is an ordinary blob, bound and read as `libsql::blob`; `encode` makes it, `to_floats`
/// and `to_doubles` read it. No text is parsed or printed on the way: libSQL's own text form has
/// only six digits. See docs/vectors.md.

namespace libsql::vector {

/// How one number of a vector is stored. The numbers are libSQL's.
enum class element : unsigned char {
    f32 = 1,   ///< 4 bytes
    f64 = 2,   ///< 8 bytes
    bit = 3,   ///< 1 bit: 1 for numbers above 0, read as +1 and -1
    f8 = 4,    ///< 1 byte: 256 steps between the vector's smallest and largest number
    f16 = 5,   ///< IEEE half: up to 65504, 11 bits; larger becomes infinite
    bf16 = 6,  ///< the upper half of an f32; the rest is cut off, not rounded
};

/// The element's name as in libSQL's documents: "float32", "float1bit", "floatb16" ...
LIBSQL_API std::string_view to_string(element type) noexcept;

/// The largest number of dimensions that libSQL takes.
inline constexpr std::size_t max_dimensions = 65536;

/// The vector as libSQL stores it: bit for bit what its functions `vector32`, `vector64`,
/// `vector1bit`, `vector8`, `vector16` and `vectorb16` make of the same numbers (the unused bytes
/// of an f8 vector, which those leave to chance, are 0).
///
/// `invalid_argument` for more than `max_dimensions` numbers, and for an f8 vector with a NaN, an
/// infinity or a spread beyond a float, which would be lost. Linear.
LIBSQL_API result<blob> encode(element type, std::span<const float> numbers);

/// As above. For f32, f16, bf16 and f8 a number is rounded to float on the way, as libSQL does.
LIBSQL_API result<blob> encode(element type, std::span<const double> numbers);

/// What a vector's blob says of itself.
struct shape {
    element type{element::f32};  ///< how a number is stored
    std::size_t dimensions{0};   ///< how many numbers there are

    friend bool operator==(const shape&, const shape&) = default;
};

/// The type and dimensions of a stored vector; `mismatch` when the bytes are not one. A blob of
/// even length is f32, whatever it was meant to be: it carries no mark. O(1).
LIBSQL_API result<shape> inspect(blob_view stored);

/// The numbers of a vector of any type; f64 ones are rounded to float. `mismatch` when it is not
/// one.
LIBSQL_API result<std::vector<float>> to_floats(blob_view stored);

/// The numbers of a vector of any type, exactly.
LIBSQL_API result<std::vector<double>> to_doubles(blob_view stored);

/// The vector in another element type, as libSQL's `vector32` ... `vectorb16` convert it.
LIBSQL_API result<blob> convert(blob_view stored, element type);

/// How many bytes a vector takes; `invalid_argument` above `max_dimensions`.
LIBSQL_API result<std::size_t> blob_size(element type, std::size_t dimensions);

/// The type of a column that can be indexed: "F32_BLOB(384)". Dimensions from 1 on.
///
/// By itself the type checks nothing: only an index refuses a vector of another length or type (and
/// STRICT tables refuse the type). `column_check` makes a column that does.
LIBSQL_API result<std::string> column_type(element type, std::size_t dimensions);

/// A constraint for CREATE TABLE by which `column` holds only vectors of this type and length, or
/// NULL: `"e" F32_BLOB(3) CHECK ("e" IS NULL OR ...)`. Vectors made by `encode` and by libSQL's
/// functions pass; text and other blobs do not.
LIBSQL_API result<std::string> column_check(std::string_view column, element type,
                                            std::size_t dimensions);

/// How far two vectors are from each other.
enum class metric : unsigned char {
    cosine,  ///< 1 - cosine of the angle: 0 to 2. Between 1-bit vectors: the number of different
             ///< bits
    l2,      ///< Euclidean. Not for 1-bit vectors
};

/// The distance of two SQL expressions, which are put in as they are: "vector_distance_cos(a, b)".
LIBSQL_API std::string distance_sql(metric by, std::string_view a, std::string_view b);

/// The distance, computed by the engine with the precision of a float. None when it is undefined:
/// the cosine with a vector of zeros. `invalid_argument` when type or length differ, or for `l2` of
/// 1-bit vectors; `mismatch` when one is no vector.
LIBSQL_API result<std::optional<double>> distance(executor& on, metric by, blob_view a,
                                                  blob_view b);

/// The engine's text of a vector, with six digits a number: "[1,0.333333]". `mismatch` when it is
/// no vector.
LIBSQL_API result<std::string> extract(executor& on, blob_view stored);

/// A vector index (DiskANN) to create. What is not set is libSQL's default.
struct index {
    /// Letters, digits, `_` and `$`, not beginning with a digit: libSQL puts the name into SQL
    /// unquoted.
    std::string name{};
    std::string table{};        ///< the table to index
    std::string column{};       ///< declared with `column_type`
    std::string schema{};       ///< "main", an attached name; empty: main
    bool if_not_exists{false};  ///< an index of this name that is there already is left as it is

    std::optional<vector::metric> metric{};  ///< cosine
    std::optional<element>
        compress_neighbors{};            ///< not f64; `bit` only with cosine. None: as the column
    std::optional<int> max_neighbors{};  ///< 1 to 65535; from the dimensions: about 3 * sqrt(d)
    std::optional<double> alpha{};       ///< above 0; 1.2. Larger: more edges, better recall
    std::optional<int> insert_l{};       ///< from 1; 70: candidates visited by an insert
    std::optional<int> search_l{};       ///< from 1; 200: candidates visited by a search
    std::string where{};                 ///< a condition, as SQL: index only these rows
};

/// The CREATE INDEX statement. `invalid_argument` for a missing or unusable name and for options
/// out of range or at odds with each other.
LIBSQL_API result<std::string> create_index_sql(const index& wanted);

/// Creates the index and fills it from the rows that there are. Takes time and space: some 50 times
/// the vectors at most (docs/vectors_cost.md). In local mode the database has a page cache of 64
/// MiB for that time, unless its `cache_size` was chosen. Errors: as `create_index_sql`; the
/// engine's for a column of another type, a table with a composite key and no rowid, a row with a
/// vector of another length or type.
LIBSQL_API result<void> create_index(executor& on, const index& wanted);

/// Drops a vector index of `schema` (empty: main), with all that libSQL keeps for it.
///
/// A plain DROP INDEX forgets in which database it is: where another one has a vector index of that
/// name it breaks that one. Then this is `unsupported`, and nothing is dropped. `sql` when there is
/// no such vector index.
LIBSQL_API result<void> drop_index(executor& on, std::string_view name,
                                   std::string_view schema = {});

/// What to search and what to return.
struct search {
    std::string table{};   ///< the table to search
    std::string column{};  ///< the column with the vectors
    std::string schema{};  ///< empty: main (for `nearest_exact_sql`: where SQLite finds the table)
    vector::metric metric{vector::metric::cosine};  ///< with an index: the index's
    std::vector<std::string> columns{"rowid"};      ///< to return; the distance follows them

    /// What the index's ids are: the rowid, or the primary key of a WITHOUT ROWID table. Only for
    /// an indexed search.
    std::string key{"rowid"};
};

/// The SQL of a search of all rows: `?1` is the vector, `?2` how many. Columns: those of `wanted`,
/// then "distance", by which rows are in order; undefined distances (NULL) are last. Rows whose
/// vector is NULL are left out. `invalid_argument` without a table, a column or columns to return.
LIBSQL_API result<std::string> nearest_exact_sql(const search& wanted);

/// The SQL of a search by the index called `index`: `?1` is the vector, `?2` how many. Same columns
/// and order. Approximate: some of the nearest may be missing. Conditions on other columns cannot
/// take part in the search; applied to its result they only make it shorter. Errors as above, and
/// for a name that no vector index can have; `unsupported` for a schema with a dot in its name.
LIBSQL_API result<std::string> nearest_indexed_sql(const search& wanted, std::string_view index);

namespace detail {

LIBSQL_API result<void> check_search(blob_view query, std::int64_t count);

}  // namespace detail

/// The `count` rows nearest to `query`, each as `Row` (tuple or aggregate: the columns, then the
/// distance as `double` or, if it may be undefined, `std::optional<double>`). Reads the whole
/// table: O(rows). `invalid_argument` for a `count` below 0 or above 2147483647, `mismatch` when
/// `query` is no vector.
template <class Row>
result<std::vector<Row>> nearest_exact(executor& on, const search& wanted, blob_view query,
                                       std::int64_t count) {
    if (auto bad = detail::check_search(query, count); !bad) {
        return bad.error();
    }
    return nearest_exact_sql(wanted).and_then(
        [&](const std::string& sql) { return on.fetch<Row>(sql, query, count); });
}

/// As `nearest_exact`, by the index; approximate. The metric of `wanted` must be the index's, else
/// the order is not the one that was searched for.
template <class Row>
result<std::vector<Row>> nearest_indexed(executor& on, const search& wanted, std::string_view index,
                                         blob_view query, std::int64_t count) {
    if (auto bad = detail::check_search(query, count); !bad) {
        return bad.error();
    }
    return nearest_indexed_sql(wanted, index).and_then([&](const std::string& sql) {
        return on.fetch<Row>(sql, query, count);
    });
}

}  // namespace libsql::vector
