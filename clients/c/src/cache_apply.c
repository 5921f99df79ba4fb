/* Changes into rows. */

#include "cache_quarantine.h"
#include "cache_since.h"
#include "outbox.h"

#include "khach_text.h"

#include "khach/v1/sync.pb-c.h"

#include <stdlib.h>
#include <string.h>

static const char *const write_sql[KHACH_WRITE_COUNT] = {
    [KHACH_WRITE_INSERT] =
        "INSERT INTO base_customers(id, page_id, traits, created_at, first_recorded_at,"
        " first_inbound_at, last_inbound_at, name_folded, record, seq, epoch)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
    [KHACH_WRITE_FIND] = "SELECT seq, epoch, record FROM base_customers WHERE id = ?1",
    [KHACH_WRITE_UPDATE] =
        "UPDATE base_customers SET page_id = ?2, traits = ?3, created_at = ?4,"
        " first_recorded_at = ?5, first_inbound_at = ?6, last_inbound_at = ?7, name_folded = ?8,"
        " record = ?9, seq = ?10, epoch = ?11 WHERE id = ?1",
    /* An index is rewritten when its columns are named. */
    [KHACH_WRITE_TOUCH] = "UPDATE base_customers SET last_inbound_at = ?7, record = ?9,"
                          " seq = ?10, epoch = ?11 WHERE id = ?1",
    [KHACH_WRITE_DELETE] = "DELETE FROM base_customers WHERE id = ?1",
    [KHACH_WRITE_BUSINESS] =
        "INSERT INTO base_business(one, seq, record) VALUES (1, ?1, ?2)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq, record = excluded.record",
    [KHACH_WRITE_PAGE] =
        "INSERT INTO base_pages(page, seq, epoch, record) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch,"
        " record = excluded.record WHERE excluded.seq > seq OR excluded.epoch <> epoch",
};

static khach_status write_open(khach_apply *page, khach_cache_write write, sqlite3_stmt **out)
{
    sqlite3_stmt **kept = &page->cache->writes[write];
    khach_status status = KHACH_OK;

    if (*kept == NULL && sqlite3_prepare_v3(page->cache->db, write_sql[write], -1,
            SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
        status = khach__cache_failure(page->cache, page->error);
    *out = *kept;
    return status;
}

/* Runs a bound statement that gives no rows. */
static khach_status write_run(khach_apply *page, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    khach_status status =
        result == SQLITE_DONE ? KHACH_OK : khach__cache_failure(page->cache, page->error);

    (void)sqlite3_reset(statement);
    return status;
}

static khach_status broken(khach_apply *page, const char *expected, const char *found)
{
    return khach__error_set(
        page->error, KHACH_E_PROTOCOL, "%s expected in a change, %s found", expected, found);
}

/* --- customers --- */

/* What is known of a customer's row before a change. */
typedef struct row_before {
    bool is_found;
    bool is_newer; /* than the change: leave it */
    bool is_damaged; /* nothing can be said of it */
    uint8_t *record; /* yours: what `cache->before` was read from */
} row_before;

/* Looks at the row before a change. */
static khach_status find_row(khach_apply *page, row_before *before, int64_t customer, uint64_t seq)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = write_open(page, KHACH_WRITE_FIND, &statement);
    int result;

    *before = (row_before){0};
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, customer);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        size_t bytes = (size_t)sqlite3_column_bytes(statement, 2);

        before->is_found = true;
        before->is_newer = !page->is_forced
            && sqlite3_column_int64(statement, 1) == page->sync.epoch
            && sqlite3_column_int64(statement, 0) >= (int64_t)seq;
        /* Replaced by the same state of itself: it was damaged. */
        if (page->is_forced && sqlite3_column_int64(statement, 0) == (int64_t)seq)
            page->sync.is_reindex_due = true;
        before->record = malloc(bytes + 1);
        if (before->record == NULL) {
            status = khach__error_set(page->error, KHACH_E_MEMORY, "no memory for a row");
        } else {
            if (bytes > 0)
                memcpy(before->record, sqlite3_column_blob(statement, 2), bytes);
            khach_index_status done =
                khach_index_customer_read(&page->cache->before, before->record, bytes);

            before->is_damaged = page->is_forced && done == KHACH_INDEX_CORRUPT;
            page->sync.is_reindex_due = page->sync.is_reindex_due || before->is_damaged;
            if (!before->is_damaged)
                status = khach__cache_index_failure(page->cache, done, page->error);
        }
    } else if (result != SQLITE_DONE) {
        status = khach__cache_failure(page->cache, page->error);
    }
    (void)sqlite3_reset(statement);
    return status;
}

void khach__cache_bind_row(sqlite3_stmt *statement, const khach_index_customer *customer,
    const char *folded, size_t folded_bytes, const uint8_t *record, size_t record_bytes)
{
    (void)sqlite3_bind_int64(statement, 1, customer->id);
    (void)sqlite3_bind_int64(statement, 2, customer->page_id);
    (void)sqlite3_bind_int64(statement, 3, customer->traits);
    (void)sqlite3_bind_int64(statement, 4, customer->created_at);
    (void)sqlite3_bind_int64(statement, 5, customer->first_recorded_at);
    (void)sqlite3_bind_int64(statement, 6, customer->first_inbound_at);
    (void)sqlite3_bind_int64(statement, 7, customer->last_inbound_at);
    (void)sqlite3_bind_text(statement, 8, folded, (int)folded_bytes, SQLITE_STATIC);
    (void)sqlite3_bind_blob64(statement, 9, record, record_bytes, SQLITE_STATIC);
}

static khach_status write_change(khach_apply *page, khach_cache_write write,
    const khach_change *change, const char *folded, size_t folded_bytes)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = write_open(page, write, &statement);

    if (status != KHACH_OK)
        return status;
    khach__cache_bind_row(statement, &page->cache->after, folded, folded_bytes, change->bytes,
        change->bytes_count);
    (void)sqlite3_bind_int64(statement, 10, (int64_t)change->seq);
    (void)sqlite3_bind_int64(statement, 11, page->sync.epoch);
    return write_run(page, statement);
}

/* Whether what is derived of rows is kept with each of them. */
static bool is_indexed(const khach_apply *page)
{
    return page->sync.is_search_indexed && !page->sync.is_reindex_due;
}

/* The row has the customer's base now: the edits that wait are shown over it again. */
static khach_status show_edits(khach_apply *page, int64_t customer)
{
    khach_status status = khach__overlay_forget(page, customer);

    return status != KHACH_OK ? status : khach__overlay_refresh(page, customer);
}

/* Inserts or replaces the row, and what is derived of it once that is there. */
static khach_status write_row(
    khach_apply *page, const khach_change *change, const char *folded, size_t folded_bytes)
{
    khach_cache *cache = page->cache;
    row_before before = {0};
    khach_status status =
        write_change(page, KHACH_WRITE_INSERT, change, folded, folded_bytes);

    if (status != KHACH_OK)
        return status;
    if (sqlite3_changes(cache->db) == 1) {
        page->sync.customers_count++;
    } else {
        status = find_row(page, &before, cache->after.id, change->seq);
        if (status == KHACH_OK && !before.is_newer)
            status = write_change(page,
                page->is_forced || khach_index_customer_moved(&cache->before, &cache->after)
                    ? KHACH_WRITE_UPDATE
                    : KHACH_WRITE_TOUCH,
                change, folded, folded_bytes);
    }
    if (status == KHACH_OK && !before.is_newer && is_indexed(page))
        status = khach__cache_index_failure(cache,
            khach_index_put(
                cache->index, before.is_found ? &cache->before : NULL, &cache->after),
            page->error);
    if (status == KHACH_OK && !before.is_newer && !before.is_damaged)
        status = khach__since_note(page, cache->after.id,
            before.is_found ? (int64_t)cache->before.traits : KHACH_SINCE_NOBODY);
    free(before.record);
    if (status != KHACH_OK || before.is_newer)
        return status;
    page->upserts_count++;
    return page->has_overlays ? show_edits(page, cache->after.id) : KHACH_OK;
}

static khach_status apply_customer(khach_apply *page, const khach_change *change)
{
    khach_index_customer *customer = &page->cache->after;
    char *folded = NULL;
    size_t folded_bytes = 0;
    khach_status status;

    switch (khach_index_customer_read(customer, change->bytes, change->bytes_count)) {
    case KHACH_INDEX_OK:
        break;
    case KHACH_INDEX_MEMORY:
        return khach__error_set(page->error, KHACH_E_MEMORY, "no memory for a customer");
    default:
        return khach__quarantine_put(page, change, "a customer with its identifiers");
    }
    if (page->has_quarantine) {
        status = khach__quarantine_clear(page, customer->id, change->seq);
        if (status != KHACH_OK)
            return status;
    }
    if (khach_text_fold(&folded, &folded_bytes, customer->name, customer->name_bytes) != 0)
        return khach__error_set(page->error, KHACH_E_MEMORY, "no memory to fold a name");

    status = write_row(page, change, folded, folded_bytes);
    khach_text_free(folded);
    return status;
}

/* Takes out a customer, unless its row is newer than `seq`. */
khach_status khach__apply_remove(khach_apply *page, int64_t customer, uint64_t seq)
{
    sqlite3_stmt *statement = NULL;
    row_before before;
    khach_status status;

    page->sync.has_erased = true;
    if (page->has_quarantine) {
        status = khach__quarantine_clear(page, customer, seq);
        if (status != KHACH_OK)
            return status;
    }
    status = find_row(page, &before, customer, seq);
    if (status == KHACH_OK && before.is_found && !before.is_newer && is_indexed(page))
        status = khach__cache_index_failure(page->cache,
            khach_index_put(page->cache->index, &page->cache->before, NULL), page->error);
    free(before.record);
    if (status == KHACH_OK && before.is_found && !before.is_newer && !before.is_damaged)
        status = khach__since_note(page, customer, page->cache->before.traits);
    if (status != KHACH_OK || !before.is_found || before.is_newer)
        return status;
    status = write_open(page, KHACH_WRITE_DELETE, &statement);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, customer);
    page->sync.customers_count--;
    status = write_run(page, statement);
    return status != KHACH_OK ? status : khach__overlay_forget(page, customer);
}

static khach_status apply_tombstone(khach_apply *page, const khach_change *change)
{
    Khach__V1__Tombstone *record = khach__v1__tombstone__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    int64_t customer;
    int64_t survivor;
    khach_status status;

    if (record == NULL)
        return khach__quarantine_put(page, change, "a tombstone");
    customer = khach__record_number('c', record->customer_id);
    if (customer < 0)
        return khach__quarantine_put(page, change, "the identifier of a tombstone");
    page->tombstones_count++;
    status = khach__apply_remove(page, customer, change->seq);
    if (status != KHACH_OK)
        return status;
    survivor = khach__record_number('c', record->redirect_to);
    if (survivor >= 0)
        return khach__overlay_retarget(page, customer, survivor);
    return record->reason == KHACH__V1__TOMBSTONE__REASON__ERASED
        ? khach__overlay_erase(page, customer)
        : KHACH_OK;
}

/* --- the business and its pages --- */

static khach_status apply_business(khach_apply *page, const khach_change *change)
{
    Khach__V1__Business *record = khach__v1__business__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    sqlite3_stmt *statement = NULL;
    khach_status status;

    if (record == NULL)
        return khach__quarantine_put(page, change, "a business");
    if (strcmp(record->id, page->cache->business_id) != 0)
        return broken(page, "the business of the cache", "another");
    status = write_open(page, KHACH_WRITE_BUSINESS, &statement);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, (int64_t)change->seq);
    (void)sqlite3_bind_blob64(statement, 2, change->bytes, change->bytes_count, SQLITE_STATIC);
    return write_run(page, statement);
}

static khach_status apply_page(khach_apply *page, const khach_change *change)
{
    Khach__V1__Page *record = khach__v1__page__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    sqlite3_stmt *statement = NULL;
    khach_status status;

    if (record == NULL || khach__record_number('p', record->id) < 0)
        return khach__quarantine_put(page, change, "a page");
    if (strcmp(record->business_id, page->cache->business_id) != 0)
        return broken(page, "a page of the business", "one of another");
    status = write_open(page, KHACH_WRITE_PAGE, &statement);
    if (status != KHACH_OK)
        return status;
    if (page->is_forced) {
        char drop[64];

        (void)sqlite3_snprintf((int)sizeof(drop), drop, "DELETE FROM base_pages WHERE page = %lld",
            (long long)khach__record_number('p', record->id));
        status = khach__cache_run(page->cache, drop, page->error);
        if (status != KHACH_OK)
            return status;
    }
    (void)sqlite3_bind_int64(statement, 1, khach__record_number('p', record->id));
    (void)sqlite3_bind_int64(statement, 2, (int64_t)change->seq);
    (void)sqlite3_bind_int64(statement, 3, page->sync.epoch);
    (void)sqlite3_bind_blob64(statement, 4, change->bytes, change->bytes_count, SQLITE_STATIC);
    return write_run(page, statement);
}

khach_status khach__apply_change(
    khach_apply *page, const khach_change *change, bool may_be_broken)
{
    khach__arena_clear(&page->cache->arena);
    if (may_be_broken && !khach__sync_change_is_whole(change))
        return khach__quarantine_put(page, change, "a record within its bounds, in UTF-8");
    switch (change->kind) {
    case KHACH_CHANGE_BUSINESS:
        return apply_business(page, change);
    case KHACH_CHANGE_PAGE:
        return apply_page(page, change);
    case KHACH_CHANGE_CUSTOMER:
        return apply_customer(page, change);
    case KHACH_CHANGE_TOMBSTONE:
        return apply_tombstone(page, change);
    case KHACH_CHANGE_NONE:
        break;
    }
    return KHACH_OK;
}

khach_status khach__apply_changes(khach_apply *page, const khach_sync_page *bytes)
{
    khach_wire wire = khach__wire_open(bytes->bytes, bytes->bytes_count);
    khach_change change;
    uint64_t aside = 0;
    khach_status status = khach__quarantine_count(page->cache, &aside, page->error);

    page->has_quarantine = aside + bytes->broken_count > 0;
    if (status == KHACH_OK)
        status = khach__overlay_is_used(page->cache, &page->has_overlays, page->error);
    while (status == KHACH_OK && khach__sync_change_next(&wire, &change))
        status = khach__apply_change(page, &change, bytes->broken_count > 0);
    return status;
}
