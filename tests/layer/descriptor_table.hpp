#pragma once

#include <libsql/executor.hpp>
#include <libsql/result.hpp>
#include <libsql/rows.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// @file
/// A thin layer above the driver, as an experiment: rows of any query into structs, by a table that
/// says for each column name how its field is read. It uses the public headers only, so it shows
/// whether they are enough, and `make bench` (D1) what it costs beside `row::get`.

namespace libsql::testing {

/// How a column of a given name becomes a field of a struct.
struct field_descriptor {
    std::string_view column;
    bool (*read)(const value_view& from, void* object);
};

namespace detail {

template <auto Member>
struct member_of;

template <class Object, class Field, Field Object::*Member>
struct member_of<Member> {
    static bool read(const value_view& from, void* object) {
        return from.read_into(static_cast<Object*>(object)->*Member);
    }
};

}  // namespace detail

template <auto Member>
constexpr field_descriptor field(std::string_view column) {
    return {column, &detail::member_of<Member>::read};
}

/// Which descriptor each column of a query has. `invalid_argument` for a column without one.
inline result<std::vector<const field_descriptor*>> plan(const rows& found,
                                                         std::span<const field_descriptor> table) {
    std::vector<const field_descriptor*> all;
    for (std::size_t i = 0; i < found.column_count(); ++i) {
        const field_descriptor* match = nullptr;
        for (const auto& one : table) {
            match = one.column == found.column_name(i) ? &one : match;
        }
        if (match == nullptr) {
            return error(error_kind::invalid_argument,
                         "no field for column " + std::string(found.column_name(i)));
        }
        all.push_back(match);
    }
    return all;
}

/// The current row as fields of `object`, whose type is that of the plan's table.
inline result<void> read_row(const row& current, std::span<const field_descriptor* const> planned,
                             void* object) {
    for (std::size_t i = 0; i < planned.size(); ++i) {
        const value_view column = current.view(i);
        if (!planned[i]->read(column, object)) [[unlikely]] {
            return column.mismatch(planned[i]->column, "its field's type");
        }
    }
    return {};
}

/// All rows of a query as `T`, by `table`.
template <class T, class... Args>
result<std::vector<T>> fetch_by(executor& on, std::span<const field_descriptor> table,
                                std::string_view sql, const Args&... args) {
    auto found = on.query(sql, args...);
    if (!found) {
        return found.error();
    }
    const auto planned = plan(*found, table);
    if (!planned) {
        return planned.error();
    }
    std::vector<T> all;
    for (;;) {
        auto more = found->next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return all;
        }
        if (auto read = read_row(found->current(), *planned, &all.emplace_back()); !read) {
            return read.error();
        }
    }
}

}  // namespace libsql::testing
