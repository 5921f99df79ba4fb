/* The ends of a snapshot: its finish, and the beginning of another. */

#include "cache.h"

/* Takes customers that an earlier snapshot had out of the derived tables. */
static khach_status unindex(khach_cache *cache, khach_error **error)
{
    static const char sql[] = "SELECT record FROM base_customers"
                              " WHERE epoch <> (SELECT epoch FROM sync_state)";
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);
    int result = SQLITE_DONE;

    while (status == KHACH_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        khach_index_status done =
            khach_index_customer_read(&cache->before, sqlite3_column_blob(statement, 0),
                (size_t)sqlite3_column_bytes(statement, 0));

        if (done == KHACH_INDEX_OK)
            done = khach_index_put(cache->index, &cache->before, NULL);
        status = khach__cache_index_failure(cache, done, error);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

/* Drops what an earlier snapshot had and this one has not. */
static khach_status sweep(khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    static const char sql[] =
        "DELETE FROM base_customers WHERE epoch <> (SELECT epoch FROM sync_state);"
        "DELETE FROM base_pages WHERE epoch <> (SELECT epoch FROM sync_state);"
        "DELETE FROM overlays WHERE id NOT IN (SELECT id FROM base_customers);"
        "DELETE FROM quarantine WHERE epoch <> (SELECT epoch FROM sync_state);";
    sqlite3_stmt *statement = NULL;
    khach_status status = sync->is_search_indexed ? unindex(cache, error) : KHACH_OK;

    sync->has_erased = true;
    if (status == KHACH_OK)
        status = khach__cache_run(cache, sql, error);
    if (status == KHACH_OK)
        status = khach__cache_prepare(
            cache, &statement, "SELECT count(*) FROM base_customers", error);
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(statement) == SQLITE_ROW)
        sync->customers_count = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__cache_snapshot_finish(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    khach_status status = KHACH_OK;

    if (sync->epoch > 1)
        status = sweep(cache, sync, error);
    return status != KHACH_OK ? status : khach__cache_snapshot_complete(cache, sync, error);
}

khach_status khach__cache_snapshot_complete(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    khach_index_status done = KHACH_INDEX_OK;
    khach_status status = KHACH_OK;

    if (!sync->is_search_indexed) {
        done = khach_index_create_indexes(cache->db, "base_customers");
        if (done == KHACH_INDEX_OK)
            done = khach_index_rebuild(cache->index);
        status = khach__cache_index_failure(cache, done, error);
    }
    if (status != KHACH_OK)
        return status;

    sync->is_search_indexed = true;
    sync->phase = KHACH_PHASE_COMPLETE;
    return KHACH_OK;
}

khach_status khach__cache_restart(khach_cache *cache, khach_error **error)
{
    static const char sql[] = "UPDATE sync_state SET cursor = x'', epoch = epoch + 1,"
                              " phase = min(phase, 1), seq = 0, head_seq = 0,"
                              " full_resyncs_count = full_resyncs_count + (customers_count > 0)";
    khach_status status = khach__lead_take(cache, error);

    if (status == KHACH_OK)
        status = khach__lead_begin(cache, error);
    if (status == KHACH_OK) {
        status = khach__cache_run(cache, sql, error);
        if (status == KHACH_OK)
            status = khach__cache_step(cache, "COMMIT", error);
        if (status != KHACH_OK)
            khach__cache_rollback(cache);
        khach__cache_unlock(cache);
    }
    khach__lead_leave(cache);
    return status;
}

void khach__cache_note(khach_cache *cache, khach_status status)
{
    static const char sql[] = "UPDATE sync_state SET last_status = %d WHERE last_status <> %d";
    char text[sizeof(sql) + 32];

    /* Who does not lead has nothing to say of the sync, and who waited waits no second time. */
    if (status == KHACH_E_CACHE_LOCKED || khach__lead_begin(cache, NULL) != KHACH_OK)
        return;
    (void)sqlite3_snprintf((int)sizeof(text), text, sql, (int)status, (int)status);
    (void)sqlite3_exec(cache->db, text, NULL, NULL, NULL);
    if (sqlite3_exec(cache->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        khach__cache_rollback(cache);
    khach__cache_unlock(cache);
}
