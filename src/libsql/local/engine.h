#pragma once

// The engine's C API under its private names, and our own functions beside it.
#include "engine_names.h"

// clang-format off
#define SQLITE_HAS_CODEC 1
#define CODEC_TYPE CODEC_TYPE_AES256
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_COLUMN_METADATA 1
#include "sqlite3mc.h"
extern "C" {
#include "libsql/local/engine_row.h"
}
// clang-format on
