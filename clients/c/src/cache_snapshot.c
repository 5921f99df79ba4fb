/* The ends of a snapshot: its finish, and the beginning of another. */

#include "cache.h"

/* Drops what an earlier snapshot had and this one has not. */
static khach_status sweep(khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    static const char sql[] =
        "DELETE FROM name_tokens WHERE customer IN (SELECT customer FROM base_customers"
        " WHERE epoch <> (SELECT epoch FROM sync_state));"
        "DELETE FROM base_customers WHERE epoch <> (SELECT epoch FROM sync_state);"
        "DELETE FROM base_pages WHERE epoch <> (SELECT epoch FROM sync_state);";
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_run(cache, sql, error);

    if (status == KHACH_OK)
        status = khach__cache_prepare(
            cache, &statement, "SELECT count(*) FROM base_customers", error);
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(statement) == SQLITE_ROW)
        sync->customers_count = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        status = khach__cache_failure(cache, error);
    (void)sqlite3_finalize(statement);
    return status;
}

khach_status khach__cache_snapshot_finish(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    /* The sort keeps the inserts in key order: the tree is written once, from left to right. A
     * folded name has letters, digits and spaces alone, so that it makes JSON as it stands. */
    static const char index[] =
        "INSERT OR IGNORE INTO name_tokens(token, customer, name_folded, last_inbound_at_ms)"
        " SELECT token.value, customer, name_folded, last_inbound_at_ms FROM base_customers,"
        "  json_each('[\"' || replace(name_folded, ' ', '\",\"') || '\"]') AS token"
        " WHERE name_folded <> '' ORDER BY 1, 2 DESC";
    khach_status status = KHACH_OK;

    if (sync->epoch > 1)
        status = sweep(cache, sync, error);
    if (status == KHACH_OK && !sync->is_search_indexed)
        status = khach__cache_run(cache, index, error);
    if (status != KHACH_OK)
        return status;

    sync->is_search_indexed = true;
    sync->phase = KHACH_PHASE_COMPLETE;
    return KHACH_OK;
}

khach_status khach__cache_restart(khach_cache *cache, khach_error **error)
{
    static const char sql[] = "UPDATE sync_state SET cursor = x'', epoch = epoch + 1,"
                              " phase = min(phase, 1), seq = 0, head_seq = 0";
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_run(cache, sql, error);
    khach__cache_unlock(cache);
    return status;
}

void khach__cache_note(khach_cache *cache, khach_status status)
{
    static const char sql[] = "UPDATE sync_state SET last_status = %d WHERE last_status <> %d";
    char text[sizeof(sql) + 32];

    if (khach__cache_lock(cache, NULL) != KHACH_OK)
        return;
    (void)sqlite3_snprintf((int)sizeof(text), text, sql, (int)status, (int)status);
    (void)sqlite3_exec(cache->db, text, NULL, NULL, NULL);
    khach__cache_unlock(cache);
}
