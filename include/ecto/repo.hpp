#pragma once

#include <ecto/query.hpp>
#include <libsql/deadline.hpp>
#include <libsql/export.hpp>
#include <libsql/options.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace libsql {
class pool;
}

namespace ecto {

/// How a repo is started.
struct start_options {
    std::size_t pool_size{5};  ///< the number of connections; see `libsql::pool`
};

/// How one call is made.
struct call_options {
    libsql::deadline until{};  ///< when it gives up; waiting for a connection counts
};

/// The SQL of a query.
struct sql_text {
    std::string sql{};                    ///< with a `?` for each value
    std::vector<libsql::value> values{};  ///< what is bound, in this order
};

class repo;

namespace detail {

struct repo_state;
struct open_transaction;

/// Where rows go.
struct row_sink {
    void* to;
    void* (*next)(void* to);  ///< room for one more row
    bool (*done)(void* to);   ///< called with each row that was read; false: enough
};

template <class Row>
row_sink into(std::vector<Row>& rows) noexcept {
    return {&rows,
            [](void* to) -> void* { return &static_cast<std::vector<Row>*>(to)->emplace_back(); },
            [](void* /*to*/) { return true; }};
}

}  // namespace detail

/// A database with schemas: reads and writes structs. A copy is the same repo.
///
/// Errors: `query` if a query cannot be put into SQL (nothing was run then); `constraint` and
/// `driver` for those of the database; `mismatch` if a stored value is not of its field's type, in
/// which case what a statement has changed stands; `invalid` if a value cannot be stored, in which
/// case nothing was run.
///
/// Thread safety: all calls, from any thread. The repo that `transact` gives is for one thread at a
/// time. Remotely a call is one round trip unless it says otherwise. Exception safety:
/// `std::bad_alloc` may be thrown.
class LIBSQL_API repo {
public:
    /// Opens the database with a pool of connections.
    static result<repo> start(libsql::options database, start_options how = {});

    /// Uses a pool that is open already.
    static result<repo> on(libsql::pool pool);

    /// All rows of a query.
    template <class Row>
    result<std::vector<Row>> all(const query<Row>& q, call_options how = {}) {
        std::vector<Row> rows;
        if (auto done = read(q, detail::into(rows), how); !done) {
            return done.error();
        }
        return rows;
    }

    /// The only row: `not_found` if there is none, `multiple_results` if there are more.
    template <class Row>
    result<Row> one(const query<Row>& q, call_options how = {}) {
        std::vector<Row> rows;
        auto to = detail::into(rows);
        to.done = [](void* read) { return static_cast<std::vector<Row>*>(read)->size() < 2; };
        if (auto done = read(q, to, how); !done) {
            return done.error();
        }
        if (rows.size() != 1) {
            return error(rows.empty() ? error_kind::not_found : error_kind::multiple_results);
        }
        return std::move(rows.front());
    }

    /// The row with this primary key; `not_found` if there is none.
    template <has_schema T, class... Key>
    result<T> get(const Key&... key) {
        return get<T>(call_options(), key...);
    }

    /// As above.
    template <has_schema T, class... Key>
    result<T> get(call_options how, const Key&... key) {
        detail::words values;
        (detail::put_value<Key>(values, key), ...);
        T found{};
        if (auto done = get_into(detail::slot_of<T>(), values, &found, how); !done) {
            return done.error();
        }
        return found;
    }

    /// The only row of a table for which a condition is true; errors as of `one`.
    template <class T>
    result<T> get_by(const table<T>& t, const condition& c, call_options how = {}) {
        return one(from(t).where(c), how);
    }

    /// Whether a query has rows.
    result<bool> exists(const query_base& q, call_options how = {});

    /// How many rows a query has.
    result<std::int64_t> count(const query_base& q, call_options how = {});

    /// One expression over all rows of a query: `aggregate(from(u), max(u.age))`. `query` if the
    /// query has a limit, an offset or groups, or is distinct.
    template <class T, class V>
    result<V> aggregate(const query<T>& q, const expr<V>& e, call_options how = {}) {
        if (q.ecto_limits_rows()) {
            return error(
                error_kind::query,
                "unsupported: aggregate of a query with limit, offset, distinct or groups");
        }
        return one(q.select(e), how);
    }

    /// Calls `f(const Row&)` with row after row, each in the same object; memory is that of one.
    /// `f` returns nothing, or whether to go on.
    template <class Row, class F>
    result<void> stream(const query<Row>& q, F&& f, call_options how = {}) {
        struct state {
            Row row{};
            std::remove_reference_t<F>& f;
        } one{{}, f};

        return read(q,
                    {&one, [](void* to) -> void* { return &static_cast<state*>(to)->row; },
                     [](void* to) {
                         auto& s = *static_cast<state*>(to);
                         if constexpr (std::is_void_v<std::invoke_result_t<F, const Row&>>) {
                             s.f(std::as_const(s.row));
                             return true;
                         } else {
                             return static_cast<bool>(s.f(std::as_const(s.row)));
                         }
                     }},
                    how);
    }

    /// Inserts a row. Returns it as it is stored, as far as the program can tell: with generated
    /// values, timestamps and the primary key. An integer primary key of 0, or none, is left to the
    /// database.
    template <has_schema T>
    result<T> insert(T object, call_options how = {}) {
        if (auto done = insert_object(detail::slot_of<T>(), &object, how); !done) {
            return done.error();
        }
        return object;
    }

    /// Inserts rows, all or none, with generated values and timestamps as `insert`. Returns how
    /// many. One statement for many rows; more than one are in a transaction.
    template <has_schema T>
    result<std::int64_t> insert_all(std::vector<T> rows, call_options how = {}) {
        return insert_rows(detail::slot_of<T>(), {rows.data(), rows.size(), sizeof(T)}, how);
    }

    /// Writes all columns of the row with the object's primary key, but not those that are written
    /// once. Returns it, with a new `updated_at`. `stale` if there is no such row.
    template <has_schema T>
    result<T> update(T object, call_options how = {}) {
        if (auto done = update_object(detail::slot_of<T>(), &object, how); !done) {
            return done.error();
        }
        return object;
    }

    /// Deletes the row with the object's primary key. `stale` if there is no such row. (`delete` is
    /// a word of C++.)
    template <has_schema T>
    result<void> delete_one(const T& object, call_options how = {}) {
        return delete_object(detail::slot_of<T>(), &object, how);
    }

    /// Changes all rows of a query of `from` and `where`; returns how many. Timestamps stay.
    template <class T>
    result<std::int64_t> update_all(const query<T>& q, const std::vector<assignment>& changes,
                                    call_options how = {}) {
        return update_rows(q, changes, how);
    }

    /// Deletes all rows of a query of `from` and `where`; returns how many.
    template <class T>
    result<std::int64_t> delete_all(const query<T>& q, call_options how = {}) {
        return delete_rows(q, how);
    }

    /// Runs SQL of your own; returns how many rows it changed. Values may be of any type that can
    /// be stored; each is bound to a `?`.
    template <class... Args>
    result<std::int64_t> execute(std::string_view sql, const Args&... args) {
        return execute(call_options(), sql, args...);
    }

    /// As above.
    template <class... Args>
    result<std::int64_t> execute(call_options how, std::string_view sql, const Args&... args) {
        detail::words values;
        (detail::put_value<Args>(values, args), ...);
        return execute_with(sql, values, how);
    }

    /// What `all` runs for a query; runs nothing.
    result<sql_text> to_sql(const query_base& q) const;

    /// Runs `f(repo&)`, which returns a result: its changes are committed if it succeeded, and
    /// rolled back if it failed or threw. Returns what `f` returned, or why the transaction could
    /// not begin or commit. Inside a transaction: a savepoint. Use the repo that `f` gets: the one
    /// outside is not in the transaction. A copy of it that outlives `f` gives errors.
    template <class F>
    auto transact(F&& f, call_options how = {})
        -> std::remove_cvref_t<std::invoke_result_t<F, repo&>> {
        using returned = std::remove_cvref_t<std::invoke_result_t<F, repo&>>;
        static_assert(libsql::detail::is_result<returned>,
                      "ecto: what is given to transact must return an ecto::result");
        std::optional<returned> outcome;
        auto call = [&](repo& inside) {
            outcome.emplace(f(inside));
            return outcome->has_value();
        };
        const auto call_it = [](void* self, repo& inside) {
            return (*static_cast<decltype(call)*>(self))(inside);
        };
        if (auto done = run_transaction(call_it, &call, how); !done) {
            return done.error();
        }
        return *std::move(outcome);
    }

private:
    /// Objects that lie one behind the other.
    struct objects {
        void* first;
        std::size_t count;
        std::size_t size;  ///< of one
    };

    explicit repo(std::shared_ptr<detail::repo_state> state,
                  std::shared_ptr<detail::open_transaction> inside = nullptr) noexcept;

    result<void> read(const query_base& q, detail::row_sink to, call_options how);
    result<void> get_into(const detail::schema_slot& slot, const detail::words& key, void* to,
                          call_options how);
    result<void> insert_object(const detail::schema_slot& slot, void* object, call_options how);
    result<std::int64_t> insert_rows(const detail::schema_slot& slot, objects rows,
                                     call_options how);
    result<void> update_object(const detail::schema_slot& slot, void* object, call_options how);
    result<void> delete_object(const detail::schema_slot& slot, const void* object,
                               call_options how);
    result<std::int64_t> update_rows(const query_base& q, const std::vector<assignment>& changes,
                                     call_options how);
    result<std::int64_t> delete_rows(const query_base& q, call_options how);
    result<std::int64_t> execute_with(std::string_view sql, const detail::words& values,
                                      call_options how);
    result<void> run_transaction(bool (*f)(void* self, repo& inside), void* self, call_options how);

    std::shared_ptr<detail::repo_state> state_;
    std::shared_ptr<detail::open_transaction> inside_;  ///< null outside of a transaction
};

}  // namespace ecto
