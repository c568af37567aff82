#pragma once

#include <libsql/argument.hpp>
#include <libsql/connection.hpp>
#include <libsql/detail/function_call.hpp>
#include <libsql/export.hpp>
#include <libsql/result.hpp>
#include <libsql/value_view.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// @file
/// SQL functions written in C++: scalar, aggregate and window functions.
///
/// The C++ signature determines the number and types of the arguments. An argument is read as
/// strictly as a column of a row (row.hpp): one of another type, or a NULL for a parameter that is
/// not a `std::optional`, fails the statement with a message that names the function and the
/// argument. A `value_view` parameter takes any value. A single parameter
/// `std::span<const value_view>` takes any number of values. Views are valid during the call.
///
/// A function returns anything that can be an argument of a statement (argument.hpp), nothing
/// (NULL), or a `result` of these, whose error fails the statement with the error's message. An
/// exception fails the statement with its `what()`. A NaN (which SQLite would turn into NULL) and
/// an unsigned integer above INT64_MAX fail the statement, too.
///
/// For what functions share with other callbacks (re-entry, lifetime of captured objects, supported
/// modes) see hooks.hpp.

namespace libsql {

/// What SQLite may assume about a function.
struct function_options {
    bool deterministic{false};  ///< equal arguments give equal results: usable in indexes, CHECK,
                                ///< generated columns
    bool innocuous{false};      ///< harmless even if called from an untrusted schema
    /// Not callable from triggers, views and the schema; excludes `innocuous`.
    bool direct_only{false};
};

namespace detail {

/// Type-erased: calls the user's function with the arguments of the call and stores its result.
using scalar_function = std::function<void(function_call&)>;

/// One group of an aggregate.
class aggregate_group {
public:
    aggregate_group() = default;
    aggregate_group(const aggregate_group&) = delete;
    aggregate_group& operator=(const aggregate_group&) = delete;
    virtual ~aggregate_group() = default;

    virtual void step(function_call& call) = 0;
    virtual void inverse(function_call& call) = 0;
    virtual void value(function_call& call) = 0;
    virtual void finish(function_call& call) = 0;
};

using aggregate_factory = std::function<std::unique_ptr<aggregate_group>()>;

LIBSQL_API result<void> register_function(connection& c, std::string_view name, int arity,
                                          const function_options& options, scalar_function body);
LIBSQL_API result<void> register_aggregate(connection& c, std::string_view name, int arity,
                                           bool is_window, const function_options& options,
                                           aggregate_factory make);

template <class... A>
struct parameter_list {};

using any_arguments = parameter_list<std::span<const value_view>>;

template <class T>
concept parameter = readable<T> || std::same_as<T, value_view>;

/// The number of arguments that SQLite passes; -1: any number.
template <class... A>
consteval int arity_of(parameter_list<A...>) {
    if constexpr (std::same_as<parameter_list<A...>, any_arguments>) {
        return -1;
    } else {
        static_assert(
            (parameter<A> && ...),
            "libsql: an SQL function's parameter is a type that a column can be read as (row.hpp), "
            "value_view, or the only one and std::span<const value_view>");
        static_assert(sizeof...(A) <= 127, "libsql: an SQL function has at most 127 parameters");
        return sizeof...(A);
    }
}

template <class Signature>
struct parameters_of;

template <class R, class... A>
struct parameters_of<std::function<R(A...)>> {
    using type = parameter_list<std::remove_cvref_t<A>...>;
};

template <class R, class C, class... A>
struct parameters_of<R (C::*)(A...)> {
    using type = parameter_list<std::remove_cvref_t<A>...>;
};

template <class R, class C, class... A>
struct parameters_of<R (C::*)(A...) const> : parameters_of<R (C::*)(A...)> {};

template <class R, class C, class... A>
struct parameters_of<R (C::*)(A...) noexcept> : parameters_of<R (C::*)(A...)> {};

template <class R, class C, class... A>
struct parameters_of<R (C::*)(A...) const noexcept> : parameters_of<R (C::*)(A...)> {};

/// A callable with one signature: a function, or a lambda that is not generic.
template <class F>
concept plain_callable = requires(F f) {
    std::function{f};
};

template <class T>
bool read_argument(function_call& call, std::size_t i, T& out) {
    const value_view& given = call.arguments()[i];
    if constexpr (std::same_as<T, value_view>) {
        out = given;
        return true;
    } else {
        if (read_cell(given.cell(), out)) {
            return true;
        }
        call.fail_argument(i, type_word<T>());
        return false;
    }
}

template <class R>
void give_result(function_call& call, const R& returned) {
    if constexpr (!is_result<R>) {
        const auto& bound = to_bindable(returned);
        call.give(bind_argument(bound));
    } else if (!returned) {
        call.fail(returned.error().message());
    } else if constexpr (!std::is_void_v<typename R::value_type>) {
        give_result(call, *returned);
    }
}

/// Calls `f` with the converted arguments of the call and stores what it returns. If nothing is
/// stored, the result is NULL.
template <class F, class... A>
void invoke_with(function_call& call, F&& f, parameter_list<A...>) {
    const auto run = [&](auto&&... arguments) {
        if constexpr (std::is_void_v<decltype(f(std::move(arguments)...))>) {
            f(std::move(arguments)...);
        } else {
            give_result(call, f(std::move(arguments)...));
        }
    };
    if constexpr (std::same_as<parameter_list<A...>, any_arguments>) {
        run(call.arguments());
    } else {
        std::tuple<A...> values;
        const bool fits = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (read_argument(call, I, std::get<I>(values)) && ...);
        }
        (std::index_sequence_for<A...>{});
        if (fits) {
            std::apply(run, values);
        }
    }
}

template <class Aggregate>
concept window_aggregate = requires(Aggregate& a) {
    &Aggregate::inverse;
    a.value();
};

/// One group, whose state is an object of the user's class.
template <class Aggregate>
class aggregate_group_of final : public aggregate_group {
public:
    template <class Make>
    explicit aggregate_group_of(Make& make) : state_(make()) {}

    void step(function_call& call) override {
        invoke_with(
            call, [this](auto&&... a) { return state_.step(std::move(a)...); },
            typename parameters_of<decltype(&Aggregate::step)>::type{});
    }

    void inverse(function_call& call) override {
        if constexpr (window_aggregate<Aggregate>) {
            using parameters = typename parameters_of<decltype(&Aggregate::inverse)>::type;
            static_assert(
                std::same_as<parameters, typename parameters_of<decltype(&Aggregate::step)>::type>,
                "libsql: inverse() takes the same parameters as step()");
            invoke_with(
                call, [this](auto&&... a) { return state_.inverse(std::move(a)...); },
                parameters{});
        }
    }

    void value(function_call& call) override {
        if constexpr (window_aggregate<Aggregate>) {
            give_result(call, state_.value());
        }
    }

    void finish(function_call& call) override { give_result(call, state_.finish()); }

private:
    Aggregate state_;
};

}  // namespace detail

/// Registers `f` as the SQL function `name` (case-insensitive) on this connection.
///
/// ```
/// create_function(conn, "repeat",
///                 [](std::string_view text, std::int64_t times) -> std::string { ... },
///                 {.deterministic = true});
/// ```
/// Functions of one name with different numbers of arguments coexist. A function with the same
/// number of arguments, or a built-in one, is replaced. `f` is called on the thread of the running
/// call and may keep state. Errors: `invalid_argument` for a name that is empty, contains a NUL, is
/// not UTF-8 or is longer than 255 bytes, and for contradictory options; `busy` when it would
/// replace a function while a statement is running.
template <class F>
result<void> create_function(connection& c, std::string_view name, F f,
                             const function_options& options = {}) {
    static_assert(detail::plain_callable<F>,
                  "libsql: an SQL function is a callable with one signature, not a generic lambda "
                  "or an overload set");
    if constexpr (detail::plain_callable<F>) {
        using parameters = typename detail::parameters_of<decltype(std::function{f})>::type;
        constexpr int arity = detail::arity_of(parameters{});
        return detail::register_function(c, name, arity, options,
                                         [f = std::move(f)](detail::function_call& call) mutable {
                                             detail::invoke_with(call, f, parameters{});
                                         });
    }
}

/// Registers the SQL aggregate function `name` on this connection. For each group `make()` returns
/// an object with
/// - `step(arguments...)`, called for each row: its parameters are those of the SQL function; it
///   returns nothing or a `result<void>`;
/// - `finish()`, which returns the result of the group. For a group without rows it is called on a
///   new object.
///
/// If the object also has `inverse(arguments...)`, which reverts a `step`, and `value()`, the
/// result so far, the function is a window function as well. When a statement is stopped early,
/// `finish()` may be called and its result discarded. The object is destroyed at the end of its
/// group. For replacement and errors see `create_function`.
template <std::invocable Make>
result<void> create_aggregate(connection& c, std::string_view name, Make make,
                              const function_options& options = {}) {
    using aggregate = std::invoke_result_t<Make&>;
    static_assert(
        requires(aggregate & a) {
            &aggregate::step;
            a.finish();
        },
        "libsql: an aggregate has a step(), which is not a template or overloaded, and a finish()");
    static_assert(
        detail::window_aggregate<aggregate> || !requires { &aggregate::inverse; },
        "libsql: an aggregate with inverse() needs value() to be a window function");
    constexpr int arity =
        detail::arity_of(typename detail::parameters_of<decltype(&aggregate::step)>::type{});
    return detail::register_aggregate(
        c, name, arity, detail::window_aggregate<aggregate>, options,
        [make = std::move(make)]() mutable -> std::unique_ptr<detail::aggregate_group> {
            return std::make_unique<detail::aggregate_group_of<aggregate>>(make);
        });
}

/// As above, for a class whose objects start as `Aggregate()`:
/// `create_aggregate<median>(conn, "median")`.
template <std::default_initializable Aggregate>
result<void> create_aggregate(connection& c, std::string_view name,
                              const function_options& options = {}) {
    return create_aggregate(
        c, name, [] { return Aggregate(); }, options);
}

/// Removes the functions and aggregates called `name` that were created on this connection,
/// whatever their number of arguments. A built-in function of that name is available again. Errors:
/// `invalid_argument` when there is none, `busy` while a statement is running.
LIBSQL_API result<void> remove_function(connection& c, std::string_view name);

}  // namespace libsql
