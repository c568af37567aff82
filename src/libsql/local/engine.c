/* The engine's one translation unit: libSQL's amalgamation with its ciphers, and the few functions
   of ours that need the engine's internals. */
#include "sqlite3mc.c"

#include "engine_row.h"

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

int libsql_engine_bind(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count) {
    Vdbe* v = (Vdbe*)statement;
    sqlite3* db = v->db;
    int i;
    /* expmask: a new value may need a new plan. Other encodings: the text is converted. */
    const int direct =
        v->eVdbeState == VDBE_READY_STATE && v->expmask == 0 && ENC(db) == SQLITE_UTF8 && count <= v->nVar;
    for (i = 0; i < count; i++) {
        const libsql_engine_cell* c = &cells[i];
        Mem* m;
        if (!direct || (c->type >= SQLITE_TEXT && c->type != SQLITE_NULL &&
                        c->size > (unsigned)db->aLimit[SQLITE_LIMIT_LENGTH])) {
            int rc = bind_slowly(statement, i + 1, c);
            if (rc != SQLITE_OK) {
                return rc;
            }
            continue;
        }
        m = &v->aVar[i];
        if (VdbeMemDynamic(m) || m->szMalloc) {
            sqlite3VdbeMemRelease(m);
        }
        switch (c->type) {
            case SQLITE_INTEGER:
                m->u.i = c->u.integer;
                m->flags = MEM_Int;
                break;
            case SQLITE_FLOAT:
                m->u.r = c->u.real;
                m->flags = MEM_Real;
                break;
            case SQLITE_TEXT:
                m->z = (char*)c->u.data;
                m->n = (int)c->size;
                m->flags = MEM_Str | MEM_Static;
                m->enc = SQLITE_UTF8;
                break;
            case SQLITE_BLOB:
                m->z = (char*)c->u.data;
                m->n = (int)c->size;
                m->flags = MEM_Blob | MEM_Static;
                m->enc = SQLITE_UTF8;
                break;
            case SQLITE_NULL:
                m->flags = MEM_Null;
                break;
            default:
                return SQLITE_MISUSE; /* an argument that cannot be bound; the caller says why */
        }
    }
    db->errCode = SQLITE_OK;
    return SQLITE_OK;
}

static void read_cell(Mem* m, libsql_engine_cell* c) {
    const u16 flags = m->flags;
    if (flags & MEM_Null) {
        c->type = SQLITE_NULL;
    } else if ((flags & (MEM_Int | MEM_Str)) == MEM_Int) {
        c->type = SQLITE_INTEGER;
        c->u.integer = m->u.i;
    } else if ((flags & (MEM_Str | MEM_Int | MEM_Real | MEM_IntReal)) == MEM_Str && m->enc == SQLITE_UTF8) {
        c->type = SQLITE_TEXT;
        c->u.data = m->n ? m->z : "";
        c->size = (unsigned)m->n;
    } else if ((flags & (MEM_Real | MEM_Str)) == MEM_Real) {
        c->type = SQLITE_FLOAT;
        c->u.real = m->u.r;
    } else {
        /* Rare: several representations at once, another encoding, a zeroblob. */
        c->type = (unsigned char)sqlite3_value_type(m);
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
}

void libsql_engine_row(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity, int* count) {
    Vdbe* v = (Vdbe*)statement;
    const int n = v->pResultRow ? v->nResColumn : 0;
    const int filled = n < capacity ? n : capacity;
    int i;
    for (i = 0; i < filled; i++) {
        read_cell(&v->pResultRow[i], &cells[i]);
    }
    *count = n;
}

int libsql_engine_step(sqlite3_stmt* statement, libsql_engine_cell* cells, int capacity, int* count) {
    const int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        libsql_engine_row(statement, cells, capacity, count);
        if (((Vdbe*)statement)->db->mallocFailed) { /* while converting a text */
            return SQLITE_NOMEM;
        }
    }
    return rc;
}

int libsql_engine_run(sqlite3_stmt* statement, const libsql_engine_cell* cells, int count,
                      libsql_engine_outcome* outcome) {
    Vdbe* v = (Vdbe*)statement;
    sqlite3* db = v->db;
    const i64 total = db->nTotalChange;
    int rc = SQLITE_OK;
    if (count > 0) {
        rc = libsql_engine_bind(statement, cells, count);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    do {
        rc = sqlite3_step(statement);
    } while (rc == SQLITE_ROW);
    outcome->rows_affected = db->nTotalChange != total ? db->nChange : 0;
    outcome->last_insert_rowid = db->lastRowid;
    libsql_engine_counters(statement, &outcome->rows_read, &outcome->rows_written, 1);
    return rc;
}

sqlite3_int64 libsql_engine_total_changes(sqlite3* db) { return db->nTotalChange; }

int libsql_engine_initialise(void) {
    make_sqlite3_wal_manager_rc();
    return sqlite3_initialize();
}

void libsql_engine_set_query_only(sqlite3* db, int on) {
    if (on) {
        db->flags |= SQLITE_QueryOnly;
    } else {
        db->flags &= ~(u64)SQLITE_QueryOnly;
    }
}

void libsql_engine_counters(sqlite3_stmt* statement, unsigned int* rows_read, unsigned int* rows_written, int forget) {
    Vdbe* v = (Vdbe*)statement;
    u32* read = &v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_READ - LIBSQL_STMTSTATUS_BASE];
    u32* written = &v->aLibsqlCounter[LIBSQL_STMTSTATUS_ROWS_WRITTEN - LIBSQL_STMTSTATUS_BASE];
    *rows_read = *read;
    *rows_written = *written;
    if (forget) {
        *read = 0;
        *written = 0;
    }
}
