#include "libsql/core/ascii_case.hpp"

namespace libsql {

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return to_lower(c); });
    return out;
}

}  // namespace libsql
