#pragma once

#include <libsql/error.hpp>
#include <libsql/vector.hpp>

#include <cstddef>
#include <string>

/// @file
/// The format in which libSQL stores vectors, as far as their SQL has to know it.

namespace libsql::vector {

/// `invalid_argument`, about vectors.
error bad_argument(std::string message);

constexpr std::size_t aligned4(std::size_t n) {
    return (n + 3) / 4 * 4;
}

/// The bytes of a stored vector, trailers included. For a known type.
std::size_t total_size(element type, std::size_t dimensions);

/// It is one of the enumeration's values.
bool is_known(element type);

}  // namespace libsql::vector
