#include "libsql/sql/statement_reader.hpp"

#include "libsql/sql/script_splitter.hpp"

#include <algorithm>

namespace libsql {

result<std::optional<read_statement>> statement_reader::next() {
    for (;;) {
        // A `;` that ends a statement in a part of the script also ends it in the whole script.
        const auto piece = script_splitter(std::string_view(buffer_).substr(begin_)).next();
        const bool is_whole = piece && (piece->terminated || at_end_);
        if (!is_whole && at_end_) {
            return std::optional<read_statement>();
        }
        if ((is_whole ? piece->text.size() : buffer_.size() - begin_) > longest_) {
            return error(error_kind::too_big, "line " + std::to_string(line_) +
                                                  ": a statement is longer than " +
                                                  std::to_string(longest_) + " bytes");
        }
        if (is_whole) {
            return std::optional(take(begin_ + piece->offset, piece->text.size()));
        }
        if (auto more = read_more(); !more) {
            return more.error();
        }
    }
}

result<void> statement_reader::read_more() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    // Doubles the buffer, because small pieces would make the scan of a long statement quadratic.
    const std::size_t old_size = buffer_.size();
    const std::size_t wanted = std::max(piece_, old_size);
    buffer_.resize(old_size + wanted);
    in_.read(buffer_.data() + old_size, static_cast<std::streamsize>(wanted));
    buffer_.resize(old_size + static_cast<std::size_t>(in_.gcount()));
    if (in_.bad()) {
        return error(error_kind::io, "the stream that the script is read from failed");
    }
    at_end_ = !in_;
    return {};
}

read_statement statement_reader::take(std::size_t offset, std::size_t size) {
    const auto lines = [&](std::size_t from, std::size_t to) {
        const auto at = [&](std::size_t i) {
            return buffer_.begin() + static_cast<std::ptrdiff_t>(i);
        };
        return static_cast<std::uint64_t>(std::count(at(from), at(to), '\n'));
    };
    const std::uint64_t line = line_ + lines(begin_, offset);
    line_ = line + lines(offset, offset + size);
    position_ += offset + size - begin_;
    begin_ = offset + size;
    return {std::string_view(buffer_).substr(offset, size), line};
}

}  // namespace libsql
