#pragma once

#include <libsql/result.hpp>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace libsql::remote {

/// Bytes to be read later, in order. The first ones are in memory, the others in a file without a
/// name, which nobody else can open and which is gone with this object.
class spool {
public:
    /// How many bytes stay in memory.
    static constexpr std::size_t most_in_memory = 1024U * 1024;

    /// Appends `bytes`. `io` if the file cannot be created or written; earlier bytes are kept.
    result<void> write(std::string_view bytes);

    /// Appends the next bytes to `into`, at most about 64 KiB; none if all were read.
    result<void> read(std::string& into);

    /// The number of bytes left to read.
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
