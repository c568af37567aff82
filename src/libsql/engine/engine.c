/* The engine's only translation unit: libSQL's amalgamation with its ciphers, and our few functions
   that need the engine's internals. */
// clang-format off
#include "sqlite3mc.c"
#include "engine_row.h"  // needs the declarations above

// clang-format on

static int bind_slowly(sqlite3_stmt* statement, int i, const libsql_engine_cell* c) {
    switch (c->type) {
        case SQLITE_INTEGER:
            return sqlite3_bind_int64(statement, i, c->u.integer);
        case SQLITE_FLOAT:
            return sqlite3_bind_double(statement, i, c->u.real);
        case SQLITE_TEXT:
            return sqlite3_bind_text(statement, i, c->u.data, (int)c->size, SQLITE_STATIC);
        case SQLITE_BLOB:
            return sqlite3_bind_blob(statement, i, c->u.data, (int)c->size, SQLITE_STATIC);
        case SQLITE_NULL:
            return sqlite3_bind_null(statement, i);
        default:
            return SQLITE_MISUSE;
    }
}

/* The flags and encoding of a value, as the four bytes of Mem that begin at its flags. */
#define MEM_WORD(flags) ((u32)(flags) | (u32)SQLITE_UTF8 << 16)

/* Binds cells as long as storing them is enough. Returns the index of the first cell that needs
   more, or count. */
static int bind_directly(Mem* m, const libsql_engine_cell* c, int count, unsigned limit) {
    static const u32 words[] = {0,
                                MEM_WORD(MEM_Int),
                                MEM_WORD(MEM_Real),
                                MEM_WORD(MEM_Str | MEM_Static),
                                MEM_WORD(MEM_Blob | MEM_Static),
                                MEM_WORD(MEM_Null)};
    int i;
    for (i = 0; i < count; i++, m++, c++) {
        const unsigned type = c->type;
        const unsigned size = c->size;
        if (size > limit || type > SQLITE_NULL || VdbeMemDynamic(m) || m->szMalloc) {
            break;
        }
        /* The flags select which of the two is used. */
        m->u.i = c->u.integer;
        m->z = (char*)c->u.data;
        m->n = (int)size;
        memcpy(&m->flags, &words[type], 4);
    }
    return i;
}

/* Not inlined, so that the common path need not save registers for it. */
static SQLITE_NOINLINE int bind_rest(sqlite3_stmt* statement, const libsql_engine_cell* cells,
                                     int from, int count) {
    int i;
    for (i = from; i < count; i++) {
        const int rc = bind_slowly(statement, i + 1, &cells[i]);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return SQLITE_OK;
}

static int bind(Vdbe* v, const libsql_engine_cell* cells, int count) {
    sqlite3* db = v->db;
    int i = 0;
    /* expmask: a new value may require a new query plan. Other encodings require a conversion. */
    if (v->eVdbeState == VDBE_READY_STATE && v->expmask == 0 && ENC(db) == SQLITE_UTF8 &&
        count <= v->nVar) {
        i = bind_directly(v->aVar, cells, count, (unsigned)db->aLimit[SQLITE_LIMIT_LENGTH]);
        db->errCode = SQLITE_OK;
    }
    return i == count ? SQLITE_OK : bind_rest((sqlite3_stmt*)v, cells, i, count);
}

int libsql_engine_bind(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count) {
    return bind((Vdbe*)statement, cells, count);
}

static SQLITE_NOINLINE void read_rare_cell(Mem* m, libsql_engine_cell* c) {
    c->type = (unsigned char)sqlite3_value_type(m);
    c->size = 0;
    switch (c->type) {
        case SQLITE_INTEGER:
            c->u.integer = sqlite3_value_int64(m);
            break;
        case SQLITE_FLOAT:
            c->u.real = sqlite3_value_double(m);
            break;
        case SQLITE_TEXT:
            c->u.data = sqlite3_value_text(m);
            c->size = (unsigned)sqlite3_value_bytes(m);
            break;
        case SQLITE_BLOB:
            c->u.data = sqlite3_value_blob(m);
            c->size = (unsigned)sqlite3_value_bytes(m);
            if (c->u.data == 0) {
                c->u.data = "";
            }
            break;
        default:
            break;
    }
}

static void read_cell(Mem* m, libsql_engine_cell* c) {
    const u16 flags = m->flags;
    if (flags & MEM_Null) {
        c->type = SQLITE_NULL;
        c->size = 0;
    } else if ((flags & (MEM_Int | MEM_Str)) == MEM_Int) {
        c->type = SQLITE_INTEGER;
        c->size = 0;
        c->u.integer = m->u.i;
    } else if ((flags & (MEM_Str | MEM_Int | MEM_Real | MEM_IntReal)) == MEM_Str &&
               m->enc == SQLITE_UTF8) {
        c->type = SQLITE_TEXT;
        c->u.data = m->n ? m->z : "";
        c->size = (unsigned)m->n;
    } else if ((flags & (MEM_Real | MEM_Str)) == MEM_Real) {
        c->type = SQLITE_FLOAT;
        c->size = 0;
        c->u.real = m->u.r;
    } else {
        read_rare_cell(m, c); /* several representations, another encoding, a zeroblob or a blob */
    }
}

static void read_row(Vdbe* v, libsql_engine_cell* cells, int capacity, int* count) {
    const int n = v->pResultRow ? v->nResColumn : 0;
    const int filled = n < capacity ? n : capacity;
    int i;
    for (i = 0; i < filled; i++) {
        read_cell(&v->pResultRow[i], &cells[i]);
    }
    *count = n;
}

void libsql_engine_row(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count) {
    read_row((Vdbe*)statement, cells, capacity, count);
}

/* sqlite3_step for a connection without a mutex and without tracing. A statement that must be
   recompiled takes the ordinary path. */
static int step_quickly(Vdbe* v) {
    int rc;
    if (v->db->mutex || v->db->mTrace || AtomicLoad(&v->isInterrupted)) {
        return sqlite3_step((sqlite3_stmt*)v);
    }
    rc = sqlite3Step(v);
    return rc == SQLITE_SCHEMA ? sqlite3_step((sqlite3_stmt*)v) : rc;
}

int libsql_engine_step(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity,
                       int* count) {
    const int rc = step_quickly((Vdbe*)statement);
    if (rc == SQLITE_ROW) {
        read_row((Vdbe*)statement, cells, capacity, count);
        if (((Vdbe*)statement)->db->mallocFailed) { /* a text was being converted */
            return SQLITE_NOMEM;
        }
    }
    return rc;
}

/* The part of sqlite3_reset that is needed after SQLITE_DONE. */
static void reset_done(Vdbe* v) {
    sqlite3* db = v->db;
    if (db->mutex || db->mTrace || db->pErr || v->zErrMsg || v->eVdbeState != VDBE_HALT_STATE) {
        sqlite3_reset((sqlite3_stmt*)v);
        return;
    }
    db->errCode = v->rc;
    sqlite3VdbeRewind(v);
}

static void forget_counters(Vdbe* v) {
    v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_READ - LIBSQL_STMTSTATUS_BASE] = 0;
    v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_WRITTEN - LIBSQL_STMTSTATUS_BASE] = 0;
}

int libsql_engine_run(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count,
                      libsql_engine_outcome* outcome) {
    Vdbe* v = (Vdbe*)statement;
    sqlite3* db = v->db;
    const i64 total = db->nTotalChange;
    int rc = bind(v, cells, count);
    if (rc != SQLITE_OK) {
        return rc;
    }
    do {
        rc = step_quickly(v);
    } while (rc == SQLITE_ROW);
    outcome->rows_affected = db->nTotalChange != total ? db->nChange : 0;
    outcome->last_insert_rowid = db->lastRowid;
    outcome->rows_read = v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_READ - LIBSQL_STMTSTATUS_BASE];
    outcome->rows_written =
        v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_WRITTEN - LIBSQL_STMTSTATUS_BASE];
    forget_counters(v);
    if (rc == SQLITE_DONE) {
        reset_done(v);
    }
    return rc;
}

sqlite3_int64 libsql_engine_start(sqlite3_stmt* statement, sqlite3* db) {
    forget_counters((Vdbe*)statement);
    return db->nTotalChange;
}

sqlite3_int64 libsql_engine_total_changes(sqlite3* db) {
    return db->nTotalChange;
}

int libsql_engine_initialise(void) {
    make_sqlite3_wal_manager_rc();
    return sqlite3_initialize();
}

static void unlock_in_child(sqlite3_mutex* mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutex_init(&mutex->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void libsql_engine_forked(void) {
    sqlite3_vfs* vfs;
    int i;
    if (!sqlite3GlobalConfig.isInit) {
        return;
    }
    for (i = SQLITE_MUTEX_STATIC_MAIN; i <= SQLITE_MUTEX_STATIC_VFS3; i++) {
        unlock_in_child(sqlite3_mutex_alloc(i), PTHREAD_MUTEX_DEFAULT);
    }
    for (vfs = sqlite3_vfs_find(0); vfs; vfs = vfs->pNext) {
        if (vfs->xOpen == mcVfsOpen) {
            unlock_in_child(((sqlite3mc_vfs*)vfs)->mutex, PTHREAD_MUTEX_RECURSIVE);
            ((sqlite3mc_vfs*)vfs)->pMain = 0;
        }
    }
    inodeList = 0;
}

int libsql_engine_counts_changes(sqlite3_stmt* statement) {
    return ((Vdbe*)statement)->changeCntOn;
}

sqlite3_int64 libsql_engine_running_changes(sqlite3_stmt* statement) {
    return ((Vdbe*)statement)->nChange;
}

int libsql_engine_set_query_only(sqlite3* db, int on) {
    const int was = (db->flags & SQLITE_QueryOnly) != 0;
    if (on) {
        db->flags |= SQLITE_QueryOnly;
    } else {
        db->flags &= ~(u64)SQLITE_QueryOnly;
    }
    return was;
}

void libsql_engine_counters(sqlite3_stmt* statement, unsigned int* rows_read,
                            unsigned int* rows_written) {
    const u32* counters = ((Vdbe*)statement)->aLibsqlCounter;
    *rows_read = counters[LIBSQL_STMTSTATUS_ROWS_READ - LIBSQL_STMTSTATUS_BASE];
    *rows_written = counters[LIBSQL_STMTSTATUS_ROWS_WRITTEN - LIBSQL_STMTSTATUS_BASE];
}

const char* libsql_engine_cipher(sqlite3* db, const char* schema) {
    Codec* codec = sqlite3mcGetCodec(db, schema);
    if (codec == 0 || !sqlite3mcIsEncrypted(codec)) {
        return 0;
    }
    return globalCodecDescriptorTable[codec->m_readCipherType - 1].m_name;
}

void libsql_engine_value(sqlite3_value* value, libsql_engine_cell* cell) {
    read_cell(value, cell);
}

int libsql_engine_preupdate_value(sqlite3* db, int column, int after, libsql_engine_cell* cell) {
    sqlite3_value* value = 0;
    const int rc = after ? sqlite3_preupdate_new(db, column, &value)
                         : sqlite3_preupdate_old(db, column, &value);
    if (rc != SQLITE_OK || value == 0) {
        return rc != SQLITE_OK ? rc : SQLITE_NOMEM;
    }
    read_cell(value, cell);
    /* The engine stores whole numbers of a REAL column as integers and does not convert them back
       here. */
    if (cell->type == SQLITE_INTEGER &&
        db->pPreUpdate->pTab->aCol[column].affinity == SQLITE_AFF_REAL) {
        cell->u.real = (double)cell->u.integer;
        cell->type = SQLITE_FLOAT;
    }
    return SQLITE_OK;
}

/* Whether the statement changes the state of a transaction. COMMIT and the like count as read-only,
   but an interrupt would not stop them. */
static int changes_state(const Vdbe* v) {
    int i;
    if (!v->readOnly) {
        return 1;
    }
    for (i = 0; i < v->nOp; i++) {
        if (v->aOp[i].opcode == OP_AutoCommit || v->aOp[i].opcode == OP_Savepoint) {
            return 1;
        }
    }
    return 0;
}

void libsql_engine_fail(sqlite3* db) {
    const Vdbe* v;
    for (v = db->pVdbe; v; v = v->pVNext) {
        if (v->eVdbeState == VDBE_RUN_STATE && changes_state(v)) {
            sqlite3OomFault(db);
            return;
        }
    }
    AtomicStore(&db->u1.isInterrupted, 1);
}

void libsql_engine_hide_removed_functions(sqlite3* db, const char* name, int hide) {
    FuncDef* f;
    for (f = (FuncDef*)sqlite3HashFind(&db->aFunc, name); f; f = f->pNext) {
        if (f->xSFunc != 0) {
            continue;
        }
        /* An empty entry has no user data, so the number of arguments is saved in its place. */
        if (hide && f->pUserData == 0) {
            f->pUserData = SQLITE_INT_TO_PTR(f->nArg + 2);
            f->nArg = SQLITE_MAX_FUNCTION_ARG;
        } else if (!hide && f->pUserData != 0) {
            f->nArg = (i8)(SQLITE_PTR_TO_INT(f->pUserData) - 2);
            f->pUserData = 0;
        }
    }
}

void libsql_engine_set_busy_handler(sqlite3* db, int (*handler)(void*, int), void* owner,
                                    int timeout) {
    sqlite3_busy_handler(db, handler, owner);
    db->busyTimeout = timeout;
}

int libsql_engine_new_busy_timeout(sqlite3* db, int (*handler)(void*, int)) {
    return db->busyHandler.xBusyHandler == handler ? -1 : db->busyTimeout;
}

int libsql_engine_gave_up_waiting(sqlite3* db) {
    return db->busyHandler.nBusy < 0;
}

void libsql_engine_expire(sqlite3* db) {
    sqlite3ExpirePreparedStatements(db, 1);
}

static Wal* main_log(sqlite3* db) {
    Pager* pager = sqlite3BtreePager(db->aDb[0].pBt);
    return pager->wal ? (Wal*)pager->wal->pData : 0;
}

unsigned int libsql_engine_log_end(sqlite3* db) {
    const Wal* log = main_log(db);
    return log ? log->hdr.mxFrame : 0;
}

int libsql_engine_log_frame(sqlite3* db, unsigned int number, unsigned char* frame, int size) {
    const int rc = libsql_wal_get_frame(db, number, frame, (unsigned int)size);
    Codec* codec = sqlite3mcGetCodec(db, "main");
    if (rc == SQLITE_OK && codec && sqlite3mcIsEncrypted(codec)) {
        sqlite3mcCodec(codec, frame + WAL_FRAME_HDRSIZE, sqlite3Get4byte(frame), 3);
        return sqlite3mcGetCodecLastError(codec);
    }
    return rc;
}

int libsql_engine_restart_log(sqlite3* db) {
    Wal* log = main_log(db);
    int restarted = 0;
    return log ? walRestartLog(log, &restarted) : SQLITE_MISUSE;
}

void libsql_engine_log_salts(sqlite3* db, unsigned char salts[8]) {
    const Wal* log = main_log(db);
    memset(salts, 0, 8);
    if (log) {
        memcpy(salts, log->hdr.aSalt, 8);
    }
}

/* Discards each schema in memory that is not the file's, and counts them in `stale`. A file that
   cannot be read is left out, or, with `wait`, is waited for and then ends this. */
static int check_schemas(sqlite3* db, int wait, int* stale) {
    const int asked = db->busyHandler.nBusy;
    const int readers = db->nVdbeRead;
    int rc = SQLITE_OK;
    sqlite3BtreeEnterAll(db);
    db->busyHandler.nBusy = wait ? 0 : -1;
    db->nVdbeRead = 0; /* they read other files, and would keep the transactions open */
    for (int i = 0; i < db->nDb && rc == SQLITE_OK; ++i) {
        Btree* file = db->aDb[i].pBt;
        const int reads = file && sqlite3BtreeTxnState(file) == SQLITE_TXN_NONE;
        u32 number = 0;
        if (!file || !DbHasProperty(db, i, DB_SchemaLoaded)) {
            continue;
        }
        if (reads) {
            const int began = sqlite3BtreeBeginTrans(file, 0, 0);
            if (began != SQLITE_OK) {
                rc = wait ? began : SQLITE_OK;
                continue;
            }
        }
        sqlite3BtreeGetMeta(file, BTREE_SCHEMA_VERSION, &number);
        if (number != (u32)db->aDb[i].pSchema->schema_cookie) {
            sqlite3ResetOneSchema(db, i);
            ++*stale;
        }
        if (reads) {
            sqlite3BtreeCommit(file);
        }
    }
    db->nVdbeRead = readers;
    if (!wait) {
        db->busyHandler.nBusy = asked;
    }
    sqlite3BtreeLeaveAll(db);
    return rc;
}

void libsql_engine_refresh_schema(sqlite3* db) {
    int stale = 0;
    check_schemas(db, 0, &stale);
}

void libsql_engine_begin_waiting(sqlite3* db) {
    db->busyHandler.nBusy = 0;
}

int libsql_engine_await_schema(sqlite3* db, int* stale) {
    const int rc = libsql_engine_gave_up_waiting(db) ? SQLITE_BUSY : check_schemas(db, 1, stale);
    if ((rc & 0xff) == SQLITE_BUSY) {
        sqlite3Error(db, rc);
        return rc;
    }
    return SQLITE_OK;
}

int libsql_engine_is_current(sqlite3_stmt* statement) {
    const Vdbe* program = (const Vdbe*)statement;
    if (program->expired) {
        return 0;
    }
    for (int i = 0; i < program->nOp; ++i) {
        const VdbeOp* op = &program->aOp[i];
        const Schema* schema = 0;
        if (op->opcode != OP_Transaction || op->p5 == 0) {
            continue;
        }
        schema = program->db->aDb[op->p1].pSchema;
        if (!schema || op->p3 != schema->schema_cookie || op->p4.i != schema->iGeneration) {
            return 0;
        }
    }
    return 1;
}

int libsql_engine_sync_log(sqlite3* db) {
    Wal* log = main_log(db);
    return log ? sqlite3OsSync(log->pWalFd, SQLITE_SYNC_NORMAL) : SQLITE_MISUSE;
}

void libsql_engine_sync_commits(sqlite3* db, int sync) {
    Pager* pager = sqlite3BtreePager(db->aDb[0].pBt);
    const int of_checkpoints = pager->walSyncFlags & ~3;
    pager->walSyncFlags = (u8)(of_checkpoints | (sync ? pager->syncFlags : 0));
}

int libsql_engine_page(sqlite3* db, unsigned int number, unsigned char* content) {
    Pager* pager = sqlite3BtreePager(db->aDb[0].pBt);
    DbPage* page = 0;
    const int rc = sqlite3PagerGet(pager, number, &page, 0);
    if (rc == SQLITE_OK) {
        memcpy(content, sqlite3PagerGetData(page), (size_t)pager->pageSize);
        sqlite3PagerUnrefNotNull(
            page); /* for page 1, sqlite3PagerUnref would end the read transaction */
    }
    return rc;
}

/* sqlite3WalCheckpoint in TRUNCATE mode, without its other paths. The original releases the lock
   before the caller can record that the log is empty, and never reports the number of frames. */
int libsql_engine_empty_log(sqlite3* db, int (*before)(void*, unsigned int), int (*after)(void*),
                            void* owner) {
    Pager* pager = sqlite3BtreePager(db->aDb[0].pBt);
    Wal* log = main_log(db);
    int changed = 0;
    int rc = log ? walLockExclusive(log, WAL_CKPT_LOCK, 1) : SQLITE_MISUSE;
    if (rc != SQLITE_OK) {
        return rc;
    }
    log->ckptLock = 1;
    rc = walLockExclusive(log, WAL_WRITE_LOCK, 1);
    if (rc == SQLITE_OK) {
        log->writeLock = 1;
        rc = walIndexReadHdr(log, &changed);
    }
    if (rc == SQLITE_OK) {
        rc = before(owner, log->hdr.mxFrame);
    }
    if (rc == SQLITE_OK) {
        rc = walCheckpoint(log, db, SQLITE_CHECKPOINT_TRUNCATE, 0, 0, pager->walSyncFlags,
                           (u8*)pager->pTmpSpace, 0, 0);
    }
    if (rc == SQLITE_OK) {
        /* If old frames reappeared after a power failure, they would be read as new ones. */
        rc = sqlite3OsSync(log->pWalFd, SQLITE_SYNC_FULL);
    }
    if (rc == SQLITE_OK) {
        rc = after(owner);
    }
    /* The pager's cache is out of date, so make it see a change. */
    memset(&log->hdr, 0, sizeof(log->hdr));
    sqlite3WalEndWriteTransaction(log);
    walUnlockExclusive(log, WAL_CKPT_LOCK, 1);
    log->ckptLock = 0;
    return rc;
}
