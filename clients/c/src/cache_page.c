/* A page of changes with its cursor, or records that mend, as one transaction. */

#include "cache_since.h"
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

static khach_status apply_page_of_changes(khach_apply *page, const khach_sync_page *bytes)
{
    khach_cache_sync written;
    khach_status status = khach__since_begin(page, bytes->read_at_ms);

    if (status == KHACH_OK)
        status = khach__apply_changes(page, bytes);
    if (status != KHACH_OK)
        return status;
    if (page->sync.phase == KHACH_PHASE_EMPTY)
        page->sync.phase = KHACH_PHASE_SNAPSHOT;
    if (!bytes->has_more && page->sync.phase == KHACH_PHASE_SNAPSHOT)
        status = khach__cache_snapshot_finish(page->cache, &page->sync, page->error);
    if (status != KHACH_OK)
        return status;

    page->sync.seq = bytes->seq;
    page->sync.head_seq = bytes->head_seq;
    if (!bytes->has_more)
        page->sync.as_of_ms = bytes->read_at_ms;
    status = khach__overlay_settle(page);
    if (status == KHACH_OK && !bytes->has_more)
        status = khach__since_complete(page);
    if (status != KHACH_OK)
        return status;
    page->sync.last_status = KHACH_OK;
    /* Some deletions are not told: a comparison is owed, whatever becomes of this process. */
    if (!bytes->has_more && page->sync.repairing == KHACH_REPAIRING_CATCHING_UP)
        page->sync.repairing = KHACH_REPAIRING_NOT;
    if (bytes->tombstone_horizon != 0)
        page->sync.repairing = KHACH_REPAIRING_COMPARING;
    written = page->sync;
    written.cursor = (khach_bytes){(uint8_t *)(uintptr_t)bytes->cursor, bytes->cursor_bytes};
    status = khach__push_note_generation(page->cache, &written.cursor, page->error);
    if (status != KHACH_OK)
        return status;
    return khach__cache_sync_write(page->cache, &written, page->error);
}

static void report(
    khach_sync_progress *progress, const khach_apply *page, const khach_sync_page *bytes)
{
    progress->has_more = bytes->has_more;
    progress->phase = page->sync.phase;
    progress->upserts_count = page->upserts_count;
    progress->tombstones_count = page->tombstones_count;
    progress->page_bytes = bytes->bytes_count;
    progress->seq = page->sync.seq;
    progress->head_seq = page->sync.head_seq;
    progress->customers_count = page->sync.customers_count;
    progress->customers_estimate = bytes->customers_estimate;
}

khach_status khach__cache_apply(khach_cache *cache, const khach_sync_page *page,
    const khach_bytes *asked, khach_sync_progress *progress, khach_error **error)
{
    khach_apply work = {.cache = cache, .error = error};
    khach_sync_page dropped = *page;
    khach_status status = khach__lead_begin(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_sync_read(cache, &work.sync, error);

    if (status == KHACH_OK && work.sync.cursor.count == asked->count
        && memcmp(work.sync.cursor.bytes, asked->bytes, asked->count) == 0) {
        status = apply_page_of_changes(&work, page);
        report(progress, &work, page);
    } else if (status == KHACH_OK) {
        /* Another process has applied a page in the meantime: go on from its cursor. */
        dropped.has_more = true;
        report(progress, &work, &dropped);
    }

    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    else if (work.sync.has_erased)
        (void)khach__cache_empty_log(cache);
    else
        khach__cache_checkpoint(cache, !progress->has_more && !cache->is_live);
    khach__cache_unlock(cache);
    free(work.sync.cursor.bytes);
    return status;
}

khach_status khach__cache_mend(
    khach_cache *cache, const khach_action *action, khach_error **error)
{
    khach_apply work = {.cache = cache, .is_forced = true, .error = error};
    khach_status status = khach__lead_begin(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_sync_read(cache, &work.sync, error);
    work.sync.is_reindex_due = work.sync.is_reindex_due || action->has_damage;
    work.is_noting = work.sync.phase == KHACH_PHASE_COMPLETE;
    if (status == KHACH_OK)
        status = khach__apply_changes(&work, action->page);
    for (size_t i = 0; i < action->dropped_count && status == KHACH_OK; i++)
        status = khach__apply_remove(&work, action->dropped[i], INT64_MAX);
    work.sync.repairing = KHACH_REPAIRING_COMPARING;
    work.sync.repaired_rows_count += work.upserts_count + action->dropped_count;
    if (status == KHACH_OK)
        status = khach__cache_sync_write(cache, &work.sync, error);

    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    else
        khach__cache_checkpoint(cache, false);
    khach__cache_unlock(cache);
    free(work.sync.cursor.bytes);
    return status;
}
