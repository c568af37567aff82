/* The engine's one translation unit: libSQL's amalgamation with its ciphers, and the few functions
   of ours that need the engine's internals (declared in engine.h). */
#include "sqlite3mc.c"

#include "engine_row.h"

