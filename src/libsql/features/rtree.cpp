#include "libsql/features/create_sql.hpp"

#include <libsql/identifier.hpp>
#include <libsql/rtree.hpp>

#include <cmath>
#include <limits>

namespace libsql::rtree::detail {

namespace {

error bad_argument(std::string message) {
    return {error_kind::invalid_argument, "rtree: " + std::move(message)};
}

double as_double(const value& v) {
    return v.if_real() != nullptr ? *v.if_real() : static_cast<double>(*v.if_integer());
}

result<void> check_order(std::span<const value> coordinates) {
    for (std::size_t i = 0; i < coordinates.size(); i += 2) {
        if (!(as_double(coordinates[i]) <= as_double(coordinates[i + 1]))) {
            return bad_argument("in dimension " + std::to_string(i / 2) + " the low side " +
                                coordinates[i].to_sql() + " is above the high side " +
                                coordinates[i + 1].to_sql());
        }
    }
    return {};
}

result<void> check_range(std::span<const value> coordinates) {
    for (const auto& c : coordinates) {
        if (std::abs(as_double(c)) > static_cast<double>(std::numeric_limits<float>::max())) {
            return bad_argument("the coordinate " + c.to_sql() + " is beyond a 32-bit float");
        }
    }
    return {};
}

}  // namespace

tree::tree(definition names, std::size_t dimensions, bool integers)
    : names_(std::move(names)), dimensions_(dimensions), integers_(integers) {
    const bool named = !names_.coordinates.empty();
    for (std::size_t i = 0; i < dimensions && !named; ++i) {
        names_.coordinates.push_back("min" + std::to_string(i));
        names_.coordinates.push_back("max" + std::to_string(i));
    }
}

result<void> tree::check() const {
    if (names_.name.empty()) {
        return bad_argument("the table has no name");
    }
    if (names_.coordinates.size() != 2 * dimensions_) {
        return bad_argument(std::to_string(names_.coordinates.size()) +
                            " coordinate names were given for " + std::to_string(dimensions_) +
                            " dimensions");
    }
    if (names_.auxiliary.size() > 100) {
        return bad_argument("at most 100 auxiliary columns are possible");
    }
    return {};
}

std::string tree::table() const {
    return qualify(names_.schema.empty() ? "main" : names_.schema, names_.name);
}

std::string tree::all_columns() const {
    std::string all = quote_identifier(names_.id);
    for (const auto* const list : {&names_.coordinates, &names_.auxiliary}) {
        for (const auto& name : *list) {
            all += ", " + quote_identifier(name);
        }
    }
    return all;
}

std::string tree::create_sql(bool if_not_exists) const {
    std::string sql = libsql::detail::create_sql("VIRTUAL TABLE", if_not_exists, table());
    sql += (integers_ ? " USING rtree_i32(" : " USING rtree(") + quote_identifier(names_.id);
    for (const auto& name : names_.coordinates) {
        sql += ", " + quote_identifier(name);
    }
    for (const auto& name : names_.auxiliary) {
        sql += ", +" + quote_identifier(name);
    }
    return sql += ')';
}

result<void> tree::create(executor& on, bool if_not_exists) const {
    if (auto bad = check(); !bad) {
        return bad;
    }
    return on.execute(create_sql(if_not_exists)).transform([](const execution&) {});
}

result<std::int64_t> tree::insert(executor& on, std::string_view verb,
                                  std::optional<std::int64_t> id,
                                  std::span<const value> coordinates,
                                  std::span<const value> auxiliary) const {
    for (const auto& bad : {check(), check_order(coordinates), check_range(coordinates)}) {
        if (!bad) {
            return bad.error();
        }
    }
    if (auxiliary.size() != names_.auxiliary.size()) {
        return bad_argument(std::to_string(auxiliary.size()) + " values were given for " +
                            std::to_string(names_.auxiliary.size()) + " auxiliary columns");
    }
    std::vector<value> all{id ? value(*id) : value()};
    all.insert(all.end(), coordinates.begin(), coordinates.end());
    all.insert(all.end(), auxiliary.begin(), auxiliary.end());
    std::string sql = std::string(verb) + " INTO " + table() + "(" + all_columns() + ") VALUES (?";
    for (std::size_t i = 1; i < all.size(); ++i) {
        sql += ", ?";
    }
    return on.execute(sql + ")", positional(all)).transform([](const execution& done) {
        return done.last_insert_rowid;
    });
}

result<bool> tree::remove(executor& on, std::int64_t id) const {
    return on
        .execute("DELETE FROM " + table() + " WHERE " + quote_identifier(names_.id) + " = ?", id)
        .transform([](const execution& done) { return done.rows_affected > 0; });
}

std::string tree::condition(bool within) const {
    std::string all;
    for (std::size_t i = 0; i < names_.coordinates.size() / 2; ++i) {
        const std::string low = qualify(names_.name, names_.coordinates[2 * i]);
        const std::string high = qualify(names_.name, names_.coordinates[2 * i + 1]);
        const std::string given_low = " ?" + std::to_string(2 * i + 1);
        const std::string given_high = " ?" + std::to_string(2 * i + 2);
        all += i == 0 ? "" : " AND ";
        all += within ? low + " >=" + given_low + " AND " + high + " <=" + given_high
                      : high + " >=" + given_low + " AND " + low + " <=" + given_high;
    }
    return all;
}

result<std::vector<tree::row>> tree::select(executor& on, const std::string& where,
                                            std::span<const value> arguments) const {
    if (auto bad = check(); !bad) {
        return bad.error();
    }
    auto found = on.query("SELECT " + all_columns() + " FROM " + table() + " WHERE " + where,
                          positional(arguments));
    if (!found) {
        return found.error();
    }
    std::vector<row> all;
    for (auto& current : *found) {
        const auto id =
            current.and_then([](const libsql::row& r) { return r.try_get<std::int64_t>(0); });
        if (!id) {
            return id.error();
        }
        row one{*id, {}, {}};
        const auto wanted = integers_ ? value_type::integer : value_type::real;
        for (std::size_t i = 1; i < current->size(); ++i) {
            const bool coordinate = i <= 2 * dimensions_;
            if (coordinate && current->type(i) != wanted) {
                return error(error_kind::mismatch,
                             "rtree: " + table() +
                                 (integers_ ? " stores floats, not integers"
                                            : " stores integers, not floats"));
            }
            (coordinate ? one.coordinates : one.auxiliary).push_back(current->get<value>(i));
        }
        all.push_back(std::move(one));
    }
    return all;
}

result<std::vector<tree::row>> tree::find(executor& on, std::int64_t id) const {
    return select(on, quote_identifier(names_.id) + " = ?1", std::array{value(id)});
}

result<std::vector<tree::row>> tree::search(executor& on, bool within,
                                            std::span<const value> coordinates) const {
    if (auto bad = check_order(coordinates); !bad) {
        return bad.error();
    }
    return select(on, condition(within), coordinates);
}

}  // namespace libsql::rtree::detail
