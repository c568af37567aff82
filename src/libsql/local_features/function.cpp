#include "libsql/core/ascii_case.hpp"
#include "libsql/local_features/callback.hpp"

#include <libsql/function.hpp>

#include <array>
#include <map>
#include <set>
#include <string>

namespace libsql {

namespace {

/// The state of a function. Owned by the engine.
struct known_function {
    std::string name;
    detail::scalar_function body;
};

struct known_aggregate {
    std::string name;
    detail::aggregate_factory make;
};

/// The state of a running aggregation. The engine's memory for the group holds a pointer to it.
struct running_group {
    std::unique_ptr<detail::aggregate_group> state;
    bool failed{false};
};

/// The argument counts of each function, by name in lower case.
struct function_table {
    std::map<std::string, std::set<int>> arities;
};

/// The arguments of a call, in a fixed buffer to avoid an allocation.
class argument_views {
public:
    argument_views(int count, sqlite3_value** values) noexcept
        : count_(static_cast<std::size_t>(count)) {
        for (std::size_t i = 0; i < count_; ++i) {
            views_[i] = local::view_of(values[i]).cell();
        }
    }

    [[nodiscard]] std::span<const value_view> all() const noexcept {
        static_assert(sizeof(value_view) == sizeof(detail::cell));
        return {reinterpret_cast<const value_view*>(views_.data()), count_};
    }

private:
    static constexpr std::size_t most = 127;  // SQLITE_MAX_FUNCTION_ARG

    std::size_t count_;
    std::array<detail::cell, most> views_;  // only `count_` of them are set
};

/// Runs the user's code for one call by the engine. False if it failed.
template <class F>
bool run(sqlite3_context* context, std::string_view name, std::span<const value_view> arguments,
         F&& f) {
    detail::function_call call(context, name, arguments);
    if (auto thrown = local::guarded([&] { f(call); })) {
        call.fail(thrown->message());
    }
    return !call.failed();
}

void on_call(sqlite3_context* context, int count, sqlite3_value** values) {
    auto& f = *static_cast<known_function*>(sqlite3_user_data(context));
    const argument_views arguments(count, values);
    run(context, f.name, arguments.all(), f.body);
}

using member = void (detail::aggregate_group::*)(detail::function_call&);

void add_row(sqlite3_context* context, int count, sqlite3_value** values, member what) {
    auto& a = *static_cast<known_aggregate*>(sqlite3_user_data(context));
    auto** const slot =
        static_cast<running_group**>(sqlite3_aggregate_context(context, sizeof(running_group*)));
    if (slot == nullptr) {
        sqlite3_result_error_nomem(context);
        return;
    }
    const argument_views arguments(count, values);
    const bool fine = run(context, a.name, arguments.all(), [&](detail::function_call& call) {
        if (*slot == nullptr) {
            *slot = std::make_unique<running_group>().release();
            (*slot)->state = a.make();
        }
        ((*slot)->state.get()->*what)(call);
    });
    if (!fine && *slot != nullptr) {
        (*slot)->failed = true;
    }
}

void on_step(sqlite3_context* context, int count, sqlite3_value** values) {
    add_row(context, count, values, &detail::aggregate_group::step);
}

void on_inverse(sqlite3_context* context, int count, sqlite3_value** values) {
    add_row(context, count, values, &detail::aggregate_group::inverse);
}

/// Returns the group's result. If the group has no rows, that of a fresh group.
void give_result(sqlite3_context* context, running_group* group, member what) {
    auto& a = *static_cast<known_aggregate*>(sqlite3_user_data(context));
    if (group != nullptr && group->failed) {
        return;  // the statement has already failed, and the engine is only cleaning up
    }
    run(context, a.name, {}, [&](detail::function_call& call) {
        const auto fresh = group == nullptr ? a.make() : nullptr;
        ((group == nullptr ? fresh : group->state).get()->*what)(call);
    });
}

running_group* group_of(sqlite3_context* context) {
    auto** const slot = static_cast<running_group**>(sqlite3_aggregate_context(context, 0));
    return slot == nullptr ? nullptr : *slot;
}

void on_value(sqlite3_context* context) {
    give_result(context, group_of(context), &detail::aggregate_group::value);
}

void on_finish(sqlite3_context* context) {
    const std::unique_ptr<running_group> group(group_of(context));
    give_result(context, group.get(), &detail::aggregate_group::finish);
}

template <class Known>
void on_destroy(void* self) {
    delete static_cast<Known*>(self);
}

int flags_of(const function_options& options) noexcept {
    int flags = SQLITE_UTF8;
    flags |= options.deterministic ? SQLITE_DETERMINISTIC : 0;
    flags |= options.innocuous ? SQLITE_INNOCUOUS : 0;
    flags |= options.direct_only ? SQLITE_DIRECTONLY : 0;
    return flags;
}

std::optional<error> check(std::string_view name, const function_options& options) {
    if (options.innocuous && options.direct_only) {
        return error(
            error_kind::invalid_argument,
            "the function \"" + std::string(name) + "\" cannot be both innocuous and direct_only");
    }
    return local::check_name("function", name);
}

/// Makes the engine's empty entries of removed functions visible while it lives.
class shown_entries {
public:
    shown_entries(sqlite3* db, const std::string& name) : db_(db), name_(name) {
        libsql_engine_hide_removed_functions(db_, name_.c_str(), 0);
    }

    ~shown_entries() { libsql_engine_hide_removed_functions(db_, name_.c_str(), 1); }

    shown_entries(const shown_entries&) = delete;
    shown_entries& operator=(const shown_entries&) = delete;

private:
    sqlite3* db_;
    const std::string& name_;
};

/// Registers a function whose calls use `Known`, which has `body`, by `create(db, known, flags)`,
/// which returns a result code.
template <class Known, class Body, class Create>
result<void> add(connection& c, std::string_view name, int arity, const function_options& options,
                 Body& body, Create create) {
    if (auto bad = check(name, options)) {
        return *std::move(bad);
    }
    return local::on_local(c, "a user function", [&](local::connection& owner) -> result<void> {
        const std::string key = to_lower(name);
        const shown_entries shown(owner.handle(), key);
        // Stored first: if that failed later, the function could not be removed.
        auto& all = owner.engine().attachment<function_table>().arities;
        auto& known = all[key];
        const bool is_new = known.insert(arity).second;
        auto made = std::make_unique<Known>(Known{std::string(name), std::move(body)});
        auto* const raw = made.release();  // the engine destroys it, even if this fails
        if (const int rc = create(owner.handle(), raw, flags_of(options)); rc != SQLITE_OK) {
            const auto why = owner.make_error(rc);
            if (is_new) {
                known.erase(arity);
            }
            if (known.empty()) {
                all.erase(key);
            }
            return why;
        }
        // Compiled statements may refer to a function of that name with any number of arguments.
        libsql_engine_expire(owner.handle());
        return {};
    });
}

}  // namespace

namespace detail {

result<void> register_function(connection& c, std::string_view name, int arity,
                               const function_options& options, scalar_function body) {
    return add<known_function>(
        c, name, arity, options, body, [&](sqlite3* db, known_function* known, int flags) {
            return sqlite3_create_function_v2(db, known->name.c_str(), arity, flags, known,
                                              &on_call, nullptr, nullptr,
                                              &on_destroy<known_function>);
        });
}

result<void> register_aggregate(connection& c, std::string_view name, int arity, bool is_window,
                                const function_options& options, aggregate_factory make) {
    return add<known_aggregate>(
        c, name, arity, options, make, [&](sqlite3* db, known_aggregate* known, int flags) {
            return sqlite3_create_window_function(
                db, known->name.c_str(), arity, flags, known, &on_step, &on_finish,
                is_window ? &on_value : nullptr, is_window ? &on_inverse : nullptr,
                &on_destroy<known_aggregate>);
        });
}

void function_call::give(const cell& returned) {
    auto* const context = static_cast<sqlite3_context*>(context_);
    switch (returned.type) {
        case cell_type::integer:
            sqlite3_result_int64(context, returned.integer);
            break;
        case cell_type::real:
            sqlite3_result_double(context, returned.real);
            break;
        case cell_type::text:
            sqlite3_result_text64(context, static_cast<const char*>(returned.data), returned.size,
                                  SQLITE_TRANSIENT, SQLITE_UTF8);
            break;
        case cell_type::blob:
            sqlite3_result_blob64(context, returned.data, returned.size, SQLITE_TRANSIENT);
            break;
        case cell_type::null:
            sqlite3_result_null(context);
            break;
        case cell_type::invalid_nan:
            fail(std::string(name_) + "(): the result is NaN, which SQLite would turn into NULL");
            break;
        case cell_type::invalid_unsigned:
            fail(std::string(name_) +
                 "(): the result is above the largest SQL integer, 9223372036854775807");
            break;
        case cell_type::invalid_size:
            fail(std::string(name_) + "(): the result is 2 GiB or longer");
            break;
    }
}

void function_call::fail(std::string_view message) {
    failed_ = true;
    sqlite3_result_error(static_cast<sqlite3_context*>(context_), message.data(),
                         static_cast<int>(message.size()));
}

void function_call::fail_argument(std::size_t i, std::string_view wanted) {
    fail(arguments_[i]
             .mismatch(std::string(name_) + "(): argument " + std::to_string(i + 1), wanted)
             .message());
}

}  // namespace detail

result<void> remove_function(connection& c, std::string_view name) {
    return local::on_local(c, "a user function", [&](local::connection& owner) -> result<void> {
        auto& all = owner.engine().attachment<function_table>().arities;
        const std::string key = to_lower(name);
        const auto found = all.find(key);
        if (found == all.end()) {
            return error(error_kind::invalid_argument,
                         "there is no function \"" + std::string(name) + "\" to remove");
        }
        const shown_entries shown(owner.handle(), key);
        for (const int arity : found->second) {
            const int rc =
                sqlite3_create_function_v2(owner.handle(), key.c_str(), arity, SQLITE_UTF8, nullptr,
                                           nullptr, nullptr, nullptr, nullptr);
            if (rc != SQLITE_OK) {
                return owner.make_error(rc);
            }
        }
        all.erase(found);
        return {};
    });
}

}  // namespace libsql
