/* What the feed says of customers that show edits, and of their edits. */

#include "outbox.h"

khach_status khach__overlay_retarget(khach_apply *page, int64_t from, int64_t to)
{
    khach_status status = khach__outbox_run(
        page->cache, "UPDATE outbox SET target = ?2 WHERE target = ?1", from, to, page->error);

    return status != KHACH_OK ? status : khach__overlay_refresh(page, to);
}

khach_status khach__overlay_erase(khach_apply *page, int64_t customer)
{
    /* What was never sent is taken back. What was sent has to be sent again as it was, until its
     * outcome is known; then it goes too (khach__push_answered). */
    khach_status status = khach__outbox_run(page->cache,
        "UPDATE outbox SET shown = 0, is_erased = 1 WHERE target = ?1", customer, 0, page->error);

    return status != KHACH_OK ? status
                              : khach__outbox_run(page->cache, KHACH_OUTBOX_CLEAR_ERASED, customer,
                                    0, page->error);
}

khach_status khach__overlay_lose(khach_cache *cache, khach_error **error)
{
    return khach__cache_step(cache,
        "UPDATE outbox SET payload = x'', outcome = x'', is_erased = 1 WHERE state > 2"
        " AND is_erased = 0 AND target NOT IN (SELECT id FROM base_customers)",
        error);
}

khach_status khach__overlay_settle(khach_apply *page)
{
    khach_cache *cache = page->cache;
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT target FROM outbox WHERE shown = 2 AND seq <= ?1 ORDER BY seq LIMIT 1",
        page->error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK)
        (void)sqlite3_bind_int64(row, 1, (int64_t)page->sync.seq);
    /* One customer at a time: what is read changes with each. */
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t target = sqlite3_column_int64(row, 0);

        (void)sqlite3_reset(row);
        status = khach__outbox_run(cache,
            "UPDATE outbox SET shown = 0 WHERE target = ?1 AND shown = 2 AND seq <= ?2", target,
            (int64_t)page->sync.seq, page->error);
        if (status == KHACH_OK)
            status = khach__overlay_refresh(page, target);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, page->error);
    khach__cache_done(cache, row);
    return status;
}
