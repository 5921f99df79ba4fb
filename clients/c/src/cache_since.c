#include "cache_since.h"

/* Runs SQL with two numbers. */
static khach_status run(khach_apply *page, const char *sql, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(page->cache, &statement, sql, page->error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, first);
    (void)sqlite3_bind_int64(statement, 2, second);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = khach__cache_failure(page->cache, page->error);
    khach__cache_done(page->cache, statement);
    return status;
}

static khach_status begin_anew(khach_apply *page)
{
    khach_status status = khach__cache_step(page->cache, "DELETE FROM since", page->error);

    return status != KHACH_OK ? status
                              : run(page, "UPDATE since_mark SET seq = ?1, as_of_ms = ?2",
                                    (int64_t)page->sync.seq, page->sync.as_of_ms);
}

khach_status khach__since_begin(khach_apply *page, int64_t read_at_ms)
{
    sqlite3_stmt *row = NULL;
    khach_status status;
    bool is_marked = false;

    page->is_noting = page->sync.phase == KHACH_PHASE_COMPLETE;
    if (!page->is_noting || read_at_ms - page->sync.as_of_ms <= KHACH_SINCE_AWAY_MS)
        return KHACH_OK;
    /* What comes back may take many pages, and is one return. */
    status = khach__cache_prepare(
        page->cache, &row, "SELECT as_of_ms FROM since_mark", page->error);
    if (status == KHACH_OK && sqlite3_step(row) == SQLITE_ROW)
        is_marked = sqlite3_column_int64(row, 0) == page->sync.as_of_ms;
    else if (status == KHACH_OK)
        status = khach__cache_failure(page->cache, page->error);
    khach__cache_done(page->cache, row);
    return status != KHACH_OK || is_marked ? status : begin_anew(page);
}

khach_status khach__since_complete(khach_apply *page)
{
    return page->is_noting ? KHACH_OK : begin_anew(page);
}

khach_status khach__since_note(khach_apply *page, int64_t customer, int64_t traits)
{
    sqlite3_stmt *insert = NULL;
    khach_status status = KHACH_OK;

    if (!page->is_noting)
        return KHACH_OK;
    status = khach__cache_prepare(page->cache, &insert,
        "INSERT INTO since(customer, traits) VALUES (?1, ?2)"
        " ON CONFLICT DO UPDATE SET is_out_of_scope = 0",
        page->error);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(insert, 1, customer);
    (void)sqlite3_bind_int64(insert, 2, traits);
    if (sqlite3_step(insert) != SQLITE_DONE)
        status = khach__cache_failure(page->cache, page->error);
    khach__cache_done(page->cache, insert);
    return status;
}

khach_status khach__since_read(khach_cache *cache, khach_difference *out, khach_error **error)
{
    /* Traits before and now; NULL now: gone. */
    static const char sql[] =
        "SELECT since.traits, base_customers.traits, is_out_of_scope FROM since"
        " LEFT JOIN base_customers ON base_customers.id = since.customer";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_check(cache, error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row, "SELECT seq, as_of_ms FROM since_mark", error);
    if (khach__cache_has_row(cache, row, &status, error)) {
        out->since_seq = (uint64_t)sqlite3_column_int64(row, 0);
        out->since_ms = sqlite3_column_int64(row, 1);
    }
    khach__cache_done(cache, row);
    row = NULL;
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row, sql, error);
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        bool was_there = sqlite3_column_int64(row, 0) != KHACH_SINCE_NOBODY;
        bool is_there = sqlite3_column_type(row, 1) != SQLITE_NULL;
        int64_t before = sqlite3_column_int64(row, 0);
        int64_t now = sqlite3_column_int64(row, 1);

        out->new_count += !was_there && is_there;
        out->gone_count += was_there && !is_there;
        out->out_of_scope_count +=
            was_there && !is_there && sqlite3_column_int(row, 2) != 0;
        if (!was_there || !is_there)
            continue;
        out->changed_count++;
        out->blocked_count += (now & ~before & KHACH_TRAIT_BLOCKED) != 0;
        out->unblocked_count += (before & ~now & KHACH_TRAIT_BLOCKED) != 0;
        out->got_phone_count += (now & ~before & KHACH_TRAIT_HAS_PHONE) != 0;
        out->got_email_count += (now & ~before & KHACH_TRAIT_HAS_EMAIL) != 0;
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}
