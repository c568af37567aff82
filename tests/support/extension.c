/* A typical SQLite extension, which extension_test.cpp loads. */
#include <sqlite3ext.h>

SQLITE_EXTENSION_INIT1

static void answer(sqlite3_context* context, int count, sqlite3_value** arguments) {
    (void)count;
    (void)arguments;
    sqlite3_result_int(context, 42);
}

int sqlite3_extension_init(sqlite3* db, char** message, const sqlite3_api_routines* api) {
    (void)message;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(db, "extension_answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
}

int refusing_init(sqlite3* db, char** message, const sqlite3_api_routines* api) {
    (void)db;
    SQLITE_EXTENSION_INIT2(api);
    *message = sqlite3_mprintf("not today");
    return SQLITE_ERROR;
}
