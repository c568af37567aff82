#include "libsql/core/enum_words.hpp"
#include "libsql/driver/access.hpp"
#include "libsql/features/create_sql.hpp"
#include "libsql/features/vector_codec.hpp"

#include <libsql/identifier.hpp>
#include <libsql/vector.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace libsql::vector {

// --- DDL ---

namespace {

result<void> check_column(element type, std::size_t dimensions) {
    if (!is_known(type)) {
        return bad_argument("unknown element type " + std::to_string(static_cast<int>(type)));
    }
    if (dimensions == 0 || dimensions > max_dimensions) {
        return bad_argument("a column cannot have " + std::to_string(dimensions) +
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
    return std::string(libsql::detail::word_of<element::bf16>(names, type)) + "(" +
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
        // The number of unused bits distinguishes dimensions that take the same number of bytes.
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
        return bad_argument(
            "there is no distance between a " + std::string(to_string(first->type)) +
            " vector of " + std::to_string(first->dimensions) + " dimensions and a " +
            std::string(to_string(second->type)) + " one of " + std::to_string(second->dimensions));
    }
    if (by == metric::l2 && first->type == element::bit) {
        return bad_argument("1-bit vectors have no l2 distance, only a cosine distance");
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

/// libSQL creates `<name>_shadow` without quoting the name, and truncates it at a dot.
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
        return bad_argument("\"" + std::string(name) +
                            "\" cannot name a vector index: only letters, digits, _ and $ are "
                            "allowed, and the first cannot be a digit or $");
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
    // The index stores the number of a node's neighbours in 16 bits.
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
    std::string sql = libsql::detail::create_sql("INDEX", wanted.if_not_exists,
                                                 qualify(wanted.schema, wanted.name));
    sql += " ON " + quote_identifier(wanted.table) + " (libsql_vector_idx(" +
           quote_identifier(wanted.column);
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
    // The engine's default cache holds about twenty nodes, but each inserted row visits about a
    // hundred. A cache size set by the user is not changed, and neither is a server's.
    const std::string cache = "PRAGMA " +
                              quote_identifier(wanted.schema.empty() ? "main" : wanted.schema) +
                              ".cache_size";
    constexpr std::int64_t engines_own = -2000;  // the default, in KiB
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

/// The table in which libSQL stores the parameters of a database's vector indexes.
std::string parameters_table(std::string_view schema) {
    return qualify(schema, "libsql_vector_meta_shadow");
}

/// The databases that store parameters for a vector index called `name`.
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
    // DROP INDEX deletes the parameters from the first such table it finds, in any database.
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
        return bad_argument("a search cannot find " + std::to_string(count) +
                            " neighbours; 0 to 2147483647 are possible");
    }
    if (auto what = inspect(query); !what) {
        return what.error();
    }
    return {};
}

}  // namespace libsql::vector
