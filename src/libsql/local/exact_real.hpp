#pragma once

#include <string>

namespace libsql::local {

/// A finite double as SQL text that this engine evaluates to exactly the same double: the shortest
/// digits when the engine reads them back right, else an integer with powers of two, in brackets.
std::string exact_real(double d);

}  // namespace libsql::local
