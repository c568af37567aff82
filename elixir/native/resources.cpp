#include "resources.hpp"

#include "background_worker.hpp"

#include <string>
#include <type_traits>
#include <utility>

namespace nif {
namespace {

ErlNifResourceType* connection_type = nullptr;
ErlNifResourceType* statement_type = nullptr;
ErlNifResourceType* cursor_type = nullptr;

void drop_connection(ErlNifEnv* /*env*/, void* memory) {
    auto* const held = *static_cast<connection_resource**>(memory);
    background_worker::until([held] {
        held->of->close_noexcept();
        delete held;
        return true;
    });
}

/// Erlang's memory holds only a pointer. The object is destroyed when no call runs on its
/// connection.
template <class T>
void drop(ErlNifEnv* /*env*/, void* memory) {
    const std::shared_ptr<T> held(*static_cast<T**>(memory));
    void* const connection = held->of->resource();
    background_worker::until([held] {
        held->of->when_free([held] { held->end(); });
        return true;
    });
    enif_release_resource(connection);
}

void process_down(ErlNifEnv* /*env*/, void* memory, ErlNifPid* who, ErlNifMonitor* /*monitor*/) {
    (*static_cast<connection_resource**>(memory))->of->process_ended(*who);
}

template <class T>
term give(ErlNifEnv* env, std::unique_ptr<T> made, ErlNifResourceType* type) {
    auto** const memory = static_cast<T**>(enif_alloc_resource(type, sizeof(T*)));
    connection_state& of = *made->of;
    *memory = made.release();
    if constexpr (std::is_same_v<T, connection_resource>) {
        of.set_resource(static_cast<void*>(memory));
        of.own(env);
    } else {
        enif_keep_resource(of.resource());
    }
    const term out = enif_make_resource(env, static_cast<void*>(memory));
    enif_release_resource(static_cast<void*>(memory));
    return out;
}

template <class T>
T& taken(ErlNifEnv* env, term from, ErlNifResourceType* type, const char* what) {
    void* memory = nullptr;
    if (enif_get_resource(env, from, type, &memory) == 0) {
        throw bad_argument(std::string("this is not a ") + what);
    }
    return **static_cast<T**>(memory);
}

template <class T>
T& of_connection(ErlNifEnv* env, term connection, T& one, const char* what) {
    if (one.of != connection_of(env, connection)) {
        throw bad_argument(std::string("this ") + what + " belongs to another connection");
    }
    return one;
}

}  // namespace

ErlNifResourceType* open_resource_type(ErlNifEnv* env, const char* name, ErlNifResourceDtor* drops,
                                       ErlNifResourceDown* down) {
    ErlNifResourceTypeInit init{};
    init.dtor = drops;
    init.down = down;
    init.members = 3;
    // Flags: the enumeration names only single ones.
    constexpr auto flags =
        // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
        static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
    return enif_open_resource_type_x(env, name, &init, flags, nullptr);
}

bool open_resource_types(ErlNifEnv* env) {
    connection_type = open_resource_type(env, "connection", &drop_connection, &process_down);
    statement_type = open_resource_type(env, "statement", &drop<statement_resource>, nullptr);
    cursor_type = open_resource_type(env, "cursor", &drop<cursor_resource>, nullptr);
    return connection_type != nullptr && statement_type != nullptr && cursor_type != nullptr;
}

term wrap(ErlNifEnv* env, std::unique_ptr<connection_resource> made) {
    return give(env, std::move(made), connection_type);
}

term wrap(ErlNifEnv* env, std::unique_ptr<statement_resource> made) {
    return give(env, std::move(made), statement_type);
}

term wrap(ErlNifEnv* env, std::unique_ptr<cursor_resource> made) {
    return give(env, std::move(made), cursor_type);
}

std::shared_ptr<connection_state>& connection_of(ErlNifEnv* env, term from) {
    return taken<connection_resource>(env, from, connection_type, "connection").of;
}

statement_resource& statement_of(ErlNifEnv* env, term from) {
    return taken<statement_resource>(env, from, statement_type, "statement");
}

cursor_resource& cursor_of(ErlNifEnv* env, term from) {
    return taken<cursor_resource>(env, from, cursor_type, "cursor");
}

statement_resource& statement_of(ErlNifEnv* env, term connection, term from) {
    return of_connection(env, connection, statement_of(env, from), "statement");
}

cursor_resource& cursor_of(ErlNifEnv* env, term connection, term from) {
    return of_connection(env, connection, cursor_of(env, from), "cursor");
}

}  // namespace nif
