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
/// libSQL's vectors: blobs of numbers, the distances between them, and an index for nearest
/// neighbours.
///
/// A vector is an ordinary blob, bound and read as `libsql::blob`. `encode` makes one; `to_floats`
/// and `to_doubles` read it. No text is parsed or printed on the way, because libSQL's text form
/// has only six digits. See docs/vectors.md.
///
/// Functions that take no executor may be called from any thread and are linear in the size of
/// their arguments. The others run one statement, which is one round trip in remote mode, unless
/// stated otherwise.

namespace libsql::vector {

/// How a number of a vector is stored. The values are libSQL's.
enum class element : unsigned char {
    f32 = 1,   ///< 4 bytes
    f64 = 2,   ///< 8 bytes
    bit = 3,   ///< 1 bit: 1 for numbers above 0; read as +1 and -1
    f8 = 4,    ///< 1 byte: 256 steps between the smallest and largest number of the vector
    f16 = 5,   ///< IEEE half precision: up to 65504, 11 bits; larger numbers become infinite
    bf16 = 6,  ///< the upper half of an f32; truncated, not rounded
};

/// The name of the element as in libSQL's documentation: "float32", "float1bit", "floatb16" ...
LIBSQL_API std::string_view to_string(element type) noexcept;

/// The largest number of dimensions that libSQL accepts.
inline constexpr std::size_t max_dimensions = 65536;

/// The vector as libSQL stores it: bit for bit what its functions `vector32`, `vector64`,
/// `vector1bit`, `vector8`, `vector16` and `vectorb16` make of the same numbers. (The unused bytes
/// of an f8 vector, which those functions leave undefined, are 0.)
///
/// `invalid_argument` for more than `max_dimensions` numbers, and for an f8 vector with a NaN, an
/// infinity or a range beyond a float, which would be lost. Linear.
LIBSQL_API result<blob> encode(element type, std::span<const float> numbers);

/// As above. For f32, f16, bf16 and f8 each number is first rounded to float, as libSQL does.
LIBSQL_API result<blob> encode(element type, std::span<const double> numbers);

/// The type and the number of dimensions of a vector.
struct shape {
    element type{element::f32};  ///< how a number is stored
    std::size_t dimensions{0};   ///< the number of numbers

    friend bool operator==(const shape&, const shape&) = default;
};

/// The type and dimensions of a stored vector; `mismatch` if the bytes are not a vector. A blob of
/// even length is always taken as f32, because f32 vectors carry no mark. O(1).
LIBSQL_API result<shape> inspect(blob_view stored);

/// The numbers of a vector of any type; those of an f64 vector are rounded to float. `mismatch` if
/// it is not a vector.
LIBSQL_API result<std::vector<float>> to_floats(blob_view stored);

/// The numbers of a vector of any type, exactly. `mismatch` if it is not a vector.
LIBSQL_API result<std::vector<double>> to_doubles(blob_view stored);

/// The vector converted to another element type, as libSQL's `vector32` ... `vectorb16` do.
LIBSQL_API result<blob> convert(blob_view stored, element type);

/// The size of a vector in bytes; `invalid_argument` above `max_dimensions`. O(1).
LIBSQL_API result<std::size_t> blob_size(element type, std::size_t dimensions);

/// The type of a column that can be indexed: "F32_BLOB(384)". There must be at least one dimension.
///
/// The type by itself checks nothing: only an index rejects a vector of another length or type (and
/// STRICT tables reject the type). Use `column_check` for a column that is checked.
LIBSQL_API result<std::string> column_type(element type, std::size_t dimensions);

/// A constraint for CREATE TABLE that restricts `column` to vectors of this type and length, and
/// NULL: `"e" F32_BLOB(3) CHECK ("e" IS NULL OR ...)`. Accepts vectors made by `encode` and by
/// libSQL's functions; rejects text and other blobs.
LIBSQL_API result<std::string> column_check(std::string_view column, element type,
                                            std::size_t dimensions);

/// How the distance between two vectors is measured.
enum class metric : unsigned char {
    /// 1 - cosine of the angle: 0 to 2. Between 1-bit vectors: the number of different bits.
    cosine,
    l2,  ///< Euclidean. Not for 1-bit vectors
};

/// The distance between two SQL expressions, which are inserted as they are:
/// "vector_distance_cos(a, b)".
LIBSQL_API std::string distance_sql(metric by, std::string_view a, std::string_view b);

/// The distance, computed by the engine with the precision of a float. None if it is undefined: the
/// cosine with a vector of zeros. `invalid_argument` if type or length differ, and for `l2` of
/// 1-bit vectors; `mismatch` if one is not a vector.
LIBSQL_API result<std::optional<double>> distance(executor& on, metric by, blob_view a,
                                                  blob_view b);

/// The engine's text form of a vector, with six digits per number: "[1,0.333333]". `mismatch` if it
/// is not a vector.
LIBSQL_API result<std::string> extract(executor& on, blob_view stored);

/// The definition of a vector index (DiskANN). An option that is not set has libSQL's default.
struct index {
    /// Letters, digits, `_` and `$`, not beginning with a digit or `$`: libSQL inserts the name
    /// into SQL unquoted.
    std::string name{};
    std::string table{};        ///< the table to index
    std::string column{};       ///< a column declared with `column_type`
    std::string schema{};       ///< "main" or an attached name; empty: main
    bool if_not_exists{false};  ///< an existing index of this name is left as it is

    std::optional<vector::metric> metric{};  ///< cosine
    /// Not f64; `bit` only with cosine. None: as the column.
    std::optional<element> compress_neighbors{};
    std::optional<int> max_neighbors{};  ///< 1 to 65535; default: about 3 * sqrt(dimensions)
    std::optional<double> alpha{};  ///< above 0; default 1.2. Larger: more edges, better recall
    std::optional<int> insert_l{};  ///< from 1; default 70: candidates visited by an insert
    std::optional<int> search_l{};  ///< from 1; default 200: candidates visited by a search
    std::string where{};            ///< an SQL condition: only these rows are indexed
};

/// The CREATE INDEX statement. `invalid_argument` for a missing or unusable name, and for options
/// that are out of range or contradict each other.
LIBSQL_API result<std::string> create_index_sql(const index& wanted);

/// Creates the index and fills it from the existing rows. This takes time, and up to some 50 times
/// the space of the vectors (docs/vectors_cost.md). In local mode the page cache of the database is
/// 64 MiB during that time, unless `cache_size` was chosen. Errors: as `create_index_sql`; those of
/// the engine for a column of another type, for a table with a composite key and no rowid, and for
/// a row with a vector of another length or type.
LIBSQL_API result<void> create_index(executor& on, const index& wanted);

/// Drops a vector index of `schema` (empty: main), with everything that libSQL keeps for it. Runs
/// several statements.
///
/// A plain DROP INDEX does not remember which database the index is in: if another database has a
/// vector index of that name, it breaks that one. In this case this function fails with
/// `unsupported` and drops nothing. `sql` when there is no such vector index.
LIBSQL_API result<void> drop_index(executor& on, std::string_view name,
                                   std::string_view schema = {});

/// What to search and what to return.
struct search {
    std::string table{};   ///< the table to search
    std::string column{};  ///< the column that contains the vectors
    std::string schema{};  ///< empty: main (for `nearest_exact_sql`: where SQLite finds the table)
    vector::metric metric{vector::metric::cosine};  ///< with an index: that of the index
    std::vector<std::string> columns{"rowid"};      ///< to return; the distance follows them

    /// The column that holds the ids of the index: the rowid, or the primary key of a WITHOUT ROWID
    /// table. Only for an indexed search.
    std::string key{"rowid"};
};

/// The SQL of a search through all rows: `?1` is the vector, `?2` the number of rows wanted. Its
/// columns are those of `wanted`, then "distance", by which the rows are ordered; undefined
/// distances (NULL) come last. Rows whose vector is NULL are left out. `invalid_argument` without a
/// table, a column or columns to return.
LIBSQL_API result<std::string> nearest_exact_sql(const search& wanted);

/// The SQL of a search with the index called `index`: `?1` is the vector, `?2` the number of rows
/// wanted. Same columns and order. The search is approximate: some of the nearest rows may be
/// missing. Conditions on other columns cannot be part of the search; applied to its result they
/// only make it shorter. Errors as above, and for a name that a vector index cannot have;
/// `unsupported` for a schema with a dot in its name.
LIBSQL_API result<std::string> nearest_indexed_sql(const search& wanted, std::string_view index);

namespace detail {

LIBSQL_API result<void> check_search(blob_view query, std::int64_t count);

}  // namespace detail

/// The `count` rows nearest to `query`, each as a `Row` (a tuple or aggregate: the columns, then
/// the distance as `double` or, if it may be undefined, `std::optional<double>`). Reads the whole
/// table: O(rows). `invalid_argument` for a `count` below 0 or above 2147483647; `mismatch` if
/// `query` is not a vector.
template <class Row>
result<std::vector<Row>> nearest_exact(executor& on, const search& wanted, blob_view query,
                                       std::int64_t count) {
    if (auto bad = detail::check_search(query, count); !bad) {
        return bad.error();
    }
    return nearest_exact_sql(wanted).and_then(
        [&](const std::string& sql) { return on.fetch<Row>(sql, query, count); });
}

/// As `nearest_exact`, but with the index; approximate. The metric of `wanted` must be that of the
/// index, otherwise the order differs from that of the search.
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
