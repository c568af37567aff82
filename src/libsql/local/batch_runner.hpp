#pragma once

#include <libsql/batch.hpp>
#include <libsql/result.hpp>

#include <cstddef>

namespace libsql::local {

class connection;

/// Runs one batch on a connection, inside a call.
class batch_runner {
public:
    /// An interrupt from now on stops the batch. Both arguments must outlive it.
    batch_runner(connection& on, const batch& steps);

    /// `invalid_argument` if a condition is wrong; nothing has run then.
    ///
    /// A transactional batch runs in a transaction, or in a savepoint if a transaction is open; a
    /// failed step undoes it, and no step runs after that. If the transaction or savepoint itself
    /// fails, the batch was undone and that is the error.
    ///
    /// `of_transaction`: called through the handle of a transaction; no step of an independent
    /// batch may run after its end.
    result<batch_result> run(batch_mode mode, bool of_transaction);

private:
    result<batch_result> run_transactional();
    bool run_steps(batch_mode mode, bool of_transaction);
    std::size_t run_step(std::size_t i, batch_mode mode);
    void undo(bool nested);

    connection& connection_;
    const batch& steps_;
    unsigned interrupts_;  ///< how many there were before
    batch_result all_;
};

}  // namespace libsql::local
