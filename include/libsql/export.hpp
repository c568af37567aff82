#pragma once

/// @file
/// @brief Marks the names that a shared build of the library exports. Every header includes this
/// one before anything that needs C++20, so that an older standard gives one error.

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) <= 201703L
#error "ecto_libsql needs C++20: compile with -std=c++20"
#include "ecto_libsql needs C++20: compile with -std=c++20"  // a missing file ends the compilation
#endif

/// @brief Put before each public class and function that is defined in the library.
#if defined(__GNUC__)
#define LIBSQL_API [[gnu::visibility("default")]]
#else
#define LIBSQL_API
#endif
