#pragma once

#include "libsql/backend.hpp"
#include "libsql/remote/stream.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// A connection to a server. Outside a transaction each call is a stream of its own, closed with
/// the call; a transaction keeps its stream open. BEGIN goes with the transaction's first
/// statement.
class connection final : public detail::backend {
public:
    /// Does not speak to the server yet.
    static result<std::shared_ptr<connection>> open(const libsql::options& chosen);

    result<batch_result> run(const batch& steps, batch_mode mode, deadline until) override;
    result<execution> execute(std::string_view sql, detail::arguments_view arguments,
                              deadline until) override;
    result<detail::row_source*> query(std::string_view sql, detail::arguments_view arguments,
                                      deadline until) override;
    result<detail::prepared*> prepare(std::string_view sql) override;
    result<void> ping(deadline until) override;
    result<void> reset() override;
    result<void> close() override;
    result<void> recycle() override;
    void abandon() noexcept override;
    void interrupt() noexcept override;
    void retire() noexcept override;

    [[nodiscard]] bool is_broken() const noexcept override { return false; }

    [[nodiscard]] bool is_open() const noexcept override { return open_.load(); }

    [[nodiscard]] bool is_autocommit() noexcept override;

    [[nodiscard]] std::int64_t last_insert_rowid() noexcept override { return last_rowid_; }

    [[nodiscard]] std::int64_t changes() noexcept override { return changes_; }

    [[nodiscard]] std::int64_t total_changes() noexcept override { return total_changes_; }

    [[nodiscard]] const libsql::options& options() const noexcept override { return options_; }

    result<void> set_read_only(bool on) override;
    void end_readers(bool only_writing) noexcept override;
    result<local::connection*> local(std::string_view feature) override;

    [[nodiscard]] std::optional<std::uint64_t> last_replication_index() const noexcept {
        return std::nullopt;
    }

    connection(const libsql::options& chosen, server_url where);

private:
    class call;

    result<result_set> run_one(std::string_view sql, detail::arguments_view arguments,
                               bool want_rows, deadline until);
    void note(const execution& done) noexcept;
    result<hrana::reply> send(std::span<const hrana::request> requests, std::string_view sql,
                              deadline until);
    void follow_transaction(const hrana::reply& reply);
    [[nodiscard]] deadline effective(deadline until) const noexcept;

    libsql::options options_;
    stream stream_;
    std::atomic<bool> open_{true};
    std::atomic<bool> busy_{false};
    bool in_transaction_{false};
    std::string begin_;  ///< a BEGIN that is still to be sent
    std::int64_t last_rowid_{0};
    std::int64_t changes_{0};
    std::int64_t total_changes_{0};
};

}  // namespace libsql::remote
