#pragma once

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace libsql {

/// One statement read from a stream.
struct read_statement {
    std::string_view text;  ///< valid until the next one is read
    std::uint64_t line;     ///< where it begins; the first line is 1
};

/// Reads a script from a stream statement by statement, by the rules of `script_splitter`. Memory:
/// at most twice the longest statement, not the script. Linear in the size of the stream.
class statement_reader {
public:
    /// Reads `piece` bytes at a time, more for a long statement. A statement longer than `longest`
    /// is rejected.
    statement_reader(std::istream& in, std::size_t longest, std::size_t piece = default_piece)
        : in_(in), longest_(longest), piece_(piece) {}

    /// The next statement; none at the end. `io` if the stream fails; `too_big`.
    result<std::optional<read_statement>> next();

    /// The number of bytes up to the end of the last statement.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }

private:
    static constexpr std::size_t default_piece = 64 * 1024;

    result<void> read_more();
    read_statement take(std::size_t offset, std::size_t size);

    std::istream& in_;
    std::size_t longest_;
    std::size_t piece_;
    std::string buffer_;
    std::size_t begin_{0};  ///< the start of what was not returned yet
    std::uint64_t line_{1};
    std::uint64_t position_{0};
    bool at_end_{false};
};

}  // namespace libsql
