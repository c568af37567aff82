/* What the driver needs of the engine's internals: values in and out of a statement in one call
   each, instead of two or three API calls a value. Included by engine.c (as C) and engine.h (as
   C++). docs/decisions/0003-engine-internals.md says what it saves and what it relies on. */
#ifndef LIBSQL_ENGINE_ROW_H
#define LIBSQL_ENGINE_ROW_H

/* One value by view; the types are SQLITE_INTEGER .. SQLITE_NULL. As libsql::detail::cell. */
typedef struct libsql_engine_cell {
    union {
        sqlite3_int64 integer;
        double real;
        const void* data;
    } u;

    unsigned int size;
    unsigned char type;
} libsql_engine_cell;

/* What a finished statement did. As libsql::execution. */
typedef struct libsql_engine_outcome {
    sqlite3_int64 rows_affected;
    sqlite3_int64 last_insert_rowid;
    sqlite3_uint64 rows_read;
    sqlite3_uint64 rows_written;
} libsql_engine_outcome;

/* Binds all parameters 1..count of a statement that is not running. Text and blobs are not copied.
 */
int libsql_engine_bind(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count);

/* Steps. After SQLITE_ROW, *count is the row's width and the first min(*count, capacity) cells are
   set; text is UTF-8. The views live until the statement is used again. */
int libsql_engine_step(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count);

/* The current row again, after SQLITE_ROW, when capacity was too small. */
void libsql_engine_row(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count);

/* Binds, runs to the end (rows are dropped), fills *outcome. SQLITE_DONE, and the statement is
   reset; or an error, and the caller resets it when it has read the error's message. */
int libsql_engine_run(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count,
                      libsql_engine_outcome* outcome);

/* Forgets the statement's counters; gives the connection's total changes so far. */
sqlite3_int64 libsql_engine_start(sqlite3_stmt* statement, sqlite3* db);

/* Total changes of the connection, to tell whether a statement changed anything. */
sqlite3_int64 libsql_engine_total_changes(sqlite3* db);

/* The statement is an INSERT, UPDATE or DELETE, whose rows the connection counts. */
int libsql_engine_counts_changes(sqlite3_stmt* statement);

/* Rows that a statement has changed so far; the connection counts them only when it ends. */
sqlite3_int64 libsql_engine_running_changes(sqlite3_stmt* statement);

/* PRAGMA query_only, but compiled statements stay valid. Returns what it was. */
int libsql_engine_set_query_only(sqlite3* db, int on);

/* Rows read and written by the statement since it was started. */
void libsql_engine_counters(sqlite3_stmt* statement, unsigned int* rows_read,
                            unsigned int* rows_written);

/* The name of the cipher of an encrypted file that is open as `schema`, else null. */
const char* libsql_engine_cipher(sqlite3* db, const char* schema);

/* A value that the engine passes to a callback. The views live as long as the value. */
void libsql_engine_value(sqlite3_value* value, libsql_engine_cell* cell);

/* A column of the row before or after the change that the preupdate hook is told of. */
int libsql_engine_preupdate_value(sqlite3* db, int column, int after, libsql_engine_cell* cell);

/* Makes the running statement fail, from a callback that has no other way to say so. A statement
   that writes, or begins or ends a transaction, fails as when memory runs out: what it did is
   undone, if need be with the transaction. One that only reads is interrupted; it may still give
   one row or its end. */
void libsql_engine_fail(sqlite3* db);

/* Hides the empty entries that removed functions called `name` leave, behind which the engine does
   not find a built-in function of that name. They must be shown while functions of that name are
   created or removed. */
void libsql_engine_hide_removed_functions(sqlite3* db, const char* name, int hide);

/* Installs what is asked when there is a lock; `timeout`, in milliseconds, is what PRAGMA
   busy_timeout says. */
void libsql_engine_set_busy_handler(sqlite3* db, int (*handler)(void*, int), void* owner,
                                    int timeout);

/* The milliseconds that PRAGMA busy_timeout has set since, which replaces the handler; else -1. */
int libsql_engine_new_busy_timeout(sqlite3* db, int (*handler)(void*, int));

/* Statements that are not running are compiled anew before they run the next time. */
void libsql_engine_expire(sqlite3* db);

/* Between libsql_wal_insert_begin and libsql_wal_insert_end: the number of the last frame of the
   log, 0 for none; with those that were inserted and not committed. */
unsigned int libsql_engine_log_end(sqlite3* db);

/* There as well: a frame of the log, its header of 24 bytes and its page, which is decrypted. */
int libsql_engine_log_frame(sqlite3* db, unsigned int number, unsigned char* frame, int size);

/* There as well: begins the log again, if all of it is in the file and nobody reads from it; what
   is inserted next would do so. */
int libsql_engine_restart_log(sqlite3* db);

/* There as well: which log it is, as its header on the disk says; of no meaning without frames. */
void libsql_engine_log_salts(sqlite3* db, unsigned char salts[8]);

/* Forgets a schema in memory that is no longer the file's: what is compiled next reads it anew.
   Where the file cannot be read now, nothing happens. */
void libsql_engine_look_at_schema(sqlite3* db);

/* Whether a statement that is not running was compiled for the schema that is in memory. */
int libsql_engine_is_current(sqlite3_stmt* statement);

/* Waits until the disk has the log. */
int libsql_engine_sync_log(sqlite3* db);

/* Whether a commit waits until the disk has the log; checkpoints always wait, unless PRAGMA
   synchronous is off. Until that is set the next time. */
void libsql_engine_sync_commits(sqlite3* db, int sync);

/* There as well, before anything was inserted: a page of the database, which is decrypted; zeros
   behind its end. */
int libsql_engine_page(sqlite3* db, unsigned int number, unsigned char* content);

/* Moves all of the log into the file and empties it, under one lock: nobody else writes between
   `before`, which gets the number of frames, and `after`, when there are none any more. What they
   return, if not SQLITE_OK, ends it. SQLITE_BUSY: someone reads from the log, or writes. No
   transaction may be open on `db`. */
int libsql_engine_empty_log(sqlite3* db, int (*before)(void*, unsigned int), int (*after)(void*),
                            void* owner);

/* For the child of a fork(), before anything else there: forgets which files the parent has open
   and locked, since its locks are not the child's, and lets go of what the parent's other threads
   held. The parent's connections must not be used. */
void libsql_engine_forked(void);

/* Sets up what the first open would set up without a lock. Once, before the first open. */
int libsql_engine_initialise(void);

#endif
