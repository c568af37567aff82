// Transactions. Savepoints are plain statements.

#include "connection_state.hpp"
#include "functions.hpp"
#include "resources.hpp"
#include "results.hpp"

#include <libsql/libsql.hpp>

#include <array>
#include <string>
#include <utility>

namespace nif {
namespace {

libsql::transaction_mode mode_of(const std::string& name) {
    using libsql::transaction_mode;
    constexpr std::array modes{std::pair("deferred", transaction_mode::deferred),
                               std::pair("immediate", transaction_mode::immediate),
                               std::pair("exclusive", transaction_mode::exclusive),
                               std::pair("read_only", transaction_mode::read_only)};
    for (const auto& [known, mode] : modes) {
        if (name == known) {
            return mode;
        }
    }
    throw bad_argument(
        "a transaction's mode must be :deferred, :immediate, :exclusive or :read_only");
}

libsql::transaction& open_transaction(connection_state& of) {
    if (!of.transaction || of.transaction->status() != libsql::transaction_status::active) {
        of.transaction.reset();  // the caller now knows that it is over
        throw failed{
            libsql::error(libsql::error_kind::transaction, "there is no open transaction")};
    }
    return *of.transaction;
}

}  // namespace

/// begin(connection, mode, timeout)
term begin(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto mode = mode_of(atom_name(env, arguments[1], "a transaction's mode"));
    const auto until = deadline(env, arguments[2]);
    const connection_state::connection_lock connection_lock(env, of, until);
    return or_locked(env, of, [&] {
        of.transaction = take(of.connection.begin(mode, until));
        return atoms(env).ok;
    });
}

term commit(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const auto until = deadline(env, arguments[1]);
    const connection_state::connection_lock connection_lock(env, of, until);
    return or_locked(env, of, [&] {
        of.check_transaction();
        take(open_transaction(of).commit(until));
        of.transaction.reset();
        return atoms(env).ok;
    });
}

term rollback(ErlNifEnv* env, const term* arguments) {
    auto& of = *connection_of(env, arguments[0]);
    const connection_state::connection_lock connection_lock(env, of);
    take(open_transaction(of).rollback());
    of.transaction.reset();
    return atoms(env).ok;
}

}  // namespace nif
