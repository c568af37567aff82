#include "libsql/driver/access.hpp"

#include <libsql/identifier.hpp>
#include <libsql/vector.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace libsql::vector {

namespace {

error bad_argument(std::string message) {
    return {error_kind::invalid_argument, "vector: " + std::move(message)};
}

error not_a_vector(std::string message) {
    return error({.kind = error_kind::mismatch,
                  .message = "vector: " + std::move(message),
                  .outcome = error_outcome::not_run});
}

constexpr std::size_t aligned4(std::size_t n) {
    return (n + 3) / 4 * 4;
}

// --- numbers to bytes, all little-endian ---

template <class Unsigned>
void put(std::byte* to, Unsigned bits) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        to[i] = static_cast<std::byte>(static_cast<std::uint64_t>(bits) >> (8 * i));
    }
}

template <class Unsigned>
Unsigned take(const std::byte* from) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        bits |= static_cast<std::uint64_t>(from[i]) << (8 * i);
    }
    return static_cast<Unsigned>(bits);
}

float take_float(const std::byte* from) {
    return std::bit_cast<float>(take<std::uint32_t>(from));
}

/// libSQL's rounding: to nearest, ties to even, except that a subnormal result is made by cutting
/// bits off before it is rounded.
std::uint16_t to_half(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    int exponent = static_cast<int>((bits >> 23) & 0xffU) - 127;
    std::uint32_t mantissa = bits & 0x7fffffU;
    if (exponent == 128) {
        exponent = 16;
        mantissa = mantissa != 0 ? 1U << 22 : 0U;  // NaN stays NaN
    } else if (exponent > 15) {
        exponent = 16;
        mantissa = 0;
    } else if (exponent < -25) {
        exponent = -15;
        mantissa = 0;
    } else if (exponent < -14) {
        mantissa = (mantissa | 0x800000U) >> (-exponent - 14);
        exponent = -15;
    }
    if ((mantissa & 0x1fffU) > 0x1000U - ((mantissa >> 13) & 1U)) {
        mantissa += 0x2000U;
    }
    mantissa >>= 13;
    const auto carried = static_cast<std::uint32_t>(exponent + 15) + (mantissa >> 10);
    return static_cast<std::uint16_t>(sign | (carried << 10) | (mantissa & 0x3ffU));
}

float from_half(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1fU;
    const std::uint32_t mantissa = half & 0x3ffU;
    if (exponent == 0x1f) {
        return std::bit_cast<float>(sign | 0x7f800000U | (mantissa != 0 ? 1U << 22 : 0U));
    }
    if (exponent == 0) {
        const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
        return sign != 0 ? -magnitude : magnitude;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

std::uint16_t to_brain(float number) {
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(number) >> 16);
}

float from_brain(std::uint16_t upper) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
}

// --- the formats ---

std::size_t data_size(element type, std::size_t dimensions) {
    switch (type) {
        case element::f32:
            return dimensions * 4;
        case element::f64:
            return dimensions * 8;
        case element::bit:
            return (dimensions + 7) / 8;
        case element::f8:
            return aligned4(dimensions) + 8;
        case element::f16:
        case element::bf16:
            break;
    }
    return dimensions * 2;
}

std::size_t total_size(element type, std::size_t dimensions) {
    const std::size_t data = data_size(type, dimensions);
    switch (type) {
        case element::f32:
            return data;
        case element::bit:
            return data + (data % 2 == 0 ? 3 : 2);
        case element::f8:
            return data + 3;
        default:
            return data + 1;
    }
}

bool is_known(element type) {
    return type >= element::f32 && type <= element::bf16;
}

template <class Number>
void put_bits(std::span<const Number> numbers, blob& out) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] > 0) {
            out[i / 8] |= static_cast<std::byte>(1U << (i % 8));
        }
    }
    out[out.size() - 2] = static_cast<std::byte>(8 * (out.size() - 1) - numbers.size());
}

/// `exact` is infinite or NaN when all numbers are the same float.
std::byte nearest_step(float exact) {
    if (!(exact > 0)) {
        return std::byte{0};
    }
    return exact > 255 ? std::byte{255} : static_cast<std::byte>(std::lround(exact));
}

template <class Number>
result<void> put_steps(std::span<const Number> numbers, blob& out) {
    float low = 0;
    float high = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!std::isfinite(static_cast<float>(numbers[i]))) {
            return bad_argument("number " + std::to_string(i) +
                                " is not finite as a float, which float8 cannot hold");
        }
        // As the engine compares: in the precision of the input, and of equals (0 and -0) it keeps
        // the last.
        low = i > 0 && static_cast<Number>(low) < numbers[i] ? low : static_cast<float>(numbers[i]);
        high =
            i > 0 && static_cast<Number>(high) > numbers[i] ? high : static_cast<float>(numbers[i]);
    }
    if (!std::isfinite(high - low)) {
        return bad_argument("the numbers spread further than a float, which float8 cannot hold");
    }
    const float alpha = (high - low) / 255;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        out[i] = nearest_step(static_cast<float>((numbers[i] - static_cast<Number>(low)) /
                                                 static_cast<Number>(alpha)));
    }
    const std::size_t parameters = aligned4(numbers.size());
    put(out.data() + parameters, std::bit_cast<std::uint32_t>(alpha));
    put(out.data() + parameters + 4, std::bit_cast<std::uint32_t>(low));
    out[out.size() - 2] = static_cast<std::byte>(parameters - numbers.size());
    return {};
}

template <class Number>
result<blob> encode_numbers(element type, std::span<const Number> numbers) {
    if (!is_known(type)) {
        return bad_argument("unknown element type " + std::to_string(static_cast<int>(type)));
    }
    if (numbers.size() > max_dimensions) {
        return bad_argument(std::to_string(numbers.size()) +
                            " dimensions, at most 65536 are possible");
    }
    blob out(total_size(type, numbers.size()));
    if (type != element::f32) {
        out.back() = static_cast<std::byte>(type);
    }
    if (type == element::bit) {
        put_bits(numbers, out);
        return out;
    }
    if (type == element::f8) {
        if (auto bad = put_steps(numbers, out); !bad) {
            return bad.error();
        }
        return out;
    }
    std::byte* to = out.data();
    for (const Number n : numbers) {
        if (type == element::f64) {
            put(to, std::bit_cast<std::uint64_t>(static_cast<double>(n)));
            to += 8;
        } else if (type == element::f32) {
            put(to, std::bit_cast<std::uint32_t>(static_cast<float>(n)));
            to += 4;
        } else {
            put(to, type == element::f16 ? to_half(static_cast<float>(n))
                                         : to_brain(static_cast<float>(n)));
            to += 2;
        }
    }
    return out;
}

float number_at(element type, const std::byte* data, std::size_t dimensions, std::size_t i) {
    switch (type) {
        case element::f32:
            return take_float(data + 4 * i);
        case element::bit:
            return (static_cast<unsigned>(data[i / 8]) >> (i % 8) & 1U) != 0 ? 1.0F : -1.0F;
        case element::f8: {
            const std::byte* const parameters = data + aligned4(dimensions);
            return take_float(parameters) * static_cast<float>(data[i]) +
                   take_float(parameters + 4);
        }
        case element::f16:
            return from_half(take<std::uint16_t>(data + 2 * i));
        case element::bf16:
            return from_brain(take<std::uint16_t>(data + 2 * i));
        case element::f64:
            break;
    }
    return static_cast<float>(std::bit_cast<double>(take<std::uint64_t>(data + 8 * i)));
}

template <class Number>
result<std::vector<Number>> decode(blob_view stored) {
    const auto what = inspect(stored);
    if (!what) {
        return what.error();
    }
    std::vector<Number> numbers(what->dimensions);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (what->type == element::f64) {
            numbers[i] = static_cast<Number>(
                std::bit_cast<double>(take<std::uint64_t>(stored.data() + 8 * i)));
        } else {
            numbers[i] =
                static_cast<Number>(number_at(what->type, stored.data(), what->dimensions, i));
        }
    }
    return numbers;
}

}  // namespace

std::string_view to_string(element type) noexcept {
    switch (type) {
        case element::f32:
            return "float32";
        case element::f64:
            return "float64";
        case element::bit:
            return "float1bit";
        case element::f8:
            return "float8";
        case element::f16:
            return "float16";
        case element::bf16:
            return "floatb16";
    }
    return "unknown";
}

result<blob> encode(element type, std::span<const float> numbers) {
    return encode_numbers(type, numbers);
}

result<blob> encode(element type, std::span<const double> numbers) {
    return encode_numbers(type, numbers);
}

result<shape> inspect(blob_view stored) {
    const bool marked = stored.size() % 2 == 1;
    const auto type = marked ? static_cast<element>(stored.back()) : element::f32;
    if (!is_known(type)) {
        return not_a_vector("the blob's last byte is " + std::to_string(static_cast<int>(type)) +
                            ", no element type");
    }
    const std::size_t size = stored.size() - (marked ? 1 : 0);  // without the mark
    std::size_t dimensions = 0;
    if (type == element::bit || type == element::f8) {
        const std::size_t unused = size == 0 ? 0 : static_cast<std::size_t>(stored[size - 1]);
        const std::size_t all = type == element::bit ? size * 8 : size;
        const std::size_t fixed =
            type == element::bit ? 0 : 10;  // two floats, a padding byte and the count
        dimensions = all >= fixed + unused ? all - fixed - unused : max_dimensions + 1;
    } else {
        dimensions = size / (data_size(type, 1));
    }
    if (dimensions > max_dimensions ||
        total_size(type, dimensions) - (type == element::f32 ? 0 : 1) != size) {
        return not_a_vector("a blob of " + std::to_string(stored.size()) + " bytes is no " +
                            std::string(to_string(type)) + " vector");
    }
    return shape{type, dimensions};
}

result<std::vector<float>> to_floats(blob_view stored) {
    return decode<float>(stored);
}

result<std::vector<double>> to_doubles(blob_view stored) {
    return decode<double>(stored);
}

result<blob> convert(blob_view stored, element type) {
    const auto what = inspect(stored);
    if (!what) {
        return what.error();
    }
    if (what->type == type && type != element::f32) {
        return blob(stored.begin(), stored.end());
    }
    if (what->type == element::f64) {
        return to_doubles(stored).and_then(
            [&](const std::vector<double>& all) { return encode(type, std::span(all)); });
    }
    return to_floats(stored).and_then(
        [&](const std::vector<float>& all) { return encode(type, std::span(all)); });
}

// --- DDL ---

namespace {

result<void> check_column(element type, std::size_t dimensions) {
    if (!is_known(type)) {
        return bad_argument("unknown element type " + std::to_string(static_cast<int>(type)));
    }
    if (dimensions == 0 || dimensions > max_dimensions) {
        return bad_argument("a column of " + std::to_string(dimensions) +
                            " dimensions; 1 to 65536 are possible");
    }
    return {};
}

}  // namespace

result<std::size_t> blob_size(element type, std::size_t dimensions) {
    if (!is_known(type) || dimensions > max_dimensions) {
        return bad_argument("unknown element type or more than 65536 dimensions");
    }
    return total_size(type, dimensions);
}

result<std::string> column_type(element type, std::size_t dimensions) {
    if (auto bad = check_column(type, dimensions); !bad) {
        return bad.error();
    }
    constexpr std::array<std::string_view, 7> names{"",        "F32_BLOB", "F64_BLOB", "F1BIT_BLOB",
                                                    "F8_BLOB", "F16_BLOB", "FB16_BLOB"};
    return std::string(names.at(static_cast<std::size_t>(type))) + "(" +
           std::to_string(dimensions) + ")";
}

result<std::string> column_check(std::string_view column, element type, std::size_t dimensions) {
    if (auto bad = check_column(type, dimensions); !bad) {
        return bad.error();
    }
    const std::string name = quote_identifier(column);
    std::string check = "CHECK (" + name + " IS NULL OR (typeof(" + name +
                        ") = 'blob' AND length(" + name +
                        ") = " + std::to_string(total_size(type, dimensions));
    if (type == element::bit || type == element::f8) {
        // The count of what is unused tells apart lengths that take the same number of bytes.
        const std::size_t unused = type == element::bit
                                       ? 8 * (total_size(type, dimensions) - 1) - dimensions
                                       : aligned4(dimensions) - dimensions;
        const auto mark = std::array{static_cast<std::byte>(unused), static_cast<std::byte>(type)};
        check += " AND substr(" + name + ", -2) = " + quote_blob(mark);
    } else if (type != element::f32) {
        check += " AND substr(" + name +
                 ", -1) = " + quote_blob(std::array{static_cast<std::byte>(type)});
    }
    return check + "))";
}

std::string distance_sql(metric by, std::string_view a, std::string_view b) {
    std::string sql = by == metric::cosine ? "vector_distance_cos(" : "vector_distance_l2(";
    sql += a;
    sql += ", ";
    sql += b;
    return sql += ')';
}

result<std::optional<double>> distance(executor& on, metric by, blob_view a, blob_view b) {
    const auto first = inspect(a);
    const auto second = inspect(b);
    if (!first || !second) {
        return (!first ? first : second).error();
    }
    if (*first != *second) {
        return bad_argument("no distance between a " + std::string(to_string(first->type)) +
                            " vector of " + std::to_string(first->dimensions) +
                            " dimensions and a " + std::string(to_string(second->type)) +
                            " one of " + std::to_string(second->dimensions));
    }
    if (by == metric::l2 && first->type == element::bit) {
        return bad_argument("there is no l2 distance of 1-bit vectors, only cosine");
    }
    auto found =
        on.fetch_one<std::optional<double>>("SELECT " + distance_sql(by, "?1", "?2"), a, b);
    if (!found) {
        return found.error();
    }
    return found->value_or(std::nullopt);
}

result<std::string> extract(executor& on, blob_view stored) {
    if (auto what = inspect(stored); !what) {
        return what.error();
    }
    auto found = on.fetch_one<std::string>("SELECT vector_extract(?1)", stored);
    if (!found) {
        return found.error();
    }
    return found->value_or(std::string());
}

// --- the index ---

namespace {

/// libSQL makes `<name>_shadow` of it without quotes, and cuts it at a dot.
result<void> check_index_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    const auto is_inner = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '$';
    };
    if (name.empty() || !is_letter(name.front()) ||
        !std::all_of(name.begin(), name.end(), is_inner)) {
        return bad_argument(
            "\"" + std::string(name) +
            "\" cannot name a vector index: only letters, digits, _ and $ are possible");
    }
    return {};
}

result<void> check_count(std::string_view option, std::optional<int> value, int most) {
    if (value && (*value < 1 || *value > most)) {
        return bad_argument(std::string(option) + " = " + std::to_string(*value) + "; 1 to " +
                            std::to_string(most) + " are possible");
    }
    return {};
}

result<void> check_index(const index& wanted) {
    if (auto bad = check_index_name(wanted.name); !bad) {
        return bad;
    }
    if (wanted.table.empty() || wanted.column.empty()) {
        return bad_argument("an index needs a table and a column");
    }
    if (wanted.compress_neighbors == element::f64) {
        return bad_argument("compress_neighbors cannot be float64");
    }
    if (wanted.compress_neighbors == element::bit && wanted.metric == metric::l2) {
        return bad_argument("compress_neighbors = float1bit works only with the cosine metric");
    }
    if (wanted.alpha && !(*wanted.alpha > 0 && std::isfinite(*wanted.alpha))) {
        return bad_argument("alpha must be a finite number above 0");
    }
    // The index counts a node's neighbours in 16 bits.
    if (auto bad = check_count("max_neighbors", wanted.max_neighbors, 65535); !bad) {
        return bad;
    }
    constexpr int most = std::numeric_limits<int>::max();
    if (auto bad = check_count("insert_l", wanted.insert_l, most); !bad) {
        return bad;
    }
    return check_count("search_l", wanted.search_l, most);
}

std::string shortest(double number) {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return {buffer.data(), end.ptr};
}

}  // namespace

result<std::string> create_index_sql(const index& wanted) {
    if (auto bad = check_index(wanted); !bad) {
        return bad.error();
    }
    std::string sql = "CREATE INDEX ";
    sql += wanted.if_not_exists ? "IF NOT EXISTS " : "";
    sql += qualify(wanted.schema, wanted.name) + " ON " + quote_identifier(wanted.table) +
           " (libsql_vector_idx(" + quote_identifier(wanted.column);
    const auto option = [&](std::string_view name, const std::string& value) {
        sql += ", '" + std::string(name) + "=" + value + "'";
    };
    if (wanted.metric) {
        option("metric", *wanted.metric == metric::cosine ? "cosine" : "l2");
    }
    if (wanted.compress_neighbors) {
        option("compress_neighbors", std::string(to_string(*wanted.compress_neighbors)));
    }
    if (wanted.max_neighbors) {
        option("max_neighbors", std::to_string(*wanted.max_neighbors));
    }
    if (wanted.alpha) {
        option("alpha", shortest(*wanted.alpha));
    }
    if (wanted.insert_l) {
        option("insert_l", std::to_string(*wanted.insert_l));
    }
    if (wanted.search_l) {
        option("search_l", std::to_string(*wanted.search_l));
    }
    sql += "))";
    if (!wanted.where.empty()) {
        sql += " WHERE " + wanted.where;
    }
    return sql;
}

result<void> create_index(executor& on, const index& wanted) {
    const auto sql = create_index_sql(wanted);
    if (!sql) {
        return sql.error();
    }
    // The engine's own cache holds some twenty nodes, and each row visits a hundred. A cache that
    // was chosen stays as it is, and a server has its own.
    const std::string cache = "PRAGMA " +
                              quote_identifier(wanted.schema.empty() ? "main" : wanted.schema) +
                              ".cache_size";
    constexpr std::int64_t engines_own = -2000;  // KiB
    const auto before = libsql::detail::works_here(on)
                            ? on.fetch_one<std::int64_t>(cache).value_or(std::nullopt)
                            : std::nullopt;
    const bool enlarges = before == engines_own && on.execute(cache + " = -65536");
    auto created = on.execute(*sql);
    if (enlarges) {
        static_cast<void>(on.execute(cache + " = " + std::to_string(engines_own)));
    }
    return std::move(created).transform([](const execution&) {});
}

namespace {

/// Where libSQL keeps the parameters of a database's vector indexes.
std::string parameters_table(std::string_view schema) {
    return qualify(schema, "libsql_vector_meta_shadow");
}

/// The databases in which the parameters of a vector index of that name are kept.
result<std::vector<std::string>> databases_with_index(executor& on, std::string_view name) {
    auto all = on.fetch<std::string>("SELECT name FROM pragma_database_list");
    if (!all) {
        return all;
    }
    std::vector<std::string> with_index;
    for (auto& schema : *all) {
        auto has_table =
            on.fetch_one<bool>("SELECT count(*) > 0 FROM " + qualify(schema, "sqlite_schema") +
                               " WHERE type = 'table' AND name = 'libsql_vector_meta_shadow'");
        if (!has_table) {
            return has_table.error();
        }
        if (!has_table->value_or(false)) {
            continue;
        }
        auto has_index = on.fetch_one<bool>("SELECT count(*) > 0 FROM " + parameters_table(schema) +
                                                " WHERE name = ?1 COLLATE NOCASE",
                                            name);
        if (!has_index) {
            return has_index.error();
        }
        if (has_index->value_or(false)) {
            with_index.push_back(std::move(schema));
        }
    }
    return with_index;
}

}  // namespace

result<void> drop_index(executor& on, std::string_view name, std::string_view schema) {
    if (auto bad = check_index_name(name); !bad) {
        return bad;
    }
    const std::string_view home = schema.empty() ? "main" : schema;
    auto databases = databases_with_index(on, name);
    if (!databases) {
        return databases.error();
    }
    for (const auto& other : *databases) {
        if (other != home) {
            return error(error_kind::unsupported, "vector: libSQL would break the index \"" +
                                                      std::string(name) + "\" of \"" + other +
                                                      "\" by dropping the one of \"" +
                                                      std::string(home) + "\"");
        }
    }
    if (databases->empty()) {
        return error(error_kind::sql, "vector: \"" + std::string(home) +
                                          "\" has no vector index \"" + std::string(name) + "\"");
    }
    // DROP INDEX deletes the parameters from the first such table it finds, of whatever database.
    batch steps;
    steps.add("DROP INDEX " + qualify(home, name));
    steps.add("DELETE FROM " + parameters_table(home) + " WHERE name = ?1 COLLATE NOCASE", name);
    if (auto done = on.run(steps, batch_mode::transactional); !done) {
        return done.error();
    }
    return {};
}

// --- searches ---

namespace {

result<std::string> returned_columns(const search& wanted) {
    if (wanted.table.empty() || wanted.column.empty() || wanted.columns.empty()) {
        return bad_argument("a search needs a table, a vector column and columns to return");
    }
    std::string all;
    for (const auto& column : wanted.columns) {
        all += "t." + quote_identifier(column) + ", ";
    }
    return all;
}

}  // namespace

result<std::string> nearest_exact_sql(const search& wanted) {
    auto columns = returned_columns(wanted);
    if (!columns) {
        return columns;
    }
    const std::string column = "t." + quote_identifier(wanted.column);
    return "SELECT " + *columns + distance_sql(wanted.metric, column, "?1") + " AS distance FROM " +
           qualify(wanted.schema, wanted.table) + " AS t WHERE " + column +
           " IS NOT NULL ORDER BY distance NULLS LAST LIMIT ?2";
}

result<std::string> nearest_indexed_sql(const search& wanted, std::string_view index) {
    auto columns = returned_columns(wanted);
    if (!columns) {
        return columns;
    }
    if (auto bad = check_index_name(index); !bad) {
        return bad.error();
    }
    if (wanted.schema.find('.') != std::string::npos) {
        return error(error_kind::unsupported,
                     "vector: libSQL cannot search an index in a database whose name has a dot");
    }
    const std::string full_name =
        wanted.schema.empty() ? std::string(index) : wanted.schema + "." + std::string(index);
    return "SELECT " + *columns +
           distance_sql(wanted.metric, "t." + quote_identifier(wanted.column), "?1") +
           " AS distance FROM vector_top_k(" + quote_literal(full_name) + ", ?1, ?2) AS n JOIN " +
           qualify(wanted.schema, wanted.table) + " AS t ON t." + quote_identifier(wanted.key) +
           " = n.id ORDER BY distance NULLS LAST";
}

result<void> detail::check_search(blob_view query, std::int64_t count) {
    if (count < 0 || count > std::numeric_limits<std::int32_t>::max()) {
        return bad_argument("a search for " + std::to_string(count) +
                            " neighbours; 0 to 2147483647 are possible");
    }
    if (auto what = inspect(query); !what) {
        return what.error();
    }
    return {};
}

}  // namespace libsql::vector
