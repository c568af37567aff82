#include "libsql/local/statement_store.hpp"

#include "libsql/engine/engine.h"
#include "libsql/local/connection.hpp"
#include "libsql/local/hot_path.hpp"
#include "libsql/local/statement_compiler.hpp"

#include <new>
#include <utility>

namespace libsql::local {

// --- compiling ---

result<compiled_statement*> statement_store::compile(std::string_view sql, bool cached) {
    auto made = local::compile(*owner_, sql, cached);
    if (!made) {
        return made.error();
    }
    auto* const raw = made->get();
    reserve_for_releases();
    statements_.emplace(raw, *std::move(made));
    return raw;
}

result<compiled_statement*> statement_store::acquire(std::string_view sql) {
    auto* const found = cache_.find(sql);
    if (found != nullptr && !found->in_use()) [[likely]] {
        return found;
    }
    const bool cached = found == nullptr && cache_.capacity() > 0 && is_cacheable(sql);
    auto made = compile(sql, cached);
    if (made && cached) {
        add_to_cache(**made);
    }
    return made;
}

result<compiled_statement*> statement_store::acquire_for_holder(std::string_view sql) {
    // Its columns are reported without running it.
    libsql_engine_refresh_schema(owner_->handle());
    auto* taken = find_idle(sql);
    if (taken != nullptr && libsql_engine_is_current(taken->handle()) != 0) {
        cache_.erase(*taken);
        taken->cached = false;
    } else {
        auto made = compile(sql, true);
        if (!made) {
            return made;
        }
        taken = *made;
    }
    taken->held = true;
    ++holders_;
    return taken;
}

/// Reserves memory for one more statement, so that releasing a statement cannot fail.
void statement_store::reserve_for_releases() {
    if (after_call_.capacity() > statements_.size()) {
        return;
    }
    const std::size_t most = 2 * statements_.size() + 8;
    const std::lock_guard lock(detached_mutex_);
    detached_releases_.reserve(2 * most);  // each may have a reader and a holder
    after_call_.reserve(most);
}

// --- the cache ---

/// Gives `s` to the cache, and frees the statement that the cache evicts for it. No change if it
/// throws.
void statement_store::add_to_cache(compiled_statement& s) {
    auto* const out = cache_.insert(s);
    s.cached = true;
    if (out != nullptr) {
        out->cached = false;
        if (!out->in_use()) {
            drop(*out);
        }
    }
}

/// A released statement may be needed again for the same text.
void statement_store::return_to_cache(compiled_statement& s) noexcept {
    if (s.handle() == nullptr || cache_.capacity() == 0 || !is_cacheable(s.sql()) ||
        cache_.find(s.sql()) != nullptr) {
        return;
    }
    s.forget_bound();
    try {
        add_to_cache(s);
    } catch (const std::bad_alloc&) {
        return;  // it is finalised, as if there were no cache
    }
}

// --- users ---

void statement_store::end_readers(error_kind why) noexcept {
    for (auto* reader = readers_; reader != nullptr; reader = reader->next_reader_) {
        reader->end(why);
    }
}

void statement_store::end_transaction_readers() noexcept {
    for (auto* reader = readers_; reader != nullptr; reader = reader->next_reader_) {
        if (reader->reader_of_ != 0) {
            reader->end(error_kind::transaction);
        }
    }
}

void statement_store::end_interrupted_readers() noexcept {
    if (sqlite3_is_interrupted(owner_->handle()) != 0) {
        end_readers(error_kind::interrupted);
    }
}

void statement_store::remove_holder(compiled_statement& s) noexcept {
    s.held = false;
    --holders_;
}

void statement_store::release_held(compiled_statement& s) noexcept {
    if (!s.in_use()) {
        return_to_cache(s);
        release(s);
    }
}

void statement_store::drop(compiled_statement& s) noexcept {
    std::erase(after_call_, &s);
    statements_.erase(&s);
}

void statement_store::do_releases() noexcept {
    while (!after_call_.empty()) {
        auto* const s = after_call_.back();
        after_call_.pop_back();
        release(*s);
    }
}

void statement_store::release_detached(compiled_statement& s, statement_user user) noexcept {
    const std::lock_guard lock(detached_mutex_);
    detached_releases_.push_back({&s, user});
}

void statement_store::do_detached_releases() noexcept {
    const std::lock_guard lock(detached_mutex_);
    for (const auto& [s, user] : detached_releases_) {
        if (user == statement_user::holder) {
            remove_holder(*s);
        } else {
            s->stop();  // also forgets the rows that it keeps: the next user must not see them
            remove_reader(*s);
        }
        if (!s->held && !s->in_use_) {
            s->detached_ = false;
            drop_uncached(*s);
        }
    }
    detached_releases_.clear();
}

void statement_store::detach_used() noexcept {
    for (const auto& entry : statements_) {
        auto& s = *entry.second;
        if ((s.held || s.in_use()) && !s.is_detached()) {
            s.detach();
        }
    }
}

void statement_store::drop_unused() noexcept {
    cache_.clear();
    std::erase_if(statements_, [this](const auto& entry) {
        auto& s = *entry.second;
        s.cached = false;
        if (s.in_use() || s.held) {
            return false;
        }
        std::erase(after_call_, &s);
        return true;
    });
}

void statement_store::finalise_all() noexcept {
    for (const auto& entry : statements_) {
        entry.second->finalise();
    }
    drop_unused();
}

}  // namespace libsql::local
