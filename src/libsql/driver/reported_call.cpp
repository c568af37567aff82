#include "libsql/driver/reported_call.hpp"

#include <libsql/detail/row_source.hpp>

#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace libsql::detail {

class reported_rows final : public row_source {
public:
    reported_rows(backend& owner, std::string_view sql)
        : sql_(sql), report_(owner, call_kind::query, sql_) {
        report_.begin();
    }

    result<row_source*> begun(result<row_source*>&& started) {
        report_.end();
        if (!started) {
            const std::unique_ptr<reported_rows> self(this);
            report_.tell(&started.error());
            return started.error();
        }
        inner_ = *started;
        return static_cast<row_source*>(this);
    }

    step_status step() noexcept override {
        report_.begin();
        const auto status = inner_->step();
        report_.end();
        cells_ = const_cast<cell*>(inner_->cells());  // the reader does not change them
        size_ = static_cast<std::uint32_t>(inner_->size());
        report_.event().rows += status == step_status::row ? 1U : 0U;
        failed_ = status == step_status::failed;
        if (status == step_status::done) {
            tell();
        }
        return status;
    }

    void set_deadline(deadline until) noexcept override { inner_->set_deadline(until); }

    error take_error() override {
        failed_ = false;
        error why = inner_->take_error();
        failure_ = why;
        tell();
        return why;
    }

    [[nodiscard]] std::string_view sql() const noexcept override { return sql_; }

    std::size_t column_count() noexcept override { return inner_->column_count(); }

    std::string_view column_name(std::size_t i) noexcept override { return inner_->column_name(i); }

    result<std::vector<column>> columns() override { return inner_->columns(); }

    std::int64_t rows_affected() noexcept override { return inner_->rows_affected(); }

    std::uint64_t rows_read() noexcept override { return inner_->rows_read(); }

    std::uint64_t rows_written() noexcept override { return inner_->rows_written(); }

    void release() noexcept override {
        const std::unique_ptr<reported_rows> self(this);
        if (failed_) {
            failure_ = made([&] { return inner_->take_error(); });
        }
        tell();
        inner_->release();
    }

private:
    /// Reports the query once, when its rows are over or released.
    void tell() noexcept {
        if (!std::exchange(told_, true)) {
            report_.event().rows_affected = inner_->rows_affected();
            report_.tell(failure_ ? &*failure_ : nullptr);
        }
    }

    const std::string sql_;  ///< the caller's text may be destroyed before the rows
    call_report report_;
    row_source* inner_{nullptr};
    bool failed_{false};  ///< the reader has not asked for the error yet
    bool told_{false};
    std::optional<error> failure_;
};

reported_rows* begin_query(backend& b, std::string_view sql) noexcept try {
    return new reported_rows(b, sql);

} catch (const std::bad_alloc&) {
    return nullptr;
}

void drop_query(reported_rows* report) noexcept {
    delete report;
}

result<row_source*> query_begun(reported_rows* report, result<row_source*> started) {
    return report->begun(std::move(started));
}

result<execution> execute_on(backend& b, std::string_view sql, arguments_view arguments,
                             deadline until) {
    return report_execution(b, sql, [&] { return b.execute(sql, arguments, until); });
}

result<batch_result> run_on(backend& b, const batch& steps, batch_mode mode, bool of_transaction,
                            deadline until) {
    if (!b.listener()) [[likely]] {
        return b.run(steps, mode, of_transaction, until);
    }
    call_report report(b, call_kind::batch, steps.empty() ? std::string_view() : steps.step(0).sql);
    report.event().statements = steps.size();
    report.begin();
    auto done = b.run(steps, mode, of_transaction, until);
    report.end();
    if (done && (mode == batch_mode::independent || done->ok())) {
        for (const auto& step : done->steps) {
            report.event().rows_affected += step.ok() ? step.executed().rows_affected : 0;
        }
    }
    report.tell(done ? done->first_error() : &done.error());
    return done;
}

}  // namespace libsql::detail
