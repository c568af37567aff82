/* The engine's internals that the driver uses: values are passed to and from a statement in one
   call, instead of two or three API calls for each. Included by engine.c (as C) and engine.h (as
   C++). docs/decisions/0003-engine-internals.md describes the savings and the assumptions. */
#ifndef LIBSQL_ENGINE_ROW_H
#define LIBSQL_ENGINE_ROW_H

/* A view of one value. The type is one of SQLITE_INTEGER .. SQLITE_NULL. Has the layout of
   libsql::detail::cell. */
typedef struct libsql_engine_cell {
    union {
        sqlite3_int64 integer;
        double real;
        const void* data;
    } u;

    unsigned int size;
    unsigned char type;
} libsql_engine_cell;

/* The effect of a finished statement. Has the layout of libsql::execution. */
typedef struct libsql_engine_outcome {
    sqlite3_int64 rows_affected;
    sqlite3_int64 last_insert_rowid;
    sqlite3_uint64 rows_read;
    sqlite3_uint64 rows_written;
} libsql_engine_outcome;

/* Binds parameters 1..count, which must be all, of a statement that is not running. Text and blobs
   are not copied. */
int libsql_engine_bind(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count);

/* Steps the statement. After SQLITE_ROW, *count is the number of columns, and the first min(*count,
   capacity) cells are set; text is UTF-8. The views are valid until the statement is used again. */
int libsql_engine_step(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count);

/* Reads the current row again. Call after SQLITE_ROW if capacity was too small. */
void libsql_engine_row(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count);

/* Binds, runs to the end and discards any rows, and fills *outcome. After SQLITE_DONE the statement
   has been reset. After an error the caller must reset it, once it has read the message. */
int libsql_engine_run(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count,
                      libsql_engine_outcome* outcome);

/* Resets the statement's counters. Returns the connection's total changes so far. */
sqlite3_int64 libsql_engine_start(sqlite3_stmt* statement, sqlite3* db);

/* The connection's total changes. A caller compares them to see whether a statement changed
   anything. */
sqlite3_int64 libsql_engine_total_changes(sqlite3* db);

/* Whether the statement is an INSERT, UPDATE or DELETE, whose rows the connection counts. */
int libsql_engine_counts_changes(sqlite3_stmt* statement);

/* The number of rows that a running statement has changed. The connection counts them only at its
   end. */
sqlite3_int64 libsql_engine_running_changes(sqlite3_stmt* statement);

/* As PRAGMA query_only, but compiled statements remain valid. Returns the previous setting. */
int libsql_engine_set_query_only(sqlite3* db, int on);

/* The numbers of rows that the statement has read and written since it was started. */
void libsql_engine_counters(sqlite3_stmt* statement, unsigned int* rows_read,
                            unsigned int* rows_written);

/* The name of the cipher of the encrypted file that is open as `schema`; null if it is not
   encrypted. */
const char* libsql_engine_cipher(sqlite3* db, const char* schema);

/* Reads a value that the engine passes to a callback. The views are valid as long as the value. */
void libsql_engine_value(sqlite3_value* value, libsql_engine_cell* cell);

/* Reads a column of the row before or after the change. Only inside the preupdate hook. */
int libsql_engine_preupdate_value(sqlite3* db, int column, int after, libsql_engine_cell* cell);

/* Makes the running statement fail, from a callback that cannot report an error. A statement that
   writes, or that begins or ends a transaction, fails as if memory had run out: its changes are
   undone, if necessary together with the transaction. A statement that only reads is interrupted;
   it may still return one row or its end. */
void libsql_engine_fail(sqlite3* db);

/* Hides the empty entries that removed functions called `name` leave behind; with them the engine
   does not find a built-in function of that name. Make them visible again before functions of that
   name are created or removed. */
void libsql_engine_hide_removed_functions(sqlite3* db, const char* name, int hide);

/* Sets the busy handler. PRAGMA busy_timeout reports `timeout`, in milliseconds. */
void libsql_engine_set_busy_handler(sqlite3* db, int (*handler)(void*, int), void* owner,
                                    int timeout);

/* Whether the statement that has just failed with SQLITE_BUSY had waited for a lock until the busy
   handler gave up. */
int libsql_engine_gave_up_waiting(sqlite3* db);

/* To be called before a statement is compiled, so that the busy handler waits again if the
   statement before has waited in vain. Running a statement does this by itself. */
void libsql_engine_begin_waiting(sqlite3* db);

/* The milliseconds of a PRAGMA busy_timeout that has replaced `handler` since; -1 if none has. */
int libsql_engine_new_busy_timeout(sqlite3* db, int (*handler)(void*, int));

/* Makes all statements that are not running be recompiled before they next run. */
void libsql_engine_expire(sqlite3* db);

/* Between libsql_wal_insert_begin and libsql_wal_insert_end only: the number of the log's last
   frame, including frames that were inserted and not yet committed; 0 if there is none. */
unsigned int libsql_engine_log_end(sqlite3* db);

/* Also only between those two: reads a frame of the log, which is a header of 24 bytes and the
   decrypted page. */
int libsql_engine_log_frame(sqlite3* db, unsigned int number, unsigned char* frame, int size);

/* Also only between those two: restarts the log, if all of it is in the file and nobody reads from
   it. The next inserted frame would do the same. */
int libsql_engine_restart_log(sqlite3* db);

/* Also only between those two: the log's salts, from its header on the disk. Meaningless without
   frames. */
void libsql_engine_log_salts(sqlite3* db, unsigned char salts[8]);

/* Discards the schema in memory if the file has another one; the next statement to be compiled
   reads it anew. Does nothing if the file cannot be read now. */
void libsql_engine_refresh_schema(sqlite3* db);

/* The same, but waits for the lock of a file, and fails with SQLITE_BUSY, as the error of `db`, if
   the lock is not released in time, or if the statement that has just been compiled has waited in
   vain. Any other failure to read a file is left to the statement that uses it. Adds the number of
   schemas that were discarded to `stale`. */
int libsql_engine_await_schema(sqlite3* db, int* stale);

/* Whether a statement that is not running was compiled for the schema in memory. */
int libsql_engine_is_current(sqlite3_stmt* statement);

/* Waits until the log is on the disk. */
int libsql_engine_sync_log(sqlite3* db);

/* Sets whether a commit waits until the log is on the disk, until the next such call. Checkpoints
   always wait, unless PRAGMA synchronous is off. */
void libsql_engine_sync_commits(sqlite3* db, int sync);

/* Between libsql_wal_insert_begin and libsql_wal_insert_end, before any frame was inserted: reads a
   page of the database, decrypted; zeros beyond the end of the database. */
int libsql_engine_page(sqlite3* db, unsigned int number, unsigned char* content);

/* Moves all of the log into the file and empties the log, under one lock. Nobody else writes
   between the call of `before`, which gets the number of frames, and that of `after`, when the log
   is empty. If either returns anything but SQLITE_OK, the operation ends with that code.
   SQLITE_BUSY: another connection reads from the log, or writes. No transaction may be open on
   `db`. */
int libsql_engine_empty_log(sqlite3* db, int (*before)(void*, unsigned int), int (*after)(void*),
                            void* owner);

/* Call in the child of a fork() before any other use of the engine. Forgets the files that the
   parent has open and their locks, which are not the child's, and releases mutexes that the
   parent's other threads held. The parent's connections must not be used. */
void libsql_engine_forked(void);

/* Initialises what the first open would initialise without a lock. Call once, before the first
   open. */
int libsql_engine_initialise(void);

#endif
