#pragma once

/// Marks what the shared library exports. Everything else is hidden.
#if defined(__GNUC__)
#define LIBSQL_API __attribute__((visibility("default")))
#else
#define LIBSQL_API
#endif
