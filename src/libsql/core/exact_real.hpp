#pragma once

#include <string>

namespace libsql::detail {

/// A finite double as SQL text that every SQLite since 3.43 evaluates to exactly that double: the
/// shortest digits if all of those versions read them correctly, otherwise an integer with powers
/// of two, in brackets. Our own engine reads all digits correctly; a libsql-server and other
/// programs with SQLite do not.
std::string exact_real(double d);

}  // namespace libsql::detail
