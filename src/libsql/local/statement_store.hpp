#pragma once

#include "libsql/local/compiled_statement.hpp"
#include "libsql/local/statement_cache.hpp"

#include <libsql/error.hpp>
#include <libsql/result.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace libsql::local {

/// Who uses a compiled statement: the `rows` that read from it, or the `libsql::statement` that
/// holds it.
enum class statement_user : unsigned char { reader, holder };

/// The compiled statements of a connection, and who uses them. A statement exists while it is
/// cached, has a reader or a holder, or runs for the caller of `acquire`, who gives it back with
/// `drop_uncached`.
///
/// To be used inside a call, but for `release_detached`, which is for any thread, and
/// `release_after_call` and `remove_holder`, which are also for callbacks of the running call.
/// No release allocates memory.
class statement_store {
public:
    /// `owner` is not used before a statement is compiled.
    statement_store(connection& owner, std::size_t cache_capacity) noexcept
        : owner_(&owner), cache_(cache_capacity) {}

    statement_store(const statement_store&) = delete;
    statement_store& operator=(const statement_store&) = delete;

    /// The cached statement for exactly this text; null if there is none or a reader uses it.
    compiled_statement* find_idle(std::string_view sql) noexcept {
        auto* const found = cache_.find(sql);
        return found != nullptr && !found->in_use() ? found : nullptr;
    }

    /// A compiled statement that is not in use, from the cache or new. A new one is cached, unless
    /// it is not cacheable or the text's other one is in use.
    result<compiled_statement*> acquire(std::string_view sql);

    /// A compiled statement for a holder, by the current schema: from the cache, which no longer
    /// has it then, or new.
    result<compiled_statement*> acquire_for_holder(std::string_view sql);

    /// A new statement, which is not cached. `cached`: it is meant to be run more than once.
    result<compiled_statement*> compile(std::string_view sql, bool cached);

    /// Frees `s` unless it is cached. It must have no reader and no holder.
    void drop_uncached(compiled_statement& s) noexcept {
        if (!s.cached) [[unlikely]] {
            drop(s);
        }
    }

    /// `s` has a reader, from now on.
    void add_reader(compiled_statement& s) noexcept;

    [[nodiscard]] bool has_readers() const noexcept { return readers_ != nullptr; }

    /// True if a statement has a reader or a holder.
    [[nodiscard]] bool has_users() const noexcept { return holders_ != 0 || readers_ != nullptr; }

    /// Ends the reading of all readers, which fail with `why` from now on.
    void end_readers(error_kind why) noexcept;

    /// Ends the reading of those that began in a transaction of a handle, which fail with
    /// `transaction` from now on.
    void end_transaction_readers() noexcept;

    /// If the connection was interrupted, ends the reading of all readers. Without a running
    /// statement the engine forgets the interrupt.
    void end_interrupted_readers() noexcept;

    /// The reader of `s` is finished with it. Frees it if nothing else keeps it.
    void release(compiled_statement& s) noexcept;

    /// The holder of `s` is finished with it. `release_held` must follow.
    void remove_holder(compiled_statement& s) noexcept;

    /// Returns `s`, which no longer has a holder, to the cache, or frees it. No-op if it has a
    /// reader, with which it then ends.
    void release_held(compiled_statement& s) noexcept;

    /// Frees `s`, which was used by a reader or a holder, when `do_releases` is called: the running
    /// call may be using it.
    void release_after_call(compiled_statement& s) noexcept { after_call_.push_back(&s); }

    void do_releases() noexcept;

    /// The user of `s`, which was detached, is finished with it: recorded for
    /// `do_detached_releases`, because another user may be in a call. From any thread.
    void release_detached(compiled_statement& s, statement_user user) noexcept;

    void do_detached_releases() noexcept;

    /// Detaches all statements that have a reader or a holder.
    void detach_used() noexcept;

    /// Empties the cache. Frees all statements that have neither a reader nor a holder.
    void drop_unused() noexcept;

    /// As `drop_unused`, and frees the engine's part of all statements: the connection closes.
    void finalise_all() noexcept;

private:
    struct detached_release {
        compiled_statement* statement;
        statement_user user;
    };

    void drop(compiled_statement& s) noexcept;
    void remove_reader(compiled_statement& s) noexcept;
    void add_to_cache(compiled_statement& s);
    void return_to_cache(compiled_statement& s) noexcept;
    void reserve_for_releases();

    connection* owner_;
    std::unordered_map<compiled_statement*, std::unique_ptr<compiled_statement>> statements_;
    statement_cache cache_;
    compiled_statement* readers_{nullptr};  ///< a list, linked through the statements
    std::size_t holders_{0};
    std::vector<compiled_statement*> after_call_;

    std::mutex detached_mutex_;
    std::vector<detached_release> detached_releases_;
};

inline void statement_store::add_reader(compiled_statement& s) noexcept {
    s.previous_reader_ = nullptr;
    s.next_reader_ = readers_;
    if (readers_ != nullptr) {
        readers_->previous_reader_ = &s;
    }
    readers_ = &s;
}

inline void statement_store::remove_reader(compiled_statement& s) noexcept {
    (s.previous_reader_ != nullptr ? s.previous_reader_->next_reader_ : readers_) = s.next_reader_;
    if (s.next_reader_ != nullptr) {
        s.next_reader_->previous_reader_ = s.previous_reader_;
    }
}

}  // namespace libsql::local
