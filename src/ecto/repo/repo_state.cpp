#include "ecto/repo/repo_state.hpp"

#include <libsql/rows.hpp>

#include <string_view>

namespace ecto::detail {

namespace {

error bad_value(std::size_t i) {
    return {error_kind::query, "value " + std::to_string(i + 1) +
                                   " cannot be stored, or is a negative limit or offset"};
}

std::string_view type_name(const cell& c) noexcept {
    switch (c.type) {
        case cell_type::integer:
            return "an INTEGER";
        case cell_type::real:
            return "a REAL";
        case cell_type::text:
            return "a TEXT";
        case cell_type::blob:
            return "a BLOB";
        default:
            return "NULL";
    }
}

/// Whether a column of this declared type keeps a text of digits, by SQLite's rules of affinity.
bool keeps_text(std::string declared) {
    for (auto& c : declared) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    const auto has = [&](std::string_view word) {
        return declared.find(word) != std::string::npos;
    };
    return declared.empty() ||
           (!has("INT") && (has("CHAR") || has("CLOB") || has("TEXT") || has("BLOB")));
}

}  // namespace

result<void> check_text_columns(libsql::executor& on, const schema_info& info,
                                const std::vector<const field*>& columns, call_options how) {
    for (const auto* f : columns) {
        const auto declared = on.fetch_one<std::string>(
            how.until, "SELECT type FROM pragma_table_info(?) WHERE name = ? COLLATE NOCASE",
            info.table, f->column);
        if (!declared) {
            return error(declared.error());
        }
        if (*declared && !keeps_text(**declared)) {
            return error(std::vector{field_error{
                std::string(f->name),
                "would be rounded: " + column_names(info, {f}).front() +
                    " stores numbers with 15 digits; make it a column of type DECIMAL_TEXT",
                {{"validation", "dump"}}}});
        }
    }
    return {};
}

result<std::vector<cell>> values_of(const words& from) {
    std::vector<cell> values;
    for (const auto* w = from.begin(); w != from.end(); w = next(w)) {
        if (w->code != op::value) {
            continue;
        }
        cell c{};
        c.type = static_cast<cell_type>(w->a);
        c.size = w->c;
        c.integer = w->integer;
        if (c.type == cell_type::text || c.type == cell_type::blob) {
            c.data = w + 1;
        } else if (c.type > cell_type::null) {
            return bad_value(values.size());
        }
        values.push_back(c);
    }
    return values;
}

result<bound_values> bound_values::of(const words& from, const std::vector<std::uint32_t>& chosen) {
    const auto values = values_of(from);
    if (!values) {
        return values.error();
    }
    bound_values made;
    made.arguments_.reserve(chosen.size());
    for (const auto i : chosen) {
        made.arguments_.add((*values)[i]);
    }
    return made;
}

result<bound_values> bound_values::all_of(const words& from) {
    const auto values = values_of(from);
    if (!values) {
        return values.error();
    }
    bound_values made;
    for (const auto& c : *values) {
        made.arguments_.add(c);
    }
    return made;
}

std::vector<std::string> column_names(const schema_info& info,
                                      const std::vector<const field*>& of) {
    std::vector<std::string> names;
    names.reserve(of.size());
    for (const auto* f : of) {
        names.push_back(std::string(info.table) + "." + std::string(f->name));
    }
    return names;
}

error unreadable(const row_reader& reader, const std::vector<cell>& cells,
                 const std::vector<std::string>& columns) {
    const auto i = reader.failed();
    const auto name =
        i < columns.size() ? columns[i] : "column " + std::to_string(i + 1) + " of the result";
    if (reader.wanted() == nullptr || i >= cells.size()) {
        return {error_kind::mismatch, name + " is missing in the row"};
    }
    if (cells[i].type == cell_type::null) {
        return {error_kind::mismatch, name + " is NULL, and its field is no std::optional"};
    }
    return {error_kind::mismatch, name + " holds " + std::string(type_name(cells[i])) +
                                      " that is not " + std::string(reader.wanted()->word)};
}

result<void> read_rows(libsql::executor& on, std::string_view sql,
                       const libsql::positional& arguments, const projection& how,
                       const std::vector<std::string>& columns, const row_sink& to,
                       call_options options) {
    auto rows = on.query(options.until, sql, arguments);
    if (!rows) {
        return error(rows.error());
    }
    std::vector<cell> cells(rows->column_count());
    for (;;) {
        const auto more = rows->next();
        if (!more) {
            return error(more.error());
        }
        if (!*more) {
            return {};
        }
        const auto row = rows->current();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            cells[i] = row.view(i).cell();
        }
        row_reader reader(cells.data(), cells.size());
        if (!how.read(reader, to.next(to.to))) {
            return unreadable(reader, cells, columns);
        }
        if (!to.done(to.to)) {
            return {};
        }
    }
}

}  // namespace ecto::detail
