/* An older cache becomes one of layout 4, which added what repairs have to say, and the outbox. Of
 * layout 2, the rows are read again from the records that it keeps; of layouts 2 and 3, the derived
 * tables are filled anew. */

#include "outbox.h"

#include <khach_text.h>

#include <stdlib.h>

static khach_status copy_row(
    khach_cache *cache, sqlite3_stmt *from, sqlite3_stmt *to, khach_error **error)
{
    const uint8_t *record = sqlite3_column_blob(from, 0);
    size_t record_bytes = (size_t)sqlite3_column_bytes(from, 0);
    khach_status status = khach__cache_index_failure(
        cache, khach_index_customer_read(&cache->after, record, record_bytes), error);
    char *folded = NULL;
    size_t folded_bytes = 0;

    if (status != KHACH_OK)
        return status;
    if (khach_text_fold(&folded, &folded_bytes, cache->after.name, cache->after.name_bytes) != 0)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to fold a name");
    khach__cache_bind_row(to, &cache->after, folded, folded_bytes, record, record_bytes);
    (void)sqlite3_bind_int64(to, 10, sqlite3_column_int64(from, 1));
    (void)sqlite3_bind_int64(to, 11, sqlite3_column_int64(from, 2));
    if (sqlite3_step(to) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    (void)sqlite3_reset(to);
    khach_text_free(folded);
    return status;
}

static khach_status copy_rows(khach_cache *cache, khach_error **error)
{
    static const char select[] = "SELECT record, seq, epoch FROM layout_2 ORDER BY customer";
    static const char insert[] = "INSERT INTO base_customers(id, page_id, traits, created_at,"
                                 " first_recorded_at, first_inbound_at, last_inbound_at,"
                                 " name_folded, record, seq, epoch)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    sqlite3_stmt *from = NULL;
    sqlite3_stmt *to = NULL;
    khach_status status = khach__cache_prepare(cache, &from, select, error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &to, insert, error);
    while (status == KHACH_OK && (result = sqlite3_step(from)) == SQLITE_ROW)
        status = copy_row(cache, from, to, error);
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, from);
    khach__cache_done(cache, to);
    return status;
}

/* The derived tables of a cache whose first pass is over; of another, they come with its end. */
static khach_status derive(khach_cache *cache, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_index *index = NULL;
    khach_index_status done = khach_index_create_tables(cache->db);
    khach_status status = khach__cache_index_failure(cache, done, error);

    if (status == KHACH_OK)
        status = khach__cache_sync_read(cache, &sync, error);
    free(sync.cursor.bytes);
    if (status != KHACH_OK || !sync.is_search_indexed)
        return status;
    done = khach_index_create_indexes(cache->db, "base_customers");
    if (done == KHACH_INDEX_OK)
        done = khach_index_open(&index, cache->db, "base_customers");
    if (done == KHACH_INDEX_OK)
        done = khach_index_rebuild(index);
    status = khach__cache_index_failure(cache, done, error);
    khach_index_close(index);
    return status;
}

static khach_status migrate_2(khach_cache *cache, khach_error **error)
{
    static const char before[] =
        "DROP TABLE name_tokens; DROP INDEX base_customers_by_created;"
        "DROP INDEX base_customers_by_page; ALTER TABLE base_customers RENAME TO layout_2;"
        /* Layout 2 did not say whether its log was to be emptied. */
        "ALTER TABLE sync_state ADD COLUMN has_erased INTEGER NOT NULL DEFAULT 0;"
        "UPDATE sync_state SET has_erased = 1;";
    static const char after[] = "DROP TABLE layout_2";
    khach_status status = khach__cache_run(cache, before, error);

    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_repair_sql, error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_customers_sql, error);
    if (status == KHACH_OK)
        status = copy_rows(cache, error);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, after, error);
    return status;
}

/* Layout 3 had other derived tables, and indexes once its first pass was over. */
static khach_status migrate_3(khach_cache *cache, khach_error **error)
{
    static const char before[] =
        "DROP TABLE customer_counts; DROP TABLE name_tokens; DROP TABLE token_counts;"
        "DROP TABLE customer_days; DROP TABLE contact_values; DROP TABLE block_events;"
        "DROP INDEX IF EXISTS base_customers_by_created;"
        "DROP INDEX IF EXISTS base_customers_by_page_created;"
        "DROP INDEX IF EXISTS base_customers_by_page_inbound;"
        "DROP INDEX IF EXISTS base_customers_by_name;"
        "DROP INDEX IF EXISTS base_customers_by_first_recorded;"
        "DROP INDEX IF EXISTS base_customers_by_first_inbound;";
    khach_status status = khach__cache_run(cache, before, error);

    return status != KHACH_OK ? status : khach__cache_run(cache, khach__cache_repair_sql, error);
}

static khach_status migrate(khach_cache *cache, int version, khach_error **error)
{
    char stamp[64];
    khach_status status = version == 2 ? migrate_2(cache, error) : migrate_3(cache, error);

    if (status == KHACH_OK)
        status = khach__cache_run(cache, khach__cache_outbox_sql, error);
    (void)sqlite3_snprintf((int)sizeof(stamp), stamp, "PRAGMA user_version = %d",
        KHACH_CACHE_SCHEMA_VERSION);
    if (status == KHACH_OK)
        status = khach__cache_run(cache, stamp, error);
    return status != KHACH_OK ? status : derive(cache, error);
}

khach_status khach__cache_migrate(khach_cache *cache, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    int version = KHACH_CACHE_SCHEMA_VERSION;
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_step(cache, "BEGIN IMMEDIATE", error);
    /* Another process may have been first. */
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &statement, "PRAGMA user_version", error);
    if (khach__cache_has_row(cache, statement, &status, error))
        version = sqlite3_column_int(statement, 0);
    khach__cache_done(cache, statement);
    if (status == KHACH_OK && version < KHACH_CACHE_SCHEMA_VERSION)
        status = migrate(cache, version, error);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    else
        khach__cache_checkpoint(cache, true);
    khach__cache_unlock(cache);
    return status;
}
