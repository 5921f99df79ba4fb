/* The layout of the cache, and the row that says how far it has come. */

#include "outbox.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE sync_state("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), business_id TEXT NOT NULL,"
    "  cursor BLOB NOT NULL DEFAULT x'', phase INTEGER NOT NULL DEFAULT 0,"
    "  epoch INTEGER NOT NULL DEFAULT 1, seq INTEGER NOT NULL DEFAULT 0,"
    "  head_seq INTEGER NOT NULL DEFAULT 0, as_of_ms INTEGER NOT NULL DEFAULT 0,"
    "  customers_count INTEGER NOT NULL DEFAULT 0, search_indexed INTEGER NOT NULL DEFAULT 0,"
    "  last_status INTEGER NOT NULL DEFAULT 0, has_erased INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE base_business("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE TABLE base_pages("
    "  page INTEGER PRIMARY KEY, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    "  record BLOB NOT NULL);";

const char khach__cache_customers_sql[] =
    /* The business is always 0: a cache has one. */
    "CREATE TABLE base_customers("
    "  id INTEGER PRIMARY KEY, business_id INTEGER NOT NULL DEFAULT 0, page_id INTEGER NOT NULL,"
    "  traits INTEGER NOT NULL, created_at INTEGER NOT NULL, first_recorded_at INTEGER NOT NULL,"
    "  first_inbound_at INTEGER NOT NULL, last_inbound_at INTEGER NOT NULL,"
    "  name_folded TEXT NOT NULL, record BLOB NOT NULL, seq INTEGER NOT NULL,"
    "  epoch INTEGER NOT NULL);";

const char khach__cache_repair_sql[] =
    "ALTER TABLE sync_state ADD COLUMN is_repairing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN is_reindex_due INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN is_unverified INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN verified_at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN verified_seq INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN repairs_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN repaired_rows_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN full_resyncs_count INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sync_state ADD COLUMN last_cause INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE leader("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, boot_id TEXT NOT NULL,"
    "  pid INTEGER NOT NULL, started INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL);"
    "INSERT INTO leader VALUES (1, 0, '', 0, 0, 0);"
    "CREATE TABLE quarantine("
    "  kind INTEGER NOT NULL, customer INTEGER NOT NULL, page INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL, epoch INTEGER NOT NULL, record BLOB NOT NULL,"
    "  reason TEXT NOT NULL, library TEXT NOT NULL, UNIQUE (customer, seq, kind));"
    "CREATE TABLE since("
    "  customer INTEGER PRIMARY KEY, traits INTEGER NOT NULL,"
    "  is_out_of_scope INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE since_mark("
    "  one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, as_of_ms INTEGER NOT NULL);"
    "INSERT INTO since_mark VALUES (1, coalesce((SELECT seq FROM sync_state), 0),"
    "  coalesce((SELECT as_of_ms FROM sync_state), 0));";

/* Reads a pragma or a count: the first column of the first row. */
static khach_status read_number(
    khach_cache *cache, int64_t *out, const char *sql, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);

    *out = 0;
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

static khach_status create(khach_cache *cache, khach_error **error)
{
    char *insert;
    khach_status status;

    insert = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;"
                             "INSERT INTO sync_state(one, business_id) VALUES (1, %Q);",
        KHACH_CACHE_APPLICATION_ID, KHACH_CACHE_SCHEMA_VERSION, cache->business_id);
    if (insert == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to make the cache");

    status = khach__cache_run(cache, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE", error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, schema, error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_repair_sql, error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_outbox_sql, error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_customers_sql, error);
    if (status == KHACH_OK)
        status =
            khach__cache_index_failure(cache, khach_index_create_tables(cache->db), error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, insert, error);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    sqlite3_free(insert);
    return status;
}

/* Takes the business of the cache when none was given; another than the given one is refused. */
static khach_status take_business(khach_cache *cache, const char *found, khach_error **error)
{
    if (khach__record_number('b', found) < 0)
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "the business of a cache expected, none found");
    if (cache->business_id[0] != '\0') {
        if (strcmp(found, cache->business_id) == 0)
            return KHACH_OK;
        return khach__error_set(error, KHACH_E_SCOPE_MISMATCH,
            "a cache of business %s expected, one of %s found", cache->business_id, found);
    }
    free(cache->business_id);
    cache->business_id = malloc(strlen(found) + 1);
    if (cache->business_id == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
    memcpy(cache->business_id, found, strlen(found) + 1);
    return KHACH_OK;
}


static khach_status check_business(khach_cache *cache, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status =
        khach__cache_prepare(cache, &statement, "SELECT business_id FROM sync_state", error);
    const char *found;

    if (status != KHACH_OK)
        return status;
    if (!khach__cache_has_row(cache, statement, &status, error)) {
        status = status != KHACH_OK ? status : khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "the state of a cache expected, none found");
    } else {
        found = (const char *)sqlite3_column_text(statement, 0);
        status = take_business(cache, found, error);
    }
    khach__cache_done(cache, statement);
    return status;
}

/* What a file says it is. */
typedef struct identity {
    int64_t application;
    int64_t version;
    int64_t tables;
} identity;

static khach_status read_identity(khach_cache *cache, identity *found, khach_error **error)
{
    khach_status status = read_number(cache, &found->application, "PRAGMA application_id", error);

    if (status == KHACH_OK)
        status = read_number(cache, &found->version, "PRAGMA user_version", error);
    if (status == KHACH_OK)
        status = read_number(cache, &found->tables, "SELECT count(*) FROM sqlite_master", error);
    return status;
}

static bool is_blank(const identity *found)
{
    return found->application == 0 && found->version == 0 && found->tables == 0;
}

/* Makes the layout, unless another process has done so by the time the lock is had. */
static khach_status create_once(khach_cache *cache, identity *found, khach_error **error)
{
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = read_identity(cache, found, error);
    if (status == KHACH_OK && is_blank(found)) {
        status = cache->business_id[0] == '\0'
            ? khach__error_set(error, KHACH_E_INVALID, KHACH_CACHE_BUSINESS_EXPECTED)
            : create(cache, error);
        if (status == KHACH_OK)
            status = read_identity(cache, found, error);
        /* So that the file says what it is to who reads it without its log. */
        if (status == KHACH_OK)
            khach__cache_checkpoint(cache, true);
    }
    khach__cache_unlock(cache);
    return status;
}

khach_status khach__cache_schema_prepare(khach_cache *cache, khach_error **error)
{
    identity found = {0};
    khach_status status = read_identity(cache, &found, error);

    if (status == KHACH_OK && is_blank(&found))
        status = create_once(cache, &found, error);
    if (status != KHACH_OK)
        return status;

    if (found.application != KHACH_CACHE_APPLICATION_ID)
        return khach__error_set(
            error, KHACH_E_CACHE_FOREIGN, "a Khach cache expected, another file found");
    if (found.version > KHACH_CACHE_SCHEMA_VERSION)
        return khach__error_set(error, KHACH_E_CACHE_TOO_NEW,
            "layout %d of the cache expected, %d found", KHACH_CACHE_SCHEMA_VERSION,
            (int)found.version);
    if (found.version >= KHACH_CACHE_SCHEMA_VERSION_MIN
        && found.version < KHACH_CACHE_SCHEMA_VERSION) {
        status = khach__cache_migrate(cache, error);
        if (status == KHACH_OK)
            status = read_identity(cache, &found, error);
        if (status != KHACH_OK)
            return status;
    }
    if (found.version != KHACH_CACHE_SCHEMA_VERSION)
        return khach__error_set(error, KHACH_E_CACHE_CORRUPT,
            "layout %d of the cache expected, %d found", KHACH_CACHE_SCHEMA_VERSION,
            (int)found.version);
    return check_business(cache, error);
}

khach_status khach__cache_sync_read(khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    static const char sql[] = "SELECT cursor, phase, epoch, seq, head_seq, as_of_ms,"
                              " customers_count, search_indexed, last_status, has_erased,"
                              " is_repairing, is_reindex_due, is_unverified, verified_at_ms,"
                              " verified_seq, repairs_count, repaired_rows_count,"
                              " full_resyncs_count, last_cause"
                              " FROM sync_state";
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_check(cache, error);

    *sync = (khach_cache_sync){0};
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &statement, sql, error);
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        status = khach__cache_failure(cache, error);
        goto done;
    }

    sync->cursor.count = (size_t)sqlite3_column_bytes(statement, 0);
    sync->cursor.bytes = malloc(sync->cursor.count + 1);
    if (sync->cursor.bytes == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for the cursor");
        goto done;
    }
    if (sync->cursor.count > 0)
        memcpy(sync->cursor.bytes, sqlite3_column_blob(statement, 0), sync->cursor.count);
    sync->phase = (khach_phase)sqlite3_column_int(statement, 1);
    sync->epoch = sqlite3_column_int64(statement, 2);
    sync->seq = (uint64_t)sqlite3_column_int64(statement, 3);
    sync->head_seq = (uint64_t)sqlite3_column_int64(statement, 4);
    sync->as_of_ms = sqlite3_column_int64(statement, 5);
    sync->customers_count = (uint64_t)sqlite3_column_int64(statement, 6);
    sync->is_search_indexed = sqlite3_column_int(statement, 7) != 0;
    sync->last_status = sqlite3_column_int(statement, 8);
    sync->has_erased = sqlite3_column_int(statement, 9) != 0;
    sync->repairing = (khach_repairing)sqlite3_column_int(statement, 10);
    sync->is_reindex_due = sqlite3_column_int(statement, 11) != 0;
    sync->is_unverified = sqlite3_column_int(statement, 12) != 0;
    sync->verified_at_ms = sqlite3_column_int64(statement, 13);
    sync->verified_seq = (uint64_t)sqlite3_column_int64(statement, 14);
    sync->repairs_count = (uint64_t)sqlite3_column_int64(statement, 15);
    sync->repaired_rows_count = (uint64_t)sqlite3_column_int64(statement, 16);
    sync->full_resyncs_count = (uint64_t)sqlite3_column_int64(statement, 17);
    sync->last_cause = sqlite3_column_int(statement, 18);

done:
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__cache_sync_write(
    khach_cache *cache, const khach_cache_sync *sync, khach_error **error)
{
    static const char sql[] =
        "UPDATE sync_state SET cursor = ?1, phase = ?2, epoch = ?3, seq = ?4, head_seq = ?5,"
        " as_of_ms = ?6, customers_count = ?7, search_indexed = ?8, last_status = ?9,"
        " has_erased = ?10, is_repairing = ?11, is_reindex_due = ?12, is_unverified = ?13,"
        " verified_at_ms = ?14, verified_seq = ?15, repairs_count = ?16,"
        " repaired_rows_count = ?17, full_resyncs_count = ?18, last_cause = ?19";
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_blob64(
        statement, 1, sync->cursor.bytes, sync->cursor.count, SQLITE_STATIC);
    (void)sqlite3_bind_int(statement, 2, sync->phase);
    (void)sqlite3_bind_int64(statement, 3, sync->epoch);
    (void)sqlite3_bind_int64(statement, 4, (int64_t)sync->seq);
    (void)sqlite3_bind_int64(statement, 5, (int64_t)sync->head_seq);
    (void)sqlite3_bind_int64(statement, 6, sync->as_of_ms);
    (void)sqlite3_bind_int64(statement, 7, (int64_t)sync->customers_count);
    (void)sqlite3_bind_int(statement, 8, sync->is_search_indexed);
    (void)sqlite3_bind_int(statement, 9, sync->last_status);
    (void)sqlite3_bind_int(statement, 10, sync->has_erased);
    (void)sqlite3_bind_int(statement, 11, (int)sync->repairing);
    (void)sqlite3_bind_int(statement, 12, sync->is_reindex_due);
    (void)sqlite3_bind_int(statement, 13, sync->is_unverified);
    (void)sqlite3_bind_int64(statement, 14, sync->verified_at_ms);
    (void)sqlite3_bind_int64(statement, 15, (int64_t)sync->verified_seq);
    (void)sqlite3_bind_int64(statement, 16, (int64_t)sync->repairs_count);
    (void)sqlite3_bind_int64(statement, 17, (int64_t)sync->repaired_rows_count);
    (void)sqlite3_bind_int64(statement, 18, (int64_t)sync->full_resyncs_count);
    (void)sqlite3_bind_int(statement, 19, sync->last_cause);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}
