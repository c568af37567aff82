#include "resources.hpp"

#include "reaper.hpp"

namespace nif {
namespace {

ErlNifResourceType* connection_type = nullptr;
ErlNifResourceType* statement_type = nullptr;
ErlNifResourceType* cursor_type = nullptr;

void finish(connection_resource& c) {
    c.of->abandon();
}

template <class T>
void end_in_turn(T& what, std::optional<libsql::statement>* statement,
                 std::optional<libsql::rows>* rows) {
    try {
        const core::turn turn(nullptr, *what.of);
        if (rows != nullptr) {
            rows->reset();
        }
        if (statement != nullptr) {
            statement->reset();
        }
    } catch (const failed&) {
        // The connection is closed, and they with it.
    }
}

void finish(statement_resource& s) {
    end_in_turn(s, &s.held, nullptr);
}

void finish(cursor_resource& c) {
    end_in_turn(c, nullptr, &c.rows);
}

/// Erlang's memory holds a pointer only: what is behind it ends on the reaper's thread, because
/// that may have to wait for a turn, a disk or a server.
template <class T>
void drop(ErlNifEnv* /*env*/, void* memory) {
    auto* const held = *static_cast<T**>(memory);
    if (held->of) {
        reaper::later([held] {
            const std::unique_ptr<T> ends(held);
            finish(*ends);
        });
    } else {
        delete held;
    }
}

void process_down(ErlNifEnv* /*env*/, void* memory, ErlNifPid* who, ErlNifMonitor* /*monitor*/) {
    const auto& of = (*static_cast<connection_resource**>(memory))->of;
    if (of->process_ended(*who)) {
        reaper::later([of] { of->abandon(); });
    }
}

ErlNifResourceType* open_type(ErlNifEnv* env, const char* name, ErlNifResourceDtor* drops,
                              ErlNifResourceDown* down) {
    ErlNifResourceTypeInit init{};
    init.dtor = drops;
    init.down = down;
    init.members = 3;
    return enif_open_resource_type_x(
        env, name, &init, static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER),
        nullptr);
}

template <class T>
term give(ErlNifEnv* env, std::unique_ptr<T> made, ErlNifResourceType* type,
          core* monitored = nullptr) {
    auto** const memory = static_cast<T**>(enif_alloc_resource(type, sizeof(T*)));
    *memory = made.release();
    if (monitored != nullptr) {
        monitored->set_resource(memory);
        monitored->own(env);
    }
    const term out = enif_make_resource(env, memory);
    enif_release_resource(memory);
    return out;
}

template <class T>
T& taken(ErlNifEnv* env, term from, ErlNifResourceType* type, const char* what) {
    void* memory = nullptr;
    if (enif_get_resource(env, from, type, &memory) == 0) {
        throw bad_argument(std::string("this is no ") + what);
    }
    return **static_cast<T**>(memory);
}

}  // namespace

bool open_resource_types(ErlNifEnv* env) {
    connection_type = open_type(env, "connection", &drop<connection_resource>, &process_down);
    statement_type = open_type(env, "statement", &drop<statement_resource>, nullptr);
    cursor_type = open_type(env, "cursor", &drop<cursor_resource>, nullptr);
    return connection_type != nullptr && statement_type != nullptr && cursor_type != nullptr;
}

term wrap(ErlNifEnv* env, std::unique_ptr<connection_resource> made) {
    auto* const of = made->of.get();
    return give(env, std::move(made), connection_type, of);
}

term wrap(ErlNifEnv* env, std::unique_ptr<statement_resource> made) {
    return give(env, std::move(made), statement_type);
}

term wrap(ErlNifEnv* env, std::unique_ptr<cursor_resource> made) {
    return give(env, std::move(made), cursor_type);
}

std::shared_ptr<core>& connection_of(ErlNifEnv* env, term from) {
    return taken<connection_resource>(env, from, connection_type, "connection").of;
}

statement_resource& statement_of(ErlNifEnv* env, term from) {
    return taken<statement_resource>(env, from, statement_type, "statement");
}

cursor_resource& cursor_of(ErlNifEnv* env, term from) {
    return taken<cursor_resource>(env, from, cursor_type, "cursor");
}

}  // namespace nif
