/* The ends of a repair: pages that go, the cursor that is taken, what is derived, the report. */

#include "outbox.h"

#include <stdlib.h>
#include <string.h>

/* Runs `write` under the lock in a transaction, with the state of the sync in hand. */
typedef khach_status (*change)(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error);

static khach_status change_cache(
    khach_cache *cache, change write, const void *what, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__lead_begin(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_sync_read(cache, &sync, error);
    if (status == KHACH_OK)
        status = write(cache, &sync, what, error);
    if (status == KHACH_OK)
        status = khach__cache_sync_write(cache, &sync, error);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    else if (sync.has_erased)
        (void)khach__cache_empty_log(cache);
    else
        khach__cache_checkpoint(cache, false);
    khach__cache_unlock(cache);
    free(sync.cursor.bytes);
    return status;
}

/* Makes anew what is derived of rows and differs from them. */
static khach_status mend_derived(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error)
{
    /* Before the end of a first pass nothing is derived. */
    khach_index_status done = sync->is_search_indexed ? khach_index_mend(cache->index, NULL)
                                                      : khach_index_clear(cache->index);

    (void)what;
    sync->is_reindex_due = false;
    return khach__cache_index_failure(cache, done, error);
}

/* Whether there is anything to mend, as a reader sees it: nobody is kept from writing meanwhile. */
static khach_status look_at_derived(khach_cache *cache, bool *is_due, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_index_mended found = {0};
    khach_status status = khach__cache_step(cache, "BEGIN", error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_sync_read(cache, &sync, error);
    *is_due = sync.is_reindex_due || !sync.is_search_indexed;
    if (status == KHACH_OK && !*is_due) {
        status = khach__cache_index_failure(
            cache, khach_index_check(cache->index, &found), error);
        *is_due = found.parts_count > 0 || found.has_counts;
    }
    khach__cache_rollback(cache);
    free(sync.cursor.bytes);
    return status;
}

/* What cannot be mended now is, once a repair has compared. */
static khach_status put_off(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error)
{
    (void)cache;
    (void)what;
    (void)error;
    sync->is_reindex_due = true;
    sync->repairing = KHACH_REPAIRING_COMPARING;
    return KHACH_OK;
}

khach_status khach__cache_mend_derived(khach_cache *cache, khach_error **error)
{
    khach_error *damage = NULL;
    bool is_due = false;
    khach_status status = look_at_derived(cache, &is_due, &damage);

    if (status == KHACH_OK && is_due)
        status = change_cache(cache, mend_derived, NULL, &damage);
    if (status != KHACH_E_CACHE_CORRUPT) {
        if (error != NULL)
            *error = damage;
        else
            khach_error_free(damage);
        return status;
    }
    khach_error_free(damage);
    return change_cache(cache, put_off, NULL, error);
}

static khach_status count_customers(
    khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    sqlite3_stmt *count = NULL;
    khach_status status =
        khach__cache_prepare(cache, &count, "SELECT count(*) FROM base_customers", error);

    if (status == KHACH_OK && sqlite3_step(count) == SQLITE_ROW)
        sync->customers_count = (uint64_t)sqlite3_column_int64(count, 0);
    else if (status == KHACH_OK)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, count);
    return status;
}

typedef struct dropped_page {
    int64_t page;
    bool is_out_of_scope;
} dropped_page;

static khach_status drop_page(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error)
{
    const dropped_page *dropped = what;
    char sql[640];
    khach_status status;

    (void)sqlite3_snprintf((int)sizeof(sql), sql,
        "INSERT INTO since SELECT id, traits, %d FROM base_customers WHERE page_id = %lld"
        "  ON CONFLICT DO UPDATE SET is_out_of_scope = excluded.is_out_of_scope;"
        "DELETE FROM base_customers WHERE page_id = %lld; DELETE FROM base_pages WHERE page = %lld;"
        "DELETE FROM quarantine WHERE page = %lld;"
        "DELETE FROM overlays WHERE id NOT IN (SELECT id FROM base_customers)",
        dropped->is_out_of_scope, (long long)dropped->page, (long long)dropped->page,
        (long long)dropped->page, (long long)dropped->page);
    status = khach__cache_run(cache, sql, error);
    if (status == KHACH_OK)
        status = count_customers(cache, sync, error);
    sync->repairing = KHACH_REPAIRING_COMPARING;
    sync->is_reindex_due = true;
    sync->has_erased = true;
    return status;
}

khach_status khach__cache_drop_page(
    khach_cache *cache, int64_t page, bool is_out_of_scope, khach_error **error)
{
    const dropped_page dropped = {page, is_out_of_scope};

    return change_cache(cache, drop_page, &dropped, error);
}

static khach_status settle(khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    khach_apply work = {.cache = cache, .sync = *sync, .error = error};
    khach_status status = khach__overlay_settle(&work);

    *sync = work.sync;
    return status;
}

typedef struct adopted {
    const khach_bytes *cursor;
    uint64_t seq;
} adopted;

static khach_status adopt(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error)
{
    const adopted *to = what;
    uint8_t *cursor = malloc(to->cursor->count + 1);
    khach_status status = KHACH_OK;

    if (cursor == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a cursor");
    if (to->cursor->count > 0)
        memcpy(cursor, to->cursor->bytes, to->cursor->count);
    free(sync->cursor.bytes);
    sync->cursor = (khach_bytes){cursor, to->cursor->count};
    sync->seq = to->seq;
    sync->head_seq = to->seq;
    if (to->cursor->count == 0) {
        sync->epoch++;
        sync->phase = KHACH_PHASE_EMPTY;
    } else if (sync->phase != KHACH_PHASE_COMPLETE) {
        /* Everything is there, if not by the way that it began. */
        status = khach__cache_snapshot_complete(cache, sync, error);
    }
    if (status == KHACH_OK)
        status = settle(cache, sync, error);
    if (status == KHACH_OK && sync->phase == KHACH_PHASE_COMPLETE)
        status = khach__overlay_lose(cache, error);
    /* What a server that was restored has lost of the outbox is sent again (sync.md N3). */
    if (status == KHACH_OK)
        status = khach__push_note_generation(cache, to->cursor, error);
    if (status == KHACH_OK && sync->is_reindex_due)
        status = mend_derived(cache, sync, NULL, error);
    sync->repairing =
        to->cursor->count == 0 ? KHACH_REPAIRING_NOT : KHACH_REPAIRING_CATCHING_UP;
    return status;
}

khach_status khach__cache_adopt(
    khach_cache *cache, const khach_bytes *cursor, uint64_t seq, khach_error **error)
{
    adopted to = {cursor, seq};

    return change_cache(cache, adopt, &to, error);
}

static khach_status note(
    khach_cache *cache, khach_cache_sync *sync, const void *what, khach_error **error)
{
    const khach_engine_report *report = what;

    (void)cache;
    (void)error;
    sync->is_unverified = report->is_unverified;
    if (report->fetched_count + report->dropped_count > 0) {
        sync->repairs_count++;
        sync->last_cause = (int32_t)report->cause;
    }
    if (report->is_equal && !report->is_unverified) {
        sync->verified_at_ms = report->compared_at_ms;
        sync->verified_seq = sync->seq;
    }
    return KHACH_OK;
}

khach_status khach__cache_note_report(
    khach_cache *cache, const khach_engine_report *report, khach_error **error)
{
    return change_cache(cache, note, report, error);
}
