#include "libsql/local/statement_cache.hpp"

#include "libsql/local/compiled_statement.hpp"

#include <cstdint>

namespace libsql::local {

std::size_t statement_cache::slot_of(std::string_view sql) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(sql.data());
    return ((address >> 3) ^ (address >> 11) ^ sql.size()) % slots;
}

compiled_statement* statement_cache::find(std::string_view sql) noexcept {
    auto& slot = by_address_[slot_of(sql)];
    if (slot == nullptr || slot->sql_ != sql) {
        const auto found = by_text_.find(sql);
        if (found == by_text_.end()) {
            return nullptr;
        }
        slot = found->second;
    }
    if (slot != newest_) {
        unlink(*slot);
        link(*slot);
    }
    return slot;
}

compiled_statement* statement_cache::insert(compiled_statement& s) {
    compiled_statement* const out = by_text_.size() >= capacity_ ? oldest_ : nullptr;
    by_text_.emplace(s.sql_, &s);  // no change if this throws
    if (out != nullptr) {
        erase(*out);
    }
    link(s);
    return out;
}

void statement_cache::erase(compiled_statement& s) noexcept {
    by_text_.erase(s.sql_);
    unlink(s);
    for (auto& slot : by_address_) {
        if (slot == &s) {
            slot = nullptr;
        }
    }
}

void statement_cache::clear() noexcept {
    by_text_.clear();
    by_address_.fill(nullptr);
    newest_ = nullptr;
    oldest_ = nullptr;
}

void statement_cache::link(compiled_statement& s) noexcept {
    s.older_ = newest_;
    s.newer_ = nullptr;
    (newest_ != nullptr ? newest_->newer_ : oldest_) = &s;
    newest_ = &s;
}

void statement_cache::unlink(compiled_statement& s) noexcept {
    (s.newer_ != nullptr ? s.newer_->older_ : newest_) = s.older_;
    (s.older_ != nullptr ? s.older_->newer_ : oldest_) = s.newer_;
}

}  // namespace libsql::local
