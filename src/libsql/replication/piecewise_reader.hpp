#pragma once

#include <string_view>

namespace libsql::replication {

/// Reads bytes that arrive in pieces, one part after the other.
class piecewise_reader {
public:
    /// False if the bytes are malformed, or if who receives their parts has ended the reading.
    bool feed(std::string_view bytes) {
        while (!bytes.empty()) {
            if (!feed_part(bytes)) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] bool is_malformed() const noexcept { return malformed_; }

protected:
    piecewise_reader() = default;
    piecewise_reader(const piecewise_reader&) = default;
    piecewise_reader& operator=(const piecewise_reader&) = default;
    ~piecewise_reader() = default;

    /// Takes the present part from `bytes`, or as much of it as is there.
    virtual bool feed_part(std::string_view& bytes) = 0;

    /// Records that the bytes are malformed; false.
    bool malformed() noexcept {
        malformed_ = true;
        return false;
    }

private:
    bool malformed_{false};
};

}  // namespace libsql::replication
