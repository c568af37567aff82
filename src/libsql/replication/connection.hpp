#pragma once

#include "libsql/backend/backend.hpp"
#include "libsql/backend/backend_error.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/remote/connection.hpp"
#include "libsql/replication/sync_coordinator.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace libsql::replication {

/// Whether a call has changed the primary. INSERT OR FAIL keeps the rows before the one that fails.
enum class write_end : std::uint8_t {
    no,
    yes,
    unknown,  ///< its reply did not arrive
};

template <class T>
write_end end_of_write(const result<T>& outcome) noexcept {
    if (outcome.has_value() || outcome.error().outcome() == error_outcome::stands ||
        outcome.error().kind() == error_kind::constraint) {
        return write_end::yes;
    }
    return outcome.error().outcome() == error_outcome::unknown ? write_end::unknown : write_end::no;
}

/// A connection in replica mode. It consists of two connections: the local one reads, and the
/// remote one does everything else.
///
/// A statement that certainly only reads is run on the file, to which that connection cannot write.
/// Writes go to the primary, and so does a transaction with everything in it, unless it is
/// read-only.
class connection final : public detail::backend {
public:
    static result<std::shared_ptr<detail::backend>> open(const libsql::options& chosen,
                                                         std::shared_ptr<remote::server> server,
                                                         std::shared_ptr<sync_coordinator> follows);

    connection(libsql::options chosen, std::shared_ptr<sync_coordinator> follows,
               std::shared_ptr<local::connection> local,
               std::shared_ptr<remote::connection> remote);

    result<batch_result> run(const batch& steps, batch_mode mode, bool of_transaction,
                             deadline until) override;
    result<execution> execute(std::string_view sql, detail::arguments_view arguments,
                              deadline until) override;
    result<detail::row_source*> query_streamed(std::string_view sql,
                                               detail::arguments_view arguments,
                                               deadline until) override;
    result<detail::row_source*> query(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) override;
    result<detail::prepared*> prepare(std::string_view sql) override;
    result<void> ping(deadline until) override;
    result<void> reset() override;
    result<void> close() override;
    result<void> reset_for_reuse() override;
    void close_noexcept() noexcept override;
    void interrupt() noexcept override;
    void disable() noexcept override;

    [[nodiscard]] bool is_broken() const noexcept override {
        return local_->is_broken() || remote_->is_broken();
    }

    [[nodiscard]] bool is_remote() const noexcept override { return !remote_->is_autocommit(); }

    [[nodiscard]] bool is_open() const noexcept override { return local_->is_open(); }

    [[nodiscard]] bool is_autocommit() noexcept override;
    [[nodiscard]] std::int64_t last_insert_rowid() noexcept override;
    [[nodiscard]] std::int64_t changes() noexcept override;
    [[nodiscard]] std::int64_t total_changes() noexcept override;

    [[nodiscard]] const libsql::options& options() const noexcept override { return options_; }

    result<void> set_read_only(bool on) override;
    void end_readers() noexcept override;

    [[nodiscard]] detail::backend* local_part() noexcept override { return local_.get(); }

    /// A use of the connection by one thread; false when another call is running.
    class call {
    public:
        explicit call(connection& c) noexcept
            : connection_(c),
              entered_(!c.is_foreign() && !c.busy_.exchange(true, std::memory_order_acquire)) {}

        ~call() {
            if (entered_) {
                connection_.busy_.store(false, std::memory_order_release);
            }
        }

        call(const call&) = delete;
        call& operator=(const call&) = delete;

        explicit operator bool() const noexcept { return entered_; }

    private:
        connection& connection_;
        bool entered_;
    };

    /// The side that runs a call, and the call's effect.
    struct route {
        detail::backend& side;
        statement_effect effect;
    };

    /// The route that a statement takes now.
    [[nodiscard]] route route_of(std::string_view sql);
    [[nodiscard]] route route_of(statement_effect effect) noexcept;

    /// Runs one call, whose statement is given by its text or its effect, on the side where it
    /// belongs.
    template <class Statement, class Work>
    auto dispatch(Statement s, deadline until, Work work)
        -> decltype(work(std::declval<detail::backend&>())) {
        const call inside(*this);
        if (!inside) {
            return detail::connection_in_use();
        }
        const route planned = route_of(s);
        if (auto ready = prepare_side(planned, until); !ready) {
            return ready.error();
        }
        auto way = seeing_writes(planned);
        if (!way) {
            return way.error();
        }
        auto done = work(way->side);
        complete(*way, end_of_write(done), until);
        return done;
    }

    [[nodiscard]] detail::backend& local_side() noexcept { return *local_; }

    [[nodiscard]] detail::backend& remote_side() noexcept { return *remote_; }

private:
    /// Before a call: pulls the writes of this connection that the replica does not have yet.
    result<void> prepare_side(const route& way, deadline until);

    /// The side that sees the writes of this connection. Not the local file if open rows hold it at
    /// an earlier state.
    result<route> seeing_writes(const route& planned);

    /// After a call: records that a transaction began or ended, or that something was written.
    void complete(const route& way, write_end wrote, deadline until) noexcept;

    result<void> end_both(result<void> (detail::backend::*end)());
    [[nodiscard]] std::uint64_t written() const noexcept;
    result<void> catch_up(deadline until);
    result<void> pull(std::optional<std::uint64_t> frame, deadline until);
    result<batch_result> run_reads(const batch& steps, batch_mode mode, bool of_transaction,
                                   deadline until);
    void follow_transaction(detail::backend& side) noexcept;

    libsql::options options_;
    std::shared_ptr<sync_coordinator> coordinator_;
    std::shared_ptr<local::connection> local_;
    std::shared_ptr<remote::connection> remote_;
    sync_caller caller_;
    std::atomic<bool> busy_{false};
    std::string last_read_;               ///< a text that only reads, which is often repeated
    std::atomic<bool> read_only_{false};  ///< the transaction that is beginning is read-only
    std::atomic<bool> local_transaction_{false};  ///< one is open on the local side
    std::atomic<bool> unseen_write_{false};       ///< the replica may lack the last write
    std::atomic<bool> behind_{false};  ///< open rows held the file back at the last write
    // Each is the number plus one; 0: none.
    std::atomic<std::uint64_t> seen_write_{0};    ///< the last one that the replica has
    std::atomic<std::uint64_t> before_write_{0};  ///< the replica's last frame before that write
};

}  // namespace libsql::replication
