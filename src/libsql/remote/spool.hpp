#pragma once

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace libsql::remote {

/// Bytes that are read later, in their order: the first ones in memory, the others in a file that
/// has no name, that nobody else can open, and that is gone with this object.
class spool {
public:
    /// As much as stays in memory.
    static constexpr std::size_t most_in_memory = 1024U * 1024;

    /// Appends `bytes`. `io` when the file cannot be made or written; what was there before stays.
    result<void> write(std::string_view bytes);

    /// Appends the next bytes to `into`, about 64 KiB at most; none: all were read.
    result<void> read(std::string& into);

    /// How many bytes there are to be read.
    [[nodiscard]] std::size_t size() const noexcept {
        return memory_.size() - read_ + in_file_ - read_in_file_;
    }

private:
    struct closer {
        void operator()(std::FILE* f) const noexcept { std::fclose(f); }
    };

    std::string memory_;
    std::size_t read_{0};
    std::unique_ptr<std::FILE, closer> file_;
    std::size_t in_file_{0};
    std::size_t read_in_file_{0};
};

}  // namespace libsql::remote
