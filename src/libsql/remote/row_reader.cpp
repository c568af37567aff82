#include "libsql/remote/row_reader.hpp"

#include "libsql/core/out_of_memory.hpp"
#include "libsql/remote/connection.hpp"
#include "libsql/remote/prepared_statement.hpp"
#include "libsql/remote/server_error.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

namespace libsql::remote {

row_reader::row_reader(connection& owner, bool of_transaction,
                       std::shared_ptr<const statement_text> text)
    : owner_(&owner), text_(std::move(text)), of_transaction_(of_transaction) {
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
        return fail(detail::made([this] { return error(ended_, end_message_); }));
    }
    auto status = detail::step_status::failed;
    try {
        status = advance();
    } catch (const std::bad_alloc&) {
        fail(detail::out_of_memory());
    }
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
                    : error(error_kind::internal, "there is no error: the last step did not fail");
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

held_rows::held_rows(connection& owner, bool of_transaction,
                     std::shared_ptr<const statement_text> text, hrana::statement_result all,
                     std::shared_ptr<const void> storage)
    : row_reader(owner, of_transaction, std::move(text)),
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

cursor_rows::cursor_rows(connection& owner, std::unique_ptr<stream>&& own,
                         std::unique_ptr<cursor_reply>&& reply,
                         std::shared_ptr<const statement_text> text, std::uint32_t its_step,
                         deadline until)
    : row_reader(owner, own == nullptr, std::move(text)),
      own_(std::move(own)),
      reply_(std::move(reply)),
      its_step_(its_step),
      until_(until) {}

cursor_rows::~cursor_rows() {
    std::unique_lock lock(owner_->wire_, std::defer_lock);
    if (reply_ && given_out_) {
        lock.lock();  // no call is running, but `keep_alive` may be sending
    }
    finish();
}

/// Stops reading the server's reply.
void cursor_rows::finish() noexcept {
    if (!reply_) {
        return;
    }
    reply_.reset();
    if (own_) {
        own_->close();
    } else {
        owner_->cursor_ended(*this);
    }
}

void cursor_rows::end(error_kind why, const char* message) noexcept {
    row_reader::end(why, message);
    finish();
}

/// Reads the next row into `row_`. False at the end.
result<bool> cursor_rows::read_row() {
    const auto failed = [this](const error& why) {
        const bool of_transaction = own_ == nullptr && !reply_->is_here();
        finish();
        if (of_transaction && why.kind() == error_kind::protocol) {
            owner_->stream_.close();  // the stream may be inconsistent
        }
        return of_transaction ? owner_->stream_failed(why) : why;
    };
    for (;;) {
        auto read = reply_->next(until_);
        if (!read) {
            return failed(read.error());
        }
        if (!*read) {
            if (!complete_) {
                return failed(not_a_reply("its statement has no end"));
            }
            finish();
            return false;
        }
        auto& entry = **read;
        if (auto* begun = std::get_if<hrana::step_begun>(&entry)) {
            columns_ = std::move(begun->columns);
            begun_ = true;
            step_ = begun->step;
        } else if (auto* row = std::get_if<hrana::cursor_row>(&entry)) {
            if (!begun_ || row->cells.size() != columns_.size()) {
                return failed(not_a_reply("a row that is not as wide as its columns"));
            }
            row_ = row->cells;
            return true;
        } else if (auto* ended = std::get_if<hrana::step_ended>(&entry)) {
            if (step_ != its_step_) {
                continue;  // a step that sent a setting
            }
            complete_ = true;
            executed_.rows_affected = ended->rows_affected;
            executed_.last_insert_rowid = ended->last_insert_rowid.value_or(0);
            owner_->note(executed_, *text_);
        } else if (auto* step = std::get_if<hrana::step_failed>(&entry)) {
            const error why = statement_error(step->why, sql());
            finish();
            return why;
        } else if (auto* all = std::get_if<hrana::cursor_failed>(&entry)) {
            const error why = statement_error(all->why, sql());
            finish();
            return why;
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

result<void> cursor_rows::hold(deadline until) {
    if (reply_) {
        if (auto held = reply_->hold(until); !held) {
            return held;
        }
        owner_->cursor_ended(*this);
    }
    return {};
}

detail::step_status cursor_rows::advance() {
    const connection::call inside(*owner_, until_);
    if (const auto why = inside.refused()) {
        return fail(*why);
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
