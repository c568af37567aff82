#pragma once

#include "libsql/sql/statement_effect.hpp"

#include <libsql/result.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace libsql::remote {

/// One statement that can be sent, and what its text says about it. Not copied: views point into
/// `sql`.
struct statement_text {
    /// `sql` must be valid; see `check`.
    explicit statement_text(std::string_view text);
    statement_text(const statement_text&) = delete;
    statement_text& operator=(const statement_text&) = delete;

    /// The reason why `sql` cannot be sent, if any: it is not UTF-8, contains a NUL, or is not
    /// exactly one statement.
    static std::optional<error> check(std::string_view sql);

    const std::string sql;

    /// As in `parameter_list`. Empty if the parameters cannot be numbered: the server reports the
    /// error.
    std::vector<std::string_view> parameters;
    bool parameters_are_known{true};

    /// The names to send with the arguments: servers bind a named parameter only by its name. Empty
    /// if no parameter has one, or if the text is sent as `renumbered`.
    std::vector<std::string_view> names;

    /// If the text mixes parameters with and without a name: the text with `?N` in place of each.
    /// Otherwise empty.
    std::string renumbered;

    statement_effect effect;
    bool changes_rows;
    bool is_plain_begin;  ///< exactly BEGIN with its words, which cannot fail to compile

    /// A query that a cursor can run. The rows of a PRAGMA or an EXPLAIN are few, and sqld's
    /// cursors reject some forms of them that its pipelines accept.
    bool is_streamed;

    /// A PRAGMA that sets something for the connection; on the server, only for one stream.
    bool is_setting;
    bool sets_foreign_keys;  ///< the only setting that can be repeated on each stream

    /// The server's parser has accepted it.
    bool is_validated{false};
};

/// The texts that a connection sent last, so that each is scanned once. The least recently used one
/// is dropped first; one of more than 64 KiB is not kept. Not for concurrent use; O(size of the
/// text).
class statement_texts {
public:
    /// `capacity` is the number of texts that are kept.
    explicit statement_texts(std::size_t capacity) noexcept : capacity_(capacity) {}

    /// The text that is kept, or a new one. The error of `check`.
    result<std::shared_ptr<statement_text>> find_or_add(std::string_view sql);

    void clear() noexcept {
        by_text_.clear();
        newest_first_.clear();
    }

private:
    using order = std::list<std::shared_ptr<statement_text>>;

    std::size_t capacity_;
    order newest_first_;
    std::unordered_map<std::string_view, order::iterator> by_text_;  ///< views into the texts
};

}  // namespace libsql::remote
