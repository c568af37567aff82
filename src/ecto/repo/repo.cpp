#include "ecto/repo/repo_state.hpp"

#include <ecto/repo.hpp>
#include <libsql/atomically.hpp>
#include <libsql/rows.hpp>

namespace ecto {

namespace {

libsql::value value_of(const detail::cell& c) {
    const auto bytes = detail::bytes_of(c);
    switch (c.type) {
        case detail::cell_type::integer:
            return c.integer;
        case detail::cell_type::real:
            return c.real;
        case detail::cell_type::text:
            return bytes;
        case detail::cell_type::blob:
            return libsql::blob_view(reinterpret_cast<const std::byte*>(bytes.data()),
                                     bytes.size());
        default:
            return nullptr;
    }
}

/// The projection of a query of one integer.
bool read_integer(detail::row_reader& from, void* to) {
    return from.read(*static_cast<std::int64_t*>(to));
}

constexpr detail::projection one_integer{&read_integer};

detail::row_sink only(void* to) noexcept {
    return {to, [](void* object) { return object; }, [](void* /*object*/) { return false; }};
}

/// Reads the rows of a query's plan for `what`.
result<void> read_by(detail::repo_state& state, const detail::open_transaction* inside,
                     const query_base& q, detail::verb what, const detail::projection& read,
                     detail::row_sink to, call_options how) {
    std::unique_ptr<const detail::plan> room;
    const auto plan = state.plans.find(q.ecto_words(), what, room);
    if (!plan) {
        return plan.error();
    }
    const auto& query = (*plan)->query;
    const auto values = detail::bound_values::of(q.ecto_words(), query.values);
    if (!values) {
        return values.error();
    }
    return detail::on_connection(state, inside, detail::access::read, how,
                                 [&](libsql::executor& on) {
                                     return detail::read_rows(on, query.sql, values->arguments(),
                                                              read, query.columns, to, how);
                                 });
}

}  // namespace

repo::repo(std::shared_ptr<detail::repo_state> state,
           std::shared_ptr<detail::open_transaction> inside) noexcept
    : state_(std::move(state)), inside_(std::move(inside)) {}

result<repo> repo::start(libsql::options database, start_options how) {
    auto opened = libsql::pool::open(std::move(database), {.pool_size = how.pool_size});
    if (!opened) {
        return error(opened.error());
    }
    return on(*std::move(opened));
}

result<repo> repo::on(libsql::pool pool) {
    return repo(std::make_shared<detail::repo_state>(std::move(pool)));
}

result<void> repo::read(const query_base& q, detail::row_sink to, call_options how) {
    return read_by(*state_, inside_.get(), q, detail::verb::read, q.ecto_how(), to, how);
}

result<void> repo::get_into(const detail::schema_slot& slot, const detail::words& key, void* to,
                            call_options how) {
    const auto statements = detail::keyed_statements_of(slot);
    if (!statements) {
        return statements.error();
    }
    const auto values = detail::bound_values::all_of(key);
    if (!values) {
        return values.error();
    }
    const auto& info = slot.info();
    if (values->arguments().size() != (*statements)->key.size()) {
        return error(error_kind::query, "the primary key of " + std::string(info.table) + " has " +
                                            std::to_string((*statements)->key.size()) + " columns");
    }

    struct target {
        const detail::schema_slot* slot;
        void* object;
        bool found;
    } one{&slot, to, false};

    const detail::projection whole{[](detail::row_reader& from, void* into) {
        auto& t = *static_cast<target*>(into);
        t.found = true;
        return from.read(*t.slot, t.object);
    }};
    const auto names = detail::column_names(info, (*statements)->columns);
    auto done = detail::on_connection(
        *state_, inside_.get(), detail::access::read, how, [&](libsql::executor& on) {
            return detail::read_rows(on, (*statements)->get, values->arguments(), whole, names,
                                     only(&one), how);
        });
    if (done && !one.found) {
        return error(error_kind::not_found,
                     "no row of " + std::string(info.table) + " has this primary key");
    }
    return done;
}

namespace {

/// The only value of a query of another kind than `read`.
result<std::int64_t> number_of(detail::repo_state& state, const detail::open_transaction* inside,
                               const query_base& q, detail::verb what, call_options how) {
    std::int64_t number = 0;
    auto done = read_by(state, inside, q, what, one_integer, only(&number), how);
    if (!done) {
        return done.error();
    }
    return number;
}

}  // namespace

result<bool> repo::exists(const query_base& q, call_options how) {
    const auto found = number_of(*state_, inside_.get(), q, detail::verb::exists, how);
    if (!found) {
        return found.error();
    }
    return *found != 0;
}

result<std::int64_t> repo::count(const query_base& q, call_options how) {
    return number_of(*state_, inside_.get(), q, detail::verb::count, how);
}

result<sql_text> repo::to_sql(const query_base& q) const {
    std::unique_ptr<const detail::plan> room;
    const auto plan = state_->plans.find(q.ecto_words(), detail::verb::read, room);
    if (!plan) {
        return plan.error();
    }
    const auto values = detail::values_of(q.ecto_words());
    if (!values) {
        return values.error();
    }
    sql_text text{(*plan)->query.sql, {}};
    for (const auto i : (*plan)->query.values) {
        text.values.push_back(value_of((*values)[i]));
    }
    return text;
}

result<void> repo::run_transaction(bool (*f)(void* self, repo& inside), void* self,
                                   call_options how) {
    return detail::on_connection(
        *state_, inside_.get(), detail::access::write, how,
        [&](libsql::executor& on) -> result<void> {
            bool wanted = true;
            const auto done = libsql::atomically(
                on, how.until, [&](libsql::executor& unit) -> libsql::result<void> {
                    auto open = std::make_shared<detail::open_transaction>();
                    open->on = &unit;
                    // Also if `f` throws: nobody uses the handle after that.
                    const std::shared_ptr<void> over(nullptr, [&](void*) { open->on = nullptr; });
                    repo inside(state_, open);
                    wanted = f(self, inside);
                    if (wanted) {
                        return {};
                    }
                    // Any error rolls back; what the caller gets is that of `f`.
                    return libsql::error(libsql::error_kind::transaction, "rolled back");
                });
            if (!done && wanted) {
                return error(done.error());
            }
            return {};
        });
}

}  // namespace ecto
