#include "libsql/local/batch_runner.hpp"

#include "libsql/backend/batch_conditions.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <new>
#include <optional>
#include <utility>

namespace libsql::local {

batch_runner::batch_runner(connection& on, const batch& steps)
    : connection_(on), steps_(steps), interrupts_(on.engine().interruption().count()) {}

result<batch_result> batch_runner::run(batch_mode mode, bool of_transaction) {
    if (auto bad = check_conditions(steps_)) {
        return *std::move(bad);
    }
    if (mode == batch_mode::transactional) {
        return run_transactional();
    }
    run_steps(mode, of_transaction);
    return std::move(all_);
}

result<batch_result> batch_runner::run_transactional() {
    const bool nested = sqlite3_get_autocommit(connection_.handle()) == 0;
    if (auto begun =
            connection_.execute_inside(nested ? "SAVEPOINT libsql_batch" : "BEGIN IMMEDIATE", {});
        !begun) {
        return begun.error();
    }
    try {
        if (!run_steps(batch_mode::transactional, false)) {
            undo(nested);
            return std::move(all_);
        }
        const auto ended =
            connection_.execute_inside(nested ? "RELEASE libsql_batch" : "COMMIT", {});
        if (ended) {
            return std::move(all_);
        }
        undo(nested);
        return ended.error();
    } catch (const std::bad_alloc&) {
        undo(nested);
        throw;
    }
}

/// False if a step failed. In a transactional batch no step runs after that.
bool batch_runner::run_steps(batch_mode mode, bool of_transaction) {
    auto* const db = connection_.handle();
    bool ok = true;
    transaction_scope scope(sqlite3_get_autocommit(db) == 0, of_transaction);
    all_.steps.resize(steps_.size());
    for (std::size_t i = 0; i < steps_.size() && (ok || mode == batch_mode::independent);) {
        const auto* const when = steps_.step(i).when;
        std::size_t next = i + 1;
        if (auto stopped = connection_.engine().interruption().stopped_since(interrupts_))
            [[unlikely]] {
            all_.steps[i] = step_result(*std::move(stopped));
        } else if (const bool outside = sqlite3_get_autocommit(db) != 0;
                   when == nullptr || holds(*when, all_, outside && !scope.inside())) {
            if (outside && scope.inside()) [[unlikely]] {
                all_.steps[i] = step_result(outside_its_transaction(steps_.step(i).sql));
            } else {
                next = run_step(i, mode);
            }
        }
        if (mode == batch_mode::independent) {
            scope.passed(effect_of(steps_.step(i).sql), when != nullptr, all_.steps[i].ok());
        }
        ok = ok && !all_.steps[next - 1].failed();
        i = next;
    }
    return ok;
}

/// Runs step `i` and any following steps with the same statement. Returns the index of the first
/// step that remains.
std::size_t batch_runner::run_step(std::size_t i, batch_mode mode) {
    const auto step = steps_.step(i);
    auto& out = all_.steps[i];
    auto found = connection_.statements().acquire(step.sql);
    if (!found) {
        out = step_result(found.error());
        return i + 1;
    }
    auto& s = **found;
    std::size_t next = i + 1;
    auto refused = s.is_control() && mode == batch_mode::transactional ? ends_its_batch(steps_, i)
                                                                       : std::nullopt;
    if (refused) {
        out = step_result(*std::move(refused));
    } else if (s.has_columns()) {
        auto collected = s.collect(step.arguments);
        out = collected ? step_result(*std::move(collected)) : step_result(collected.error());
        s.stop();
    } else {
        next = s.run_series(steps_, i, interrupts_, all_.steps);
    }
    connection_.statements().drop_uncached(s);
    return next;
}

void batch_runner::undo(bool nested) {
    auto* const db = connection_.handle();
    if (sqlite3_get_autocommit(db) != 0) {
        return;  // the engine has already rolled back
    }
    // The interrupt was meant for the batch, not for the rollback.
    connection_.statements().end_interrupted_readers();
    // If memory runs out, calls the engine directly.
    const auto run = [&](const char* sql) {
        try {
            static_cast<void>(connection_.execute_inside(sql, {}));
        } catch (const std::bad_alloc&) {
            sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
            connection_.follow_transaction();
        }
    };
    if (!nested) {
        run("ROLLBACK");
        return;
    }
    run("ROLLBACK TO libsql_batch");
    run("RELEASE libsql_batch");
}

}  // namespace libsql::local
