#include "ecto/repo/repo_state.hpp"

#include <ecto/repo.hpp>
#include <libsql/atomically.hpp>
#include <libsql/statement.hpp>

#include <algorithm>

namespace ecto {

namespace {

using detail::field;
using detail::schema_statements;
using fields = std::vector<const field*>;

// SQLite's limit is 32766 parameters; a text that is not too long is compiled faster.
constexpr std::size_t most_parameters = 30000;
constexpr std::size_t most_rows = 500;

/// The stored forms of fields, and what they view.
class row_values {
public:
    /// Adds a field of an object. Kind `invalid` if the value cannot be stored.
    result<void> add(const detail::schema_info& info, const field& f, const void* object) {
        detail::cell c{};
        if (!f.type->dump(f.in(object), c, room_)) {
            const auto column = std::string(info.table) + "." + std::string(f.name);
            return error(std::vector{field_error{
                std::string(f.name), "cannot be stored in " + column, {{"validation", "dump"}}}});
        }
        arguments_.add(c);
        if (f.type->needs_text_column(f.in(object))) {
            text_columns_.push_back(&f);
        }
        return {};
    }

    result<void> add(const detail::schema_info& info, const fields& all, const void* object) {
        for (const auto* f : all) {
            if (auto added = add(info, *f, object); !added) {
                return added;
            }
        }
        return {};
    }

    void add_null() { arguments_.add(nullptr); }

    /// Runs a statement with the values; how many rows it changed.
    result<std::int64_t> write(libsql::executor& on, const detail::schema_info& info,
                               std::string_view sql, call_options how) const {
        if (auto fits = check(on, info, how); !fits) {
            return fits.error();
        }
        const auto done = on.execute(how.until, sql, arguments_);
        if (!done) {
            return error(done.error());
        }
        return done->rows_affected;
    }

    /// Whether the columns keep the values as they are.
    result<void> check(libsql::executor& on, const detail::schema_info& info,
                       call_options how) const {
        return detail::check_text_columns(on, info, text_columns_, how);
    }

    [[nodiscard]] const libsql::positional& arguments() const noexcept { return arguments_; }

private:
    detail::arena room_{};
    libsql::positional arguments_{};
    fields text_columns_{};
};

bool is_unset(const field& f, const void* object) {
    return f.type->is_unset(f.in(object));
}

void generate(const detail::schema_info& info, void* object) {
    for (const auto& f : info.fields) {
        if (f.generate != nullptr && is_unset(f, object)) {
            f.generate(f.in(object));
        }
    }
}

bool leaves_key(const schema_statements& s, const void* object) {
    return s.generates_key && is_unset(*s.key.front(), object);
}

fields columns_without_key(const schema_statements& s) {
    fields left;
    for (const auto* f : s.columns) {
        if (f != s.key.front()) {
            left.push_back(f);
        }
    }
    return left;
}

/// Runs a statement that writes one row or none; how many.
result<std::int64_t> changed(libsql::executor& on, std::string_view sql,
                             const libsql::positional& arguments, call_options how) {
    const auto done = on.execute(how.until, sql, arguments);
    if (!done) {
        return error(done.error());
    }
    return done->rows_affected;
}

}  // namespace

result<void> repo::insert_object(const detail::schema_slot& slot, void* object, call_options how) {
    const auto found = detail::statements_of(slot);
    if (!found) {
        return found.error();
    }
    const auto& statements = **found;
    const auto& info = slot.info();
    generate(info, object);
    const bool without_key = leaves_key(statements, object);
    row_values values;
    auto added = values.add(
        info, without_key ? columns_without_key(statements) : statements.columns, object);
    if (!added) {
        return added;
    }
    return detail::on_connection(
        *state_, inside_.get(), detail::access::write, how,
        [&](libsql::executor& on) -> result<void> {
            if (!without_key) {
                const auto done = values.write(on, info, statements.insert, how);
                return done ? result<void>() : done.error();
            }
            if (auto fits = values.check(on, info, how); !fits) {
                return fits;
            }
            struct target {
                const field* key;
                void* object;
            } made{statements.key.front(), object};
            const detail::projection key{[](detail::row_reader& from, void* to) {
                const auto& t = *static_cast<target*>(to);
                return from.read(*t.key->type, t.key->in(t.object));
            }};
            const detail::row_sink to{&made, [](void* t) { return t; }, [](void*) { return true; }};
            return detail::read_rows(on, statements.insert_without_key, values.arguments(), key,
                                     detail::column_names(info, statements.key), to, how);
        });
}

result<std::int64_t> repo::insert_rows(const detail::schema_slot& slot, objects rows,
                                       call_options how) {
    const auto found = detail::statements_of(slot);
    if (!found) {
        return found.error();
    }
    const auto& statements = **found;
    const auto& info = slot.info();
    const auto row = [&](std::size_t i) -> void* {
        return static_cast<std::byte*>(rows.first) + i * rows.size;
    };
    bool with_key = !statements.generates_key;
    for (std::size_t i = 0; i < rows.count; ++i) {
        generate(info, row(i));
        with_key = with_key || !leaves_key(statements, row(i));
    }
    const auto columns = with_key ? statements.columns : columns_without_key(statements);
    const auto width = std::max<std::size_t>(columns.size(), 1);
    // DEFAULT VALUES makes one row.
    const auto chunk =
        columns.empty() ? 1 : std::clamp<std::size_t>(most_parameters / width, 1, most_rows);
    const auto write = [&](libsql::executor& on) -> result<std::int64_t> {
        std::string sql;
        for (std::size_t first = 0; first < rows.count; first += chunk) {
            const auto count = std::min(chunk, rows.count - first);
            if (first == 0 || count < chunk) {
                sql = statements.insert_many(info, with_key, count);
            }
            row_values values;
            for (std::size_t i = first; i < first + count; ++i) {
                for (const auto* f : columns) {
                    if (f->is(field_flag::primary_key) && leaves_key(statements, row(i))) {
                        values.add_null();  // the database makes a key
                    } else if (auto added = values.add(info, *f, row(i)); !added) {
                        return added.error();
                    }
                }
            }
            if (auto done = values.write(on, info, sql, how); !done) {
                return done.error();
            }
        }
        return static_cast<std::int64_t>(rows.count);
    };
    if (rows.count == 0) {
        return 0;
    }
    if (rows.count <= chunk) {
        return detail::on_connection(*state_, inside_.get(), detail::access::write, how, write);
    }
    return transact(
        [&](repo& inside) {
            return detail::on_connection(*state_, inside.inside_.get(), detail::access::write, how,
                                         write);
        },
        how);
}

namespace {

error stale(const detail::schema_info& info) {
    return {error_kind::stale, "no row of " + std::string(info.table) + " has this primary key"};
}

}  // namespace

result<void> repo::update_object(const detail::schema_slot& slot, void* object, call_options how) {
    const auto found = detail::keyed_statements_of(slot);
    if (!found) {
        return found.error();
    }
    const auto& statements = **found;
    const auto& info = slot.info();
    if (statements.updated.empty()) {
        return error(error_kind::query,
                     "the schema of " + std::string(info.table) + " has no column to update");
    }
    for (const auto& f : info.fields) {
        if (f.is(field_flag::updated_at)) {
            f.generate(f.in(object));
        }
    }
    row_values values;
    if (auto added = values.add(info, statements.updated, object); !added) {
        return added;
    }
    if (auto added = values.add(info, statements.key, object); !added) {
        return added;
    }
    return detail::on_connection(*state_, inside_.get(), detail::access::write, how,
                                 [&](libsql::executor& on) -> result<void> {
                                     const auto done =
                                         values.write(on, info, statements.update, how);
                                     if (!done) {
                                         return done.error();
                                     }
                                     return *done == 0 ? stale(info) : result<void>();
                                 });
}

result<void> repo::delete_object(const detail::schema_slot& slot, const void* object,
                                 call_options how) {
    const auto found = detail::keyed_statements_of(slot);
    if (!found) {
        return found.error();
    }
    const auto& info = slot.info();
    row_values values;
    if (auto added = values.add(info, (*found)->key, object); !added) {
        return added;
    }
    return detail::on_connection(*state_, inside_.get(), detail::access::write, how,
                                 [&](libsql::executor& on) -> result<void> {
                                     const auto done =
                                         values.write(on, info, (*found)->remove, how);
                                     if (!done) {
                                         return done.error();
                                     }
                                     return *done == 0 ? stale(info) : result<void>();
                                 });
}

namespace {

result<std::int64_t> change_rows(detail::repo_state& state, const detail::open_transaction* inside,
                                 const detail::words& query, detail::verb what, call_options how) {
    std::unique_ptr<const detail::plan> room;
    const auto plan = state.plans.find(query, what, room);
    if (!plan) {
        return plan.error();
    }
    const auto values = detail::bound_values::of(query, (*plan)->query.values);
    if (!values) {
        return values.error();
    }
    return detail::on_connection(
        state, inside, detail::access::write, how,
        [&](libsql::executor& on) -> result<std::int64_t> {
            for (const auto* w = query.begin(); w != query.end(); w = detail::next(w)) {
                if (w->code != detail::op::set || w->a == 0) {
                    continue;
                }
                const auto& info = static_cast<const detail::schema_slot*>(w->pointer)->info();
                if (auto fits = detail::check_text_columns(on, info, {info.find(w->c)}, how);
                    !fits) {
                    return fits.error();
                }
            }
            return changed(on, (*plan)->query.sql, values->arguments(), how);
        });
}

}  // namespace

result<std::int64_t> repo::update_rows(const query_base& q, const std::vector<assignment>& changes,
                                       call_options how) {
    detail::words query(q.ecto_words());
    for (const auto& each : changes) {
        query.append(each.ecto_words);
    }
    return change_rows(*state_, inside_.get(), query, detail::verb::update, how);
}

result<std::int64_t> repo::delete_rows(const query_base& q, call_options how) {
    return change_rows(*state_, inside_.get(), q.ecto_words(), detail::verb::remove, how);
}

result<std::int64_t> repo::execute_with(std::string_view sql, const detail::words& values,
                                        call_options how) {
    const auto bound = detail::bound_values::all_of(values);
    if (!bound) {
        return bound.error();
    }
    return detail::on_connection(
        *state_, inside_.get(), detail::access::write, how,
        [&](libsql::executor& on) { return changed(on, sql, bound->arguments(), how); });
}

}  // namespace ecto
