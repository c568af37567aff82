#pragma once

#include "libsql/core/out_of_memory.hpp"
#include "libsql/engine/engine.h"
#include "libsql/local/compiled_statement.hpp"
#include "libsql/local/connection.hpp"

#include <cstddef>
#include <cstdint>

/// @file
/// The code that every query passes through, inline. A query acquires and releases a lock on the
/// file by system calls. A processor with speculation mitigations has lost its return addresses
/// after these, so each function that returns afterwards costs as much as twenty instructions.
/// Therefore as few functions as possible lie between the entry of the driver and the engine.

namespace libsql::local {

inline const libsql_engine_cell* engine_cells(const detail::cell* cells) noexcept {
    return reinterpret_cast<const libsql_engine_cell*>(cells);
}

[[gnu::always_inline]] inline bool compiled_statement::start(detail::arguments_view arguments,
                                                             deadline until) noexcept {
    if (arguments.names != nullptr || arguments.count != static_cast<std::size_t>(parameter_count_))
        [[unlikely]] {
        if (!arrange_or_fail(arguments)) {
            return false;
        }
    }
    if (arguments.count > 0) {
        // The rows are read after this call, so the engine gets copies (in a buffer that is used
        // again).
        if (arguments.values != kept_.data() && !keep_or_fail(arguments)) [[unlikely]] {
            return false;
        }
        if (const int rc =
                libsql_engine_bind(statement_, engine_cells(kept_.data()), parameter_count_);
            rc != SQLITE_OK) [[unlikely]] {
            failure_ = detail::made([&] { return bind_failed(rc, arguments); });
            return false;
        }
    }
    in_use_ = true;
    finished_ = false;
    primed_ = false;
    ended_.reset();
    until_ = until;
    reader_of_ = owner_->current_transaction();
    total_before_ = libsql_engine_start(statement_, owner_->handle());
    affected_ = 0;
    size_ = 0;
    cells_ = row_.data();
    return true;
}

[[gnu::always_inline]] inline detail::step_status compiled_statement::step_inside() noexcept {
    if (statement_ == nullptr || ended_) [[unlikely]] {
        return fail(detail::made([this] { return usable_error(); }));
    }
    if (finished_) {
        return detail::step_status::done;
    }
    owner_->engine().interruption().set_in_control(is_control_);
    int width = 0;
    const auto capacity = static_cast<int>(row_.size());
    const int rc = libsql_engine_step(
        statement_, reinterpret_cast<libsql_engine_cell*>(row_.data()), capacity, &width);
    if (rc != SQLITE_ROW || owner_->engine().callback_has_failed()) [[unlikely]] {
        return end_step(rc);
    }
    if (width > capacity) [[unlikely]] {
        widen(width);
    }
    size_ = static_cast<std::uint32_t>(width);
    return detail::step_status::row;
}

[[gnu::always_inline]] inline bool compiled_statement::open(detail::arguments_view arguments,
                                                            deadline until) noexcept {
    if (!start(arguments, until)) [[unlikely]] {
        return false;
    }
    if (step_inside() == detail::step_status::failed) [[unlikely]] {
        in_use_ = false;
        return false;
    }
    if (writes_ && !finished_) [[unlikely]] {
        in_use_ = keep_rows();
        return in_use_;
    }
    primed_ = true;
    return true;
}

[[gnu::always_inline]] inline void compiled_statement::stop() noexcept {
    if (!finished_ && statement_ != nullptr) {
        sqlite3_reset(statement_);
    }
    in_use_ = false;
    rows_.reset();
    failure_.reset();
    constexpr std::size_t worth_keeping = 64 * 1024;
    if (copies_.capacity() > worth_keeping) [[unlikely]] {
        drop_copies();
    }
}

[[gnu::always_inline]] inline void statement_store::release(compiled_statement& s) noexcept {
    if (s.in_use_) {
        s.stop();
        remove_reader(s);
    }
    if (!s.cached && !s.held) {
        drop(s);
    }
}

}  // namespace libsql::local
