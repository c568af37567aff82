#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace libsql::local {

class compiled_statement;

/// The compiled statements of a connection by text; the least recently used one is evicted first.
/// The statements are owned by the connection.
///
/// A call from the same place in a program passes the same address, so a small table by address and
/// length finds the statement without hashing its text. The text is always compared.
class statement_cache {
public:
    explicit statement_cache(std::size_t capacity) noexcept : capacity_(capacity) {}

    /// The statement for exactly this text, now the most recently used; null if there is none.
    /// O(size).
    compiled_statement* find(std::string_view sql) noexcept;

    /// Adds `s` under its text; returns the statement that was evicted, null if none.
    compiled_statement* insert(compiled_statement& s);

    /// Removes `s`.
    void erase(compiled_statement& s) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return by_text_.size(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    void clear() noexcept;

private:
    static constexpr std::size_t slots = 64;

    static std::size_t slot_of(std::string_view sql) noexcept;
    void link(compiled_statement& s) noexcept;
    void unlink(compiled_statement& s) noexcept;

    std::size_t capacity_;
    std::unordered_map<std::string_view, compiled_statement*> by_text_;
    std::array<compiled_statement*, slots> by_address_{};
    compiled_statement* newest_{nullptr};
    compiled_statement* oldest_{nullptr};
};

}  // namespace libsql::local
