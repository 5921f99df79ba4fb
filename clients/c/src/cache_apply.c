/* Pages of changes into the cache: rows and cursor in one transaction. */

#include "cache.h"

#include "khach_text.h"

#include "khach/v1/sync.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* What one page has done so far. */
typedef struct apply {
    khach_cache *cache;
    khach_cache_sync sync;
    uint64_t upserts_count;
    uint64_t tombstones_count;
    khach_error **error;
} apply;

static const char *const write_sql[KHACH_WRITE_COUNT] = {
    [KHACH_WRITE_INSERT] = "INSERT INTO base_customers(customer, page, created_at_ms,"
                           " last_inbound_at_ms, seq, epoch, flags, name_folded, record)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
    [KHACH_WRITE_FIND] = "SELECT seq, epoch, name_folded FROM base_customers WHERE customer = ?1",
    [KHACH_WRITE_UPDATE] =
        "UPDATE base_customers SET page = ?2, created_at_ms = ?3, last_inbound_at_ms = ?4,"
        " seq = ?5, epoch = ?6, flags = ?7, name_folded = ?8, record = ?9 WHERE customer = ?1",
    [KHACH_WRITE_DELETE] = "DELETE FROM base_customers WHERE customer = ?1",
    [KHACH_WRITE_TOKEN_ADD] =
        "INSERT INTO name_tokens(token, customer, name_folded, last_inbound_at_ms)"
        " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
        " SET last_inbound_at_ms = excluded.last_inbound_at_ms"
        " WHERE last_inbound_at_ms <> excluded.last_inbound_at_ms",
    [KHACH_WRITE_TOKEN_DROP] = "DELETE FROM name_tokens WHERE token = ?1 AND customer = ?2",
    [KHACH_WRITE_BUSINESS] =
        "INSERT INTO base_business(one, seq, record) VALUES (1, ?1, ?2)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq, record = excluded.record",
    [KHACH_WRITE_PAGE] =
        "INSERT INTO base_pages(page, seq, epoch, record) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch,"
        " record = excluded.record WHERE excluded.seq > seq OR excluded.epoch <> epoch",
};

static khach_status write_open(apply *page, khach_cache_write write, sqlite3_stmt **out)
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
static khach_status write_run(apply *page, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    khach_status status =
        result == SQLITE_DONE ? KHACH_OK : khach__cache_failure(page->cache, page->error);

    (void)sqlite3_reset(statement);
    return status;
}

static khach_status broken(apply *page, const char *expected, const char *found)
{
    return khach__error_set(
        page->error, KHACH_E_PROTOCOL, "%s expected in a change, %s found", expected, found);
}

/* --- names --- */

/* Adds or drops the tokens of a name; `last_inbound_at_ms` is for adding. */
static khach_status write_tokens(apply *page, khach_cache_write write, int64_t customer,
    const char *folded, size_t bytes, int64_t last_inbound_at_ms)
{
    for (size_t at = 0; at < bytes;) {
        const char *space = memchr(folded + at, ' ', bytes - at);
        size_t count = space == NULL ? bytes - at : (size_t)(space - (folded + at));
        sqlite3_stmt *statement = NULL;
        khach_status status = write_open(page, write, &statement);

        if (status != KHACH_OK)
            return status;
        (void)sqlite3_bind_text(statement, 1, folded + at, (int)count, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 2, customer);
        if (write == KHACH_WRITE_TOKEN_ADD) {
            (void)sqlite3_bind_text(statement, 3, folded, (int)bytes, SQLITE_STATIC);
            (void)sqlite3_bind_int64(statement, 4, last_inbound_at_ms);
        }
        status = write_run(page, statement);
        if (status != KHACH_OK)
            return status;
        at += count + 1;
    }
    return KHACH_OK;
}

/* --- customers --- */

static int row_flags(const Khach__V1__Customer *record)
{
    int flags = (int)((unsigned)record->name_status & 0x7u) << KHACH_ROW_NAME_STATUS_SHIFT;

    for (size_t i = 0; i < record->n_phones; i++)
        flags |= record->phones[i]->rejected ? 0 : KHACH_ROW_HAS_PHONE;
    for (size_t i = 0; i < record->n_emails; i++)
        flags |= record->emails[i]->rejected ? 0 : KHACH_ROW_HAS_EMAIL;
    if (record->block != NULL
        && (record->block->state == KHACH__V1__BLOCK__STATE__BLOCKED
            || record->block->state == KHACH__V1__BLOCK__STATE__PENDING_UNBLOCK))
        flags |= KHACH_ROW_IS_BLOCKED;
    return flags;
}

/* What is known of a customer's row before a change. */
typedef struct row_before {
    bool is_found;
    bool is_newer; /* than the change: leave it */
} row_before;

/* Looks at the row before a change, and drops its tokens when the change will replace it. */
static khach_status find_row(
    apply *page, row_before *before, int64_t customer, uint64_t seq, const char *name_folded)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = write_open(page, KHACH_WRITE_FIND, &statement);
    const char *name;
    int result;

    *before = (row_before){0};
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, customer);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        before->is_found = true;
        before->is_newer = sqlite3_column_int64(statement, 1) == page->sync.epoch
            && sqlite3_column_int64(statement, 0) >= (int64_t)seq;
        name = (const char *)sqlite3_column_text(statement, 2);
        if (name == NULL)
            status = khach__cache_failure(page->cache, page->error);
        else if (!before->is_newer && page->sync.is_search_indexed
            && strcmp(name, name_folded) != 0)
            status = write_tokens(page, KHACH_WRITE_TOKEN_DROP, customer, name, strlen(name), 0);
    } else if (result != SQLITE_DONE) {
        status = khach__cache_failure(page->cache, page->error);
    }
    (void)sqlite3_reset(statement);
    return status;
}

static void bind_row(sqlite3_stmt *statement, const apply *page, const khach_change *change,
    const Khach__V1__Customer *record, const char *folded, size_t folded_bytes)
{
    (void)sqlite3_bind_int64(statement, 1, khach__record_number('c', record->id));
    (void)sqlite3_bind_int64(statement, 2, khach__record_number('p', record->page_id));
    (void)sqlite3_bind_int64(statement, 3, khach__record_ms(record->created_at));
    (void)sqlite3_bind_int64(statement, 4, khach__record_ms(record->last_inbound_at));
    (void)sqlite3_bind_int64(statement, 5, (int64_t)change->seq);
    (void)sqlite3_bind_int64(statement, 6, page->sync.epoch);
    (void)sqlite3_bind_int(statement, 7, row_flags(record));
    (void)sqlite3_bind_text(statement, 8, folded, (int)folded_bytes, SQLITE_STATIC);
    (void)sqlite3_bind_blob64(statement, 9, change->bytes, change->bytes_count, SQLITE_STATIC);
}

/* Inserts or replaces the row; tokens too once names are indexed. */
static khach_status write_row(apply *page, const khach_change *change,
    const Khach__V1__Customer *record, const char *folded, size_t folded_bytes)
{
    int64_t customer = khach__record_number('c', record->id);
    sqlite3_stmt *statement = NULL;
    row_before before;
    khach_status status = write_open(page, KHACH_WRITE_INSERT, &statement);

    if (status != KHACH_OK)
        return status;
    bind_row(statement, page, change, record, folded, folded_bytes);
    status = write_run(page, statement);
    if (status != KHACH_OK)
        return status;

    if (sqlite3_changes(page->cache->db) == 1) {
        page->sync.customers_count++;
    } else {
        status = find_row(page, &before, customer, change->seq, folded);
        if (status != KHACH_OK || before.is_newer)
            return status;
        status = write_open(page, KHACH_WRITE_UPDATE, &statement);
        if (status != KHACH_OK)
            return status;
        bind_row(statement, page, change, record, folded, folded_bytes);
        status = write_run(page, statement);
    }
    if (status == KHACH_OK && page->sync.is_search_indexed)
        status = write_tokens(page, KHACH_WRITE_TOKEN_ADD, customer, folded, folded_bytes,
            khach__record_ms(record->last_inbound_at));
    page->upserts_count++;
    return status;
}

static khach_status apply_customer(apply *page, const khach_change *change)
{
    Khach__V1__Customer *record = khach__v1__customer__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    char *folded = NULL;
    size_t folded_bytes = 0;
    khach_status status;

    if (record == NULL)
        return broken(page, "a customer", "other bytes");
    if (khach__record_number('c', record->id) < 0 || khach__record_number('p', record->page_id) < 0)
        return broken(page, "identifiers of a customer", "none");
    if (khach_text_fold(&folded, &folded_bytes, record->name, strlen(record->name)) != 0)
        return khach__error_set(page->error, KHACH_E_MEMORY, "no memory to fold a name");

    status = write_row(page, change, record, folded, folded_bytes);
    khach_text_free(folded);
    return status;
}

static khach_status apply_tombstone(apply *page, const khach_change *change)
{
    Khach__V1__Tombstone *record = khach__v1__tombstone__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    sqlite3_stmt *statement = NULL;
    row_before before;
    int64_t customer;
    khach_status status;

    if (record == NULL)
        return broken(page, "a tombstone", "other bytes");
    customer = khach__record_number('c', record->customer_id);
    if (customer < 0)
        return broken(page, "the identifier of a tombstone", "none");

    page->tombstones_count++;
    status = find_row(page, &before, customer, change->seq, "");
    if (status != KHACH_OK || !before.is_found || before.is_newer)
        return status;
    status = write_open(page, KHACH_WRITE_DELETE, &statement);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, customer);
    page->sync.customers_count--;
    return write_run(page, statement);
}

/* --- the business and its pages --- */

static khach_status apply_business(apply *page, const khach_change *change)
{
    Khach__V1__Business *record = khach__v1__business__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    sqlite3_stmt *statement = NULL;
    khach_status status;

    if (record == NULL)
        return broken(page, "a business", "other bytes");
    if (strcmp(record->id, page->cache->business_id) != 0)
        return broken(page, "the business of the cache", "another");
    status = write_open(page, KHACH_WRITE_BUSINESS, &statement);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, (int64_t)change->seq);
    (void)sqlite3_bind_blob64(statement, 2, change->bytes, change->bytes_count, SQLITE_STATIC);
    return write_run(page, statement);
}

static khach_status apply_page(apply *page, const khach_change *change)
{
    Khach__V1__Page *record = khach__v1__page__unpack(
        &page->cache->arena.allocator, change->bytes_count, change->bytes);
    sqlite3_stmt *statement = NULL;
    khach_status status;

    if (record == NULL || khach__record_number('p', record->id) < 0)
        return broken(page, "a page", "other bytes");
    if (strcmp(record->business_id, page->cache->business_id) != 0)
        return broken(page, "a page of the business", "one of another");
    status = write_open(page, KHACH_WRITE_PAGE, &statement);
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, khach__record_number('p', record->id));
    (void)sqlite3_bind_int64(statement, 2, (int64_t)change->seq);
    (void)sqlite3_bind_int64(statement, 3, page->sync.epoch);
    (void)sqlite3_bind_blob64(statement, 4, change->bytes, change->bytes_count, SQLITE_STATIC);
    return write_run(page, statement);
}

static khach_status apply_changes(apply *page, const khach_sync_page *bytes)
{
    khach_wire wire = khach__wire_open(bytes->bytes, bytes->bytes_count);
    khach_change change;

    while (khach__sync_change_next(&wire, &change)) {
        khach_status status = KHACH_OK;

        khach__arena_clear(&page->cache->arena);
        switch (change.kind) {
        case KHACH_CHANGE_BUSINESS:
            status = apply_business(page, &change);
            break;
        case KHACH_CHANGE_PAGE:
            status = apply_page(page, &change);
            break;
        case KHACH_CHANGE_CUSTOMER:
            status = apply_customer(page, &change);
            break;
        case KHACH_CHANGE_TOMBSTONE:
            status = apply_tombstone(page, &change);
            break;
        case KHACH_CHANGE_NONE:
            break;
        }
        if (status != KHACH_OK)
            return status;
    }
    return KHACH_OK;
}

static khach_status apply_page_of_changes(apply *page, const khach_sync_page *bytes)
{
    khach_cache_sync written;
    khach_status status = apply_changes(page, bytes);

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
    page->sync.last_status = KHACH_OK;
    written = page->sync;
    written.cursor = (khach_bytes){(uint8_t *)(uintptr_t)bytes->cursor, bytes->cursor_bytes};
    return khach__cache_sync_write(page->cache, &written, page->error);
}

static void report(khach_sync_progress *progress, const apply *page, const khach_sync_page *bytes)
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
    apply work = {.cache = cache, .error = error};
    khach_sync_page dropped = *page;
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_run(cache, "BEGIN IMMEDIATE", error);
    if (status == KHACH_OK)
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
        status = khach__cache_run(cache, "COMMIT", error);
    if (status != KHACH_OK)
        (void)sqlite3_exec(cache->db, "ROLLBACK", NULL, NULL, NULL);
    else
        khach__cache_checkpoint(cache, !progress->has_more);
    khach__cache_unlock(cache);
    free(work.sync.cursor.bytes);
    return status;
}
