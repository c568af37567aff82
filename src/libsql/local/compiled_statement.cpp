#include "libsql/local/compiled_statement.hpp"

#include "libsql/backend/argument_order.hpp"
#include "libsql/backend/backend_error.hpp"
#include "libsql/local/connection.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/local/replica_file.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_effect.hpp"

#include <libsql/detail/copied_cell.hpp>
#include <libsql/row.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace libsql::local {

// Cells are passed between C++ and engine_row.h without conversion.
static_assert(sizeof(detail::cell) == sizeof(libsql_engine_cell));
static_assert(offsetof(detail::cell, size) == offsetof(libsql_engine_cell, size));
static_assert(offsetof(detail::cell, type) == offsetof(libsql_engine_cell, type));
static_assert(static_cast<int>(detail::cell_type::integer) == SQLITE_INTEGER);
static_assert(static_cast<int>(detail::cell_type::real) == SQLITE_FLOAT);
static_assert(static_cast<int>(detail::cell_type::text) == SQLITE_TEXT);
static_assert(static_cast<int>(detail::cell_type::blob) == SQLITE_BLOB);
static_assert(static_cast<int>(detail::cell_type::null) == SQLITE_NULL);

namespace {

bool controls_transaction(std::string_view sql) {
    const auto effect = effect_of(sql);
    return effect != statement_effect::reads && effect != statement_effect::writes;
}

std::optional<std::string> optional_text(const char* text) {
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

compiled_statement::compiled_statement(connection& owner, sqlite3_stmt* statement, std::string sql)
    : prepared(std::move(sql)),
      owner_(&owner),
      statement_(statement),
      parameter_count_(sqlite3_bind_parameter_count(statement)),
      writes_(sqlite3_stmt_readonly(statement) == 0),
      attaches_(sql_scanner(sql_).next_beginning().is_keyword("ATTACH")),
      is_control_(controls_transaction(sql_)),
      row_(static_cast<std::size_t>(sqlite3_column_count(statement))) {}

compiled_statement::~compiled_statement() {
    finalise();
}

void compiled_statement::finalise() noexcept {
    size_ = 0;  // the row's views are invalid from here on
    primed_ = false;
    if (statement_ != nullptr) {
        sqlite3_finalize(statement_);
        statement_ = nullptr;
    }
}

// --- arguments ---

error compiled_statement::bind_failed(int rc, detail::arguments_view arguments) {
    if (rc != SQLITE_MISUSE) {
        return owner_->make_error(rc, sql_).with_outcome(error_outcome::not_run);
    }
    auto wrong = find_wrong_argument(arguments, sql_);
    return wrong ? *std::move(wrong)
                 : error({.kind = error_kind::internal,
                          .message = "the engine refused a valid argument",
                          .sql = sql_});
}

error compiled_statement::run_error(int rc, std::int64_t changed) {
    const error why = owner_->make_error(rc, sql_);
    if (changed > 0 && libsql_engine_counts_changes(statement_) != 0) {
        return why.with_outcome(error_outcome::stands);
    }
    // If the disk failed during a commit, the log may contain the whole transaction, which is then
    // found when the file is next opened. If a transaction spans several files and one of them is
    // full, others may have been committed.
    auto* const db = owner_->handle();
    const bool fails_late =
        why.kind() == error_kind::io ||
        (why.kind() == error_kind::full && sqlite3_db_name(db, first_attached) != nullptr);
    const bool may_have_committed = fails_late && writes_ && sqlite3_get_autocommit(db) != 0;
    const bool may_have_ended = fails_late && is_control_;
    return why.with_outcome(may_have_committed || may_have_ended ? error_outcome::unknown
                                                                 : error_outcome::undone);
}

result<detail::arguments_view> compiled_statement::arrange(detail::arguments_view arguments) {
    if (arguments.names != nullptr) {
        return arrange_named(arguments);
    }
    if (arguments.count == 0 && parameter_count_ > 0 && bound_) {
        return detail::arguments_view{bound_values_.data(), bound_values_.size(), nullptr};
    }
    if (arguments.count != static_cast<std::size_t>(parameter_count_)) {
        return wrong_argument_count(static_cast<std::size_t>(parameter_count_), arguments.count,
                                    sql_);
    }
    return arguments;
}

result<detail::arguments_view> compiled_statement::arrange_named(detail::arguments_view arguments) {
    const auto name_of = [this](std::size_t i) -> std::string_view {
        const char* const name = sqlite3_bind_parameter_name(statement_, static_cast<int>(i));
        return name == nullptr ? std::string_view() : std::string_view(name);
    };
    if (auto arranged = libsql::arrange_named(arguments, static_cast<std::size_t>(parameter_count_),
                                              name_of, sql_, ordered_);
        !arranged) {
        return arranged.error();
    }
    return detail::arguments_view{ordered_.data(), ordered_.size(), nullptr};
}

void compiled_statement::keep(detail::arguments_view arguments) {
    kept_.resize(arguments.count);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < arguments.count; ++i) {
        const auto& given = arguments.values[i];
        bytes += given.size;
        auto& c = kept_[i];
        c.integer = given.integer;
        c.size = given.size;
        c.type = given.type;
    }
    if (bytes == 0) {
        return;
    }
    if (copies_.size() < bytes) {
        copies_.resize(bytes);
    }
    auto* end = copies_.data();
    for (std::size_t i = 0; i < arguments.count; ++i) {
        detail::keep_cell(kept_[i], end, arguments.values[i]);
    }
}

bool compiled_statement::arrange_or_fail(detail::arguments_view& arguments) noexcept {
    try {
        auto arranged = arrange(arguments);
        if (arranged) {
            arguments = *arranged;
            return true;
        }
        failure_ = arranged.error();
    } catch (const std::bad_alloc&) {
        failure_ = detail::out_of_memory();
    }
    return false;
}

bool compiled_statement::keep_or_fail(detail::arguments_view arguments) noexcept {
    try {
        keep(arguments);
        return true;
    } catch (const std::bad_alloc&) {
        failure_ = detail::out_of_memory();
    }
    return false;
}

// --- running ---

[[gnu::always_inline]] inline bool compiled_statement::run_inline(detail::arguments_view arguments,
                                                                  execution& done) noexcept {
    if (arguments.names != nullptr ||
        arguments.count != static_cast<std::size_t>(parameter_count_)) {
        if (!arrange_or_fail(arguments)) {
            return false;
        }
    }
    static_assert(sizeof(execution) == sizeof(libsql_engine_outcome) &&
                  std::is_standard_layout_v<execution> &&
                  offsetof(execution, rows_written) ==
                      offsetof(libsql_engine_outcome, rows_written));
    owner_->engine().interruption().set_in_control(is_control_);
    const int rc = libsql_engine_run(statement_, engine_cells(arguments.values), parameter_count_,
                                     reinterpret_cast<libsql_engine_outcome*>(&done));
    if (rc != SQLITE_DONE || owner_->engine().callback_has_failed()) [[unlikely]] {
        failure_ = detail::made([&] {
            return rc == SQLITE_MISUSE ? bind_failed(rc, arguments)
                                       : run_error(rc, done.rows_affected);
        });
        sqlite3_reset(statement_);
        owner_->follow_transaction();
        return false;
    }
    if (is_control_) [[unlikely]] {
        owner_->follow_transaction();
    }
    if (attaches_) [[unlikely]] {
        return !(failure_ = detach_replicas(owner_->engine()));
    }
    return true;
}

bool compiled_statement::run(detail::arguments_view arguments, execution& done) noexcept {
    return run_inline(arguments, done);
}

std::size_t compiled_statement::run_series(const batch& steps, std::size_t i, unsigned interrupts,
                                           std::vector<step_result>& out) {
    const char* const text = steps.step(i).sql.data();  // a batch stores a repeated text once
    for (;;) {
        const auto step = steps.step(i);
        if (!run_inline(step.arguments, out[i].succeed())) [[unlikely]] {
            out[i] = step_result(take_error());
            return i + 1;
        }
        ++i;
        if (i == steps.size() || is_control_ ||
            owner_->engine().interruption().stopped_since(interrupts)) {
            return i;
        }
        const auto next = steps.step(i);
        if (next.sql.data() != text || next.when != nullptr) {
            return i;
        }
    }
}

detail::step_status compiled_statement::fail(const error& why) noexcept {
    failure_ = why;
    size_ = 0;
    return detail::step_status::failed;
}

/// Saves the counters and resets the statement, so that its locks are released now and not when the
/// reader is destroyed.
void compiled_statement::note_end() noexcept {
    rows_read_ = rows_read();
    rows_written_ = rows_written();
    sqlite3_reset(statement_);
    auto* const db = owner_->handle();
    affected_ =
        writes_ && libsql_engine_total_changes(db) != total_before_ ? sqlite3_changes64(db) : 0;
    finished_ = true;
    size_ = 0;  // the row's views are invalid from here on
}

detail::step_status compiled_statement::step() noexcept {
    if (detached_) [[unlikely]] {
        return fail(detail::made([this] { return usable_error(); }));
    }
    if (rows_) {
        return step_kept();
    }
    if (primed_) {
        primed_ = false;
        return finished_ ? detail::step_status::done : detail::step_status::row;
    }
    const connection::call inside(*owner_, until_);
    if (!inside) [[unlikely]] {
        return fail(detail::made([] { return detail::connection_in_use(); }));
    }
    if (until_.passed() && statement_ != nullptr) [[unlikely]] {
        end(error_kind::timeout);
    }
    return step_inside();
}

detail::step_status compiled_statement::end_step(int rc) noexcept {
    auto status = detail::step_status::done;
    if (rc == SQLITE_DONE && attaches_) {
        if (const auto why = detach_replicas(owner_->engine())) {
            ended_ = error_kind::closed;
            status = fail(*why);
        }
    }
    if (rc != SQLITE_DONE || owner_->engine().callback_has_failed()) {
        auto* const db = owner_->handle();
        const bool changed = writes_ && libsql_engine_total_changes(db) != total_before_;
        const error why =
            detail::made([&] { return run_error(rc, changed ? sqlite3_changes64(db) : 0); });
        const bool stopped =
            why.kind() == error_kind::timeout || why.kind() == error_kind::interrupted;
        ended_ = stopped ? why.kind() : error_kind::closed;
        status = fail(why);
    }
    note_end();
    if (status == detail::step_status::failed || is_control_) {
        owner_->follow_transaction();
    }
    return status;
}

bool compiled_statement::keep_rows() noexcept {
    try {
        auto all = std::make_unique<std::deque<std::vector<value>>>();
        all->emplace_back();  // a placeholder for the position before the first row
        for (auto status = detail::step_status::row; status != detail::step_status::done;
             status = step_inside()) {
            if (status == detail::step_status::failed) {
                return false;
            }
            auto& values = all->emplace_back();
            values.reserve(size());
            for (std::size_t i = 0; i < size(); ++i) {
                values.push_back(detail::to_value(cells()[i]));
            }
        }
        rows_ = std::move(all);
        return true;
    } catch (const std::bad_alloc&) {
        note_end();
        failure_ = detail::out_of_memory().with_outcome(affected_ > 0 ? error_outcome::stands
                                                                      : error_outcome::undone);
        return false;
    }
}

detail::step_status compiled_statement::step_kept() noexcept {
    if (statement_ == nullptr || ended_) {
        return fail(detail::made([this] { return usable_error(); }));
    }
    if (!rows_->empty()) {
        rows_->pop_front();
    }
    if (rows_->empty()) {
        size_ = 0;
        return detail::step_status::done;
    }
    const auto& values = rows_->front();
    std::ranges::transform(values, row_.begin(), [](const value& v) { return detail::to_cell(v); });
    size_ = static_cast<std::uint32_t>(values.size());
    return detail::step_status::row;
}

void compiled_statement::widen(int width) {
    row_.resize(static_cast<std::size_t>(width));
    cells_ = row_.data();
    libsql_engine_row(statement_, reinterpret_cast<libsql_engine_cell*>(row_.data()), width,
                      &width);
}

void compiled_statement::drop_copies() noexcept {
    if (statement_ != nullptr) {
        sqlite3_clear_bindings(statement_);  // the bindings point into the copies
    }
    copies_ = {};
}

void compiled_statement::forget_bound() noexcept {
    sqlite3_clear_bindings(statement_);
    bound_ = false;
    bound_values_.clear();
    std::vector<std::byte>().swap(bound_copies_);
}

error compiled_statement::usable_error() const {
    if (detached_) {
        return error(error_kind::closed,
                     "the connection went back to its pool, which ended this query");
    }
    if (statement_ == nullptr) {
        return detail::connection_closed();
    }
    // A statement that writes makes all its changes before its first row.
    const auto done = affected_ > 0 ? error_outcome::stands : error_outcome::undone;
    switch (*ended_) {
        case error_kind::transaction:
            return error(error_kind::transaction,
                         "the transaction in which this query was started is over");
        case error_kind::interrupted:
            return error(error_kind::interrupted, "the query was interrupted").with_outcome(done);
        case error_kind::timeout:
            return detail::deadline_passed().with_outcome(done);
        default:
            return error(error_kind::closed, "the query ended with an error").with_outcome(done);
    }
}

error compiled_statement::take_error() {
    return failure_ ? *std::exchange(failure_, std::nullopt)
                    : error(error_kind::internal, "there is no error: the last step did not fail");
}

void compiled_statement::end(error_kind why) noexcept {
    const bool stops = why == error_kind::interrupted || why == error_kind::timeout;
    if (finished_ && stops && !ended_) {
        return;  // all rows were already read
    }
    if (!finished_) {
        note_end();
    }
    if (!ended_) {
        ended_ = why;
    }
    primed_ = false;
}

std::int64_t compiled_statement::rows_affected() noexcept {
    return finished_ || statement_ == nullptr ? affected_
                                              : libsql_engine_running_changes(statement_);
}

void compiled_statement::detach() noexcept {
    if (in_use_) {
        end(error_kind::closed);
    }
    if (held) {
        finalise();
    }
    detached_ = true;
}

compiled_statement::row_counts compiled_statement::counts() const noexcept {
    if (finished_ || statement_ == nullptr) {
        return {rows_read_, rows_written_};
    }
    unsigned read = 0;
    unsigned written = 0;
    libsql_engine_counters(statement_, &read, &written);
    return {read, written};
}

std::uint64_t compiled_statement::rows_read() noexcept {
    return counts().read;
}

std::uint64_t compiled_statement::rows_written() noexcept {
    return counts().written;
}

std::size_t compiled_statement::column_count() noexcept {
    return statement_ == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_count(statement_));
}

std::string_view compiled_statement::column_name(std::size_t i) noexcept {
    const char* const name =
        statement_ == nullptr ? nullptr : sqlite3_column_name(statement_, static_cast<int>(i));
    return name == nullptr ? std::string_view() : std::string_view(name);
}

void compiled_statement::release() noexcept {
    auto& statements = owner_->statements();
    if (detached_) [[unlikely]] {
        statements.release_detached(*this, statement_user::reader);
        return;
    }
    auto& gate = owner_->engine().gate();
    if (gate.enter_or_nested()) [[likely]] {
        statements.release(*this);
        gate.leave();
    } else {
        statements.release_after_call(*this);
        gate.defer();
    }
}

result<result_set> compiled_statement::collect(detail::arguments_view arguments) {
    if (!start(arguments, deadline())) {
        return take_error();
    }
    result_set all;
    for (;;) {
        const auto status = step_inside();
        if (status == detail::step_status::failed) {
            return take_error();
        }
        if (status == detail::step_status::done) {
            break;
        }
        auto& values = all.rows.emplace_back();
        values.reserve(size());
        for (std::size_t i = 0; i < size(); ++i) {
            values.push_back(detail::to_value(cells()[i]));
        }
    }
    auto described = columns_inside();
    if (!described) {
        return described.error();
    }
    all.columns = *std::move(described);
    all.executed = {affected_, sqlite3_last_insert_rowid(owner_->handle()), rows_read_,
                    rows_written_};
    return all;
}

// --- a held statement ---

std::optional<error> compiled_statement::refused(const call& inside, bool must_be_idle) const {
    if (!inside.is_ready()) {
        return inside.refusal();
    }
    if (statement_ == nullptr) {
        return detail::connection_closed();
    }
    if (must_be_idle && in_use_) {
        return error(error_kind::misuse, "rows of this statement are still open");
    }
    return std::nullopt;
}

result<execution> compiled_statement::execute(detail::arguments_view arguments,
                                              deadline until) try {
    const connection::call inside(*owner_, detail::effective(until, owner_->options().timeout));
    if (auto why = refused(inside, true)) {
        return *std::move(why);
    }
    execution done;
    if (!run(arguments, done)) {
        return take_error();
    }
    return done;

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<detail::row_source*> compiled_statement::query(detail::arguments_view arguments,
                                                      deadline until) try {
    until = detail::effective(until, owner_->options().timeout);
    const connection::call inside(*owner_, until);
    if (auto why = refused(inside, true)) {
        return *std::move(why);
    }
    if (!open(arguments, until)) {
        return take_error();
    }
    owner_->statements().add_reader(*this);
    return static_cast<detail::row_source*>(this);

} catch (const std::bad_alloc&) {
    return detail::out_of_memory();
}

result<void> compiled_statement::bind(detail::arguments_view arguments) try {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, true)) {
        return *std::move(why);
    }
    bound_ = false;
    auto arranged = arrange(arguments);
    if (!arranged) {
        return arranged.error();
    }
    if (const int rc = libsql_engine_bind(statement_, engine_cells(arranged->values),
                                          static_cast<int>(arranged->count));
        rc != SQLITE_OK) {
        return bind_failed(rc, *arranged);
    }
    keep(*arranged);
    bound_values_.swap(kept_);
    bound_copies_.swap(copies_);
    bound_ = true;
    return {};

} catch (const std::bad_alloc&) {
    sqlite3_clear_bindings(statement_);  // the bindings view arguments that were not copied
    return detail::out_of_memory();
}

result<void> compiled_statement::reset() {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    if (in_use_) {
        end(error_kind::interrupted);
    }
    sqlite3_clear_bindings(statement_);
    bound_ = false;
    return {};
}

result<std::vector<std::optional<std::string>>> compiled_statement::parameters() {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    std::vector<std::optional<std::string>> all;
    for (int i = 1; i <= parameter_count_; ++i) {
        all.push_back(optional_text(sqlite3_bind_parameter_name(statement_, i)));
    }
    return all;
}

result<std::vector<column>> compiled_statement::columns() {
    if (detached_) {
        return usable_error();
    }
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    return columns_inside();
}

result<std::vector<column>> compiled_statement::columns_inside() {
    std::vector<column> all;
    const int count = sqlite3_column_count(statement_);
    for (int i = 0; i < count; ++i) {
        const char* const name = sqlite3_column_name(statement_, i);
        if (name == nullptr) {
            return owner_->make_error(SQLITE_NOMEM, sql_);
        }
        all.push_back({name, optional_text(sqlite3_column_decltype(statement_, i)),
                       optional_text(sqlite3_column_database_name(statement_, i)),
                       optional_text(sqlite3_column_table_name(statement_, i)),
                       optional_text(sqlite3_column_origin_name(statement_, i))});
    }
    return all;
}

result<bool> compiled_statement::is_read_only() {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    return sqlite3_stmt_readonly(statement_) != 0;
}

result<int> compiled_statement::explain_mode() {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    return sqlite3_stmt_isexplain(statement_);
}

result<std::string> compiled_statement::expanded_sql() {
    const connection::call inside(*owner_);
    if (auto why = refused(inside, false)) {
        return *std::move(why);
    }
    if (!in_use_) {
        // Bindings of an earlier call may dangle, so only copied arguments are bound again.
        sqlite3_clear_bindings(statement_);
        if (bound_) {
            libsql_engine_bind(statement_, engine_cells(bound_values_.data()),
                               static_cast<int>(bound_values_.size()));
        }
    }
    const std::unique_ptr<char, decltype(&sqlite3_free)> text(sqlite3_expanded_sql(statement_),
                                                              &sqlite3_free);
    if (!text) {
        return error(error_kind::too_big, "the statement with its arguments is too long");
    }
    return std::string(text.get());
}

void compiled_statement::discard() noexcept {
    auto& statements = owner_->statements();
    if (detached_) {
        statements.release_detached(*this, statement_user::holder);
        return;
    }
    auto& gate = owner_->engine().gate();
    const bool entered = gate.enter_or_nested();
    statements.remove_holder(*this);
    if (entered) {
        statements.release_held(*this);
        gate.leave();
    } else if (!in_use_) {  // the running call may be using it
        statements.release_after_call(*this);
        gate.defer();
    }
}

}  // namespace libsql::local
