#pragma once

/// @file
/// @brief Marks the names that a shared build of the library exports.

/// @brief Put before each public class and function that is defined in the library.
#if defined(__GNUC__)
#define LIBSQL_API [[gnu::visibility("default")]]
#else
#define LIBSQL_API
#endif
