/* What the cache has, as sums and revisions; and the ends of a repair. */

#include "cache_quarantine.h"
#include "outbox.h"

#include <khach_text.h>

#include <stdlib.h>
#include <string.h>

/* True when a row shows what its base and the outbox say. */
static bool is_true(khach_cache *cache, sqlite3_stmt *row)
{
    bool is_same = true;

    if (sqlite3_column_type(row, ROW_BASE) == SQLITE_NULL)
        return true;
    return khach__overlay_is_true(cache, sqlite3_column_int64(row, ROW_ID),
               sqlite3_column_blob(row, ROW_BASE), (size_t)sqlite3_column_bytes(row, ROW_BASE),
               sqlite3_column_blob(row, ROW_RECORD),
               (size_t)sqlite3_column_bytes(row, ROW_RECORD), &is_same, NULL)
        == KHACH_OK
        && is_same;
}

/* What is put aside takes the place of an older row. */
#define NOT_ASIDE " WHERE id NOT IN (SELECT customer FROM quarantine)"

bool khach__cache_row_is_whole(khach_cache *cache, sqlite3_stmt *row)
{
    khach_index_customer *customer = &cache->before;
    char *folded = NULL;
    size_t folded_bytes = 0;
    bool is_same;

    if (khach_index_customer_read(customer, sqlite3_column_blob(row, ROW_RECORD),
            (size_t)sqlite3_column_bytes(row, ROW_RECORD))
            != KHACH_INDEX_OK
        || customer->id != sqlite3_column_int64(row, ROW_ID)
        || customer->page_id != sqlite3_column_int64(row, ROW_PAGE)
        || customer->traits != sqlite3_column_int64(row, ROW_TRAITS)
        || customer->created_at != sqlite3_column_int64(row, ROW_CREATED)
        || customer->first_recorded_at != sqlite3_column_int64(row, ROW_FIRST_RECORDED)
        || customer->first_inbound_at != sqlite3_column_int64(row, ROW_FIRST_INBOUND)
        || customer->last_inbound_at != sqlite3_column_int64(row, ROW_LAST_INBOUND)
        || khach_text_fold(&folded, &folded_bytes, customer->name, customer->name_bytes) != 0)
        return false;
    is_same = folded_bytes == (size_t)sqlite3_column_bytes(row, ROW_NAME)
        && (folded_bytes == 0
            || memcmp(folded, sqlite3_column_blob(row, ROW_NAME), folded_bytes) == 0);
    khach_text_free(folded);
    return is_same && is_true(cache, row);
}

/* Of what the server sent, never of edits that wait (sync.md I3). */
khach_digest khach__cache_row_digest(sqlite3_stmt *row)
{
    int column = sqlite3_column_type(row, ROW_BASE) == SQLITE_NULL ? ROW_RECORD : ROW_BASE;

    return khach_digest_row(sqlite3_column_int64(row, ROW_ID),
        (uint64_t)sqlite3_column_int64(row, ROW_SEQ), sqlite3_column_blob(row, column),
        (size_t)sqlite3_column_bytes(row, column));
}

/* --- sums --- */

/* The sums of a page, made when there are none; NULL when there is no memory. */
khach_page_sums *khach__cache_page_sums(khach_cache_sums *sums, int64_t page)
{
    size_t first = 0;
    size_t end = sums->pages_count;
    khach_page_sums *grown;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (sums->pages[middle].page < page)
            first = middle + 1;
        else
            end = middle;
    }
    if (first < sums->pages_count && sums->pages[first].page == page)
        return &sums->pages[first];
    grown = realloc(sums->pages, (sums->pages_count + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    sums->pages = grown;
    memmove(grown + first + 1, grown + first, (sums->pages_count - first) * sizeof(*grown));
    sums->pages_count++;
    grown[first] = (khach_page_sums){.page = page};
    return &grown[first];
}

static khach_status no_memory(khach_error **error)
{
    return khach__error_set(error, KHACH_E_MEMORY, "no memory for sums");
}

static khach_status sum_customers(khach_cache *cache, khach_cache_sums *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(
        cache, &row, "SELECT " ROW_COLUMNS " FROM base_customers" NOT_ASIDE, error);
    int result = SQLITE_DONE;

    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        khach_page_sums *sums = khach__cache_page_sums(out, sqlite3_column_int64(row, ROW_PAGE));
        /* A row that is damaged counts, as nothing that the server has. */
        khach_digest digest = {.count = 1};

        if (khach__cache_row_is_whole(cache, row))
            digest = khach__cache_row_digest(row);
        if (sums == NULL)
            status = no_memory(error);
        else
            khach_digest_add(
                &sums->slots[khach_digest_slot(sqlite3_column_int64(row, ROW_ID))], digest);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

/* The business and its pages; a page without customers has sums too. */
static khach_status sum_directory(khach_cache *cache, khach_cache_sums *out, khach_error **error)
{
    static const char sql[] = "SELECT 0, seq, record FROM base_business"
                              " UNION ALL SELECT page, seq, record FROM base_pages";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);
    int result = SQLITE_DONE;

    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t page = sqlite3_column_int64(row, 0);
        int64_t id = page != 0 ? page : khach__record_number('b', cache->business_id);

        khach_digest_add(&out->directory,
            khach_digest_row(id, (uint64_t)sqlite3_column_int64(row, 1),
                sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2)));
        if (page != 0 && khach__cache_page_sums(out, page) == NULL)
            status = no_memory(error);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__cache_sum(khach_cache *cache, khach_cache_sums *out, khach_error **error)
{
    khach_status status;

    *out = (khach_cache_sums){0};
    status = khach__cache_step(cache, "BEGIN", error);
    if (status != KHACH_OK)
        return status;
    status = sum_directory(cache, out, error);
    if (status == KHACH_OK)
        status = sum_customers(cache, out, error);
    if (status == KHACH_OK)
        status = khach__quarantine_sum(cache, out, error);
    khach__cache_rollback(cache);
    if (status != KHACH_OK) {
        free(out->pages);
        *out = (khach_cache_sums){0};
    }
    return status;
}

/* --- rows --- */

khach_status khach__cache_rows(khach_cache *cache, int64_t page, const uint8_t *slots,
    khach_revisions *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT " ROW_COLUMNS " FROM base_customers NOT INDEXED" NOT_ASIDE
        " AND page_id = ?1 ORDER BY id",
        error);
    int result = SQLITE_DONE;

    *out = (khach_revisions){0};
    if (status == KHACH_OK)
        (void)sqlite3_bind_int64(row, 1, page);
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(row, ROW_ID);
        khach_row_revision revision = {.id = id};

        if (slots[khach_digest_slot(id)] == 0)
            continue;
        /* A row that is damaged has no revision: whatever the server's is, it is another. */
        if (khach__cache_row_is_whole(cache, row)) {
            khach_digest digest = khach__cache_row_digest(row);

            revision.seq = (uint64_t)sqlite3_column_int64(row, ROW_SEQ);
            revision.low = digest.low;
            revision.high = digest.high;
        } else {
            out->has_damage = true;
        }
        if (!khach__revisions_add(out, revision))
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for revisions");
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    if (status == KHACH_OK)
        status = khach__quarantine_rows(cache, page, slots, out, error);
    if (status != KHACH_OK) {
        free(out->rows);
        *out = (khach_revisions){0};
    }
    return status;
}

/* --- the ends of a repair --- */

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

/* Makes everything that is derived of rows anew. */
static khach_status reindex(khach_cache *cache, khach_cache_sync *sync, khach_error **error)
{
    khach_index_status done = khach_index_clear(cache->index);

    if (done == KHACH_INDEX_OK && sync->is_search_indexed)
        done = khach_index_rebuild(cache->index);
    sync->is_reindex_due = false;
    return khach__cache_index_failure(cache, done, error);
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
        status = reindex(cache, sync, error);
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
