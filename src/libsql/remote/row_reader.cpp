#include "libsql/remote/row_reader.hpp"

#include "libsql/remote/connection.hpp"
#include "libsql/remote/prepared_statement.hpp"
#include "libsql/remote/server_error.hpp"

#include <libsql/detail/kept_cell.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace libsql::remote {

row_reader::row_reader(connection& owner, bool of_transaction)
    : owner_(&owner), of_transaction_(of_transaction) {
    const std::lock_guard lock(owner_->handles_mutex_);
    owner_->readers_.push_back(this);
}

row_reader::~row_reader() {
    {
        const std::lock_guard lock(owner_->handles_mutex_);
        std::erase(owner_->readers_, this);
    }
    if (of) {
        of->rows_ended();
    }
}

detail::step_status row_reader::fail(const error& why) noexcept {
    failure_ = why;
    size_ = 0;
    return detail::step_status::failed;
}

detail::step_status row_reader::step() noexcept {
    if (end_message_ != nullptr) {
        return fail(error(ended_, end_message_));
    }
    const auto status = advance();
    if (status == detail::step_status::failed) {
        switch (failure_->kind()) {
            case error_kind::timeout:
                end(error_kind::timeout, "the deadline passed");
                break;
            case error_kind::interrupted:
                end(error_kind::interrupted, "the query was interrupted");
                break;
            default:
                end(error_kind::closed, "the query ended with an error");
        }
    }
    return status;
}

error row_reader::take_error() {
    return failure_ ? *std::exchange(failure_, std::nullopt)
                    : error(error_kind::internal, "no error");
}

result<std::vector<column>> row_reader::columns() {
    if (end_message_ != nullptr && ended_ == error_kind::closed) {
        return error(ended_, end_message_);
    }
    return columns_;
}

void row_reader::end(error_kind why, const char* message) noexcept {
    size_ = 0;
    if (end_message_ == nullptr) {
        ended_ = why;
        end_message_ = message;
    }
}

held_rows::held_rows(connection& owner, bool of_transaction, hrana::statement_result all,
                     std::shared_ptr<const void> storage)
    : row_reader(owner, of_transaction),
      all_(std::move(all.cells)),
      row_count_(all.row_count),
      storage_(std::move(storage)) {
    columns_ = std::move(all.columns);
    executed_ = all.executed;
}

detail::step_status held_rows::advance() {
    if (next_ == row_count_) {
        size_ = 0;
        return detail::step_status::done;
    }
    cells_ = all_.data() + next_++ * columns_.size();
    size_ = static_cast<std::uint32_t>(columns_.size());
    return detail::step_status::row;
}

cursor_rows::cursor_rows(connection& owner, std::unique_ptr<stream> own,
                         std::unique_ptr<cursor_reply> reply, std::string_view sql,
                         std::uint32_t its_step, deadline until)
    : row_reader(owner, own == nullptr),
      own_(std::move(own)),
      reply_(std::move(reply)),
      sql_(sql),
      its_step_(its_step),
      until_(until) {}

cursor_rows::~cursor_rows() {
    std::unique_lock lock(owner_->wire_, std::defer_lock);
    if (reply_ && given_out_) {
        lock.lock();  // no call: `keep_alive` could be sending
    }
    if (reply_ && !own_) {
        skip();  // the transaction goes on behind it
    }
    finish(complete_);
}

/// The server's reply is not read any more.
void cursor_rows::finish(bool complete) noexcept {
    complete_ = complete;
    if (!reply_) {
        return;
    }
    reply_->drop_rest();
    reply_.reset();
    if (own_) {
        own_->close();
    } else {
        owner_->cursor_ended(*this);
    }
}

void cursor_rows::end(error_kind why, const char* message) noexcept {
    row_reader::end(why, message);
    finish(false);
}

/// True when there is a row: `row_`.
result<bool> cursor_rows::read_row() {
    for (;;) {
        auto read = reply_->next(until_);
        if (!read) {
            finish(false);
            return owner_->stream_failed(read.error(), own_ == nullptr);
        }
        if (!*read) {
            const bool complete = complete_;
            finish(complete);
            if (!complete) {
                return owner_->stream_failed(not_a_reply("its statement does not end"),
                                             own_ == nullptr);
            }
            return false;
        }
        auto& entry = **read;
        if (auto* begun = std::get_if<hrana::step_begun>(&entry)) {
            columns_ = std::move(begun->columns);
            begun_ = true;
            step_ = begun->step;
        } else if (auto* row = std::get_if<hrana::cursor_row>(&entry)) {
            if (!begun_ || row->cells.size() != columns_.size()) {
                finish(false);
                return owner_->stream_failed(
                    not_a_reply("a row that is not as wide as its columns"), own_ == nullptr);
            }
            row_ = row->cells;
            return true;
        } else if (auto* ended = std::get_if<hrana::step_ended>(&entry)) {
            if (step_ != its_step_) {
                continue;  // of the settings before it
            }
            complete_ = true;
            executed_.rows_affected = ended->rows_affected;
            executed_.last_insert_rowid = ended->last_insert_rowid.value_or(0);
            owner_->note(executed_);
        } else if (auto* failed = std::get_if<hrana::step_failed>(&entry)) {
            finish(false);
            return statement_error(failed->why, sql_);
        } else if (auto* all = std::get_if<hrana::cursor_failed>(&entry)) {
            finish(false);
            return statement_error(all->why, sql_);
        } else if (auto* index = std::get_if<hrana::replication_index>(&entry)) {
            owner_->note_frame(index->frame);
        }
    }
}

result<void> cursor_rows::prime() {
    auto first = read_row();
    if (!first) {
        return first.error();
    }
    primed_ = true;
    if (!*first) {
        row_ = {};
    }
    given_out_ = true;
    return {};
}

void cursor_rows::keep_row() {
    std::size_t size = 0;
    for (const auto& c : row_) {
        size += c.type == detail::cell_type::text || c.type == detail::cell_type::blob ? c.size : 0;
    }
    auto* end = size > 0 ? bytes_.take(size) : nullptr;
    for (const auto& c : row_) {
        detail::keep_cell(held_.emplace_back(), end, c);
    }
    ++held_count_;
}

void cursor_rows::hold() noexcept {
    if (!reply_) {
        return;
    }
    if (primed_) {
        primed_ = false;
        keep_row();
    } else {
        kept_row_ = reply_->keep_row();
    }
    for (;;) {
        auto more = read_row();
        if (!more) {
            late_ = more.error();
            return;
        }
        if (!*more) {
            return;
        }
        keep_row();
    }
}

/// Reads to the end, for nobody.
void cursor_rows::skip() noexcept {
    for (bool more = true; more;) {
        more = read_row().value_or(false);
    }
}

detail::step_status cursor_rows::advance() {
    const connection::call inside(*owner_, until_);
    if (const auto why = inside.refused()) {
        return fail(*why);
    }
    if (next_held_ < held_count_) {
        cells_ = held_.data() + next_held_++ * columns_.size();
        size_ = static_cast<std::uint32_t>(columns_.size());
        return detail::step_status::row;
    }
    if (late_) {
        return fail(*late_);
    }
    bool more = std::exchange(primed_, false) && reply_ != nullptr;
    if (!more && reply_) {
        auto read = read_row();
        if (!read) {
            return fail(read.error());
        }
        more = *read;
    }
    if (!more) {
        size_ = 0;
        return detail::step_status::done;
    }
    cells_ = row_.data();
    size_ = static_cast<std::uint32_t>(row_.size());
    return detail::step_status::row;
}

}  // namespace libsql::remote
