// Replicas. No function here locks a connection, because a replica is synced while its connections
// are in use. The end of the calling process interrupts a sync.

#include "caller_watch.hpp"
#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"

#include <libsql/libsql.hpp>

#include <cstdint>
#include <optional>

namespace nif {
namespace {

term frame_or_nil(ErlNifEnv* env, std::optional<std::uint64_t> frame) {
    return frame ? enif_make_uint64(env, *frame) : atoms(env).nil;
}

term synced(ErlNifEnv* env, const libsql::sync_result& done) {
    return enif_make_tuple3(env, atoms(env).ok, enif_make_uint64(env, done.frames_synced),
                            frame_or_nil(env, done.frame_number));
}

libsql::replica replica_of(ErlNifEnv* env, term from) {
    const auto& of = *connection_of(env, from);
    of.check_open();
    return take(of.database->replica());
}

}  // namespace

/// sync(connection, timeout): `{:ok, frames, frame | nil}`.
term sync(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    const caller_watch watch(env, [replica]() mutable { replica.interrupt(); });
    return synced(env, take(replica.sync(deadline(env, arguments[1]))));
}

/// sync_until(connection, frame, timeout)
term sync_until(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    const auto frame = number(env, arguments[1], "a frame");
    if (frame < 0) {
        throw bad_argument("a frame number cannot be negative");
    }
    const caller_watch watch(env, [replica]() mutable { replica.interrupt(); });
    return synced(env, take(replica.sync_until(static_cast<std::uint64_t>(frame),
                                               deadline(env, arguments[2]))));
}

/// `{:ok, frame | nil, highest written frame | nil}`
term frames(ErlNifEnv* env, const term* arguments) {
    const auto replica = replica_of(env, arguments[0]);
    return enif_make_tuple3(env, atoms(env).ok, frame_or_nil(env, replica.frame_number()),
                            frame_or_nil(env, replica.max_write_frame()));
}

term flush(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    const caller_watch watch(env, [replica]() mutable { replica.interrupt(); });
    take(replica.flush());
    return atoms(env).ok;
}

term freeze(ErlNifEnv* env, const term* arguments) {
    auto replica = replica_of(env, arguments[0]);
    const caller_watch watch(env, [replica]() mutable { replica.interrupt(); });
    take(replica.freeze());
    return atoms(env).ok;
}

}  // namespace nif
