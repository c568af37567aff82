#pragma once

#include <string>

namespace libsql::detail {

/// A finite double as SQL text that every SQLite since 3.43 evaluates to exactly the same double:
/// the shortest digits when all of them read those right, else an integer with powers of two, in
/// brackets. Our own engine reads all digits right; a libsql-server and other programs with SQLite
/// do not.
std::string exact_real(double d);

}  // namespace libsql::detail
