/* What customers show while edits of them wait: the row has base and edits together, so that all
 * questions are answered as if they were done; the base is kept beside it, for digests. */

#include "decode.h"
#include "outbox.h"
#include "overlay.h"

#include <khach_text.h>

#include <stdlib.h>
#include <string.h>

/* A row of base_customers, copied. */
typedef struct shown_row {
    bool is_found;
    uint8_t *record; /* free() */
    size_t record_bytes;
    int64_t seq;
    int64_t epoch;
    int64_t page;
} shown_row;

static khach_status no_memory(khach_error **error)
{
    return khach__error_set(error, KHACH_E_MEMORY, "no memory for an edit");
}

/* Copies a blob; `*out` is yours. */
static khach_status copy_blob(
    sqlite3_stmt *row, int column, uint8_t **out, size_t *out_bytes, khach_error **error)
{
    *out_bytes = (size_t)sqlite3_column_bytes(row, column);
    *out = malloc(*out_bytes + 1);
    if (*out == NULL)
        return no_memory(error);
    if (*out_bytes > 0)
        memcpy(*out, sqlite3_column_blob(row, column), *out_bytes);
    return KHACH_OK;
}

static khach_status read_row(
    khach_cache *cache, int64_t customer, shown_row *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT record, seq, epoch, page_id FROM base_customers WHERE id = ?1", error);

    *out = (shown_row){0};
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, customer);
    switch (sqlite3_step(row)) {
    case SQLITE_ROW:
        out->is_found = true;
        out->seq = sqlite3_column_int64(row, 1);
        out->epoch = sqlite3_column_int64(row, 2);
        out->page = sqlite3_column_int64(row, 3);
        status = copy_blob(row, 0, &out->record, &out->record_bytes, error);
        break;
    case SQLITE_DONE:
        break;
    default:
        status = khach__cache_failure(cache, error);
        break;
    }
    khach__cache_done(cache, row);
    return status;
}

/* The base that is kept of a customer; `*out` is NULL when none is. */
static khach_status read_base(khach_cache *cache, int64_t customer, uint8_t **out,
    size_t *out_bytes, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(
        cache, &row, "SELECT record FROM overlays WHERE id = ?1", error);

    *out = NULL;
    *out_bytes = 0;
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, customer);
    switch (sqlite3_step(row)) {
    case SQLITE_ROW:
        status = copy_blob(row, 0, out, out_bytes, error);
        break;
    case SQLITE_DONE:
        break;
    default:
        status = khach__cache_failure(cache, error);
        break;
    }
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__outbox_run(
    khach_cache *cache, const char *sql, int64_t first, int64_t second, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        (void)sqlite3_bind_int64(statement, 2, second);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__overlay_is_used(khach_cache *cache, bool *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT EXISTS(SELECT 1 FROM outbox WHERE shown > 0)"
        " OR EXISTS(SELECT 1 FROM overlays)",
        error);

    *out = false;
    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(row) == SQLITE_ROW)
        *out = sqlite3_column_int(row, 0) != 0;
    else
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

/* --- what a customer shows --- */

static khach_status read_page_facts(
    khach_cache *cache, int64_t page, khach_overlay_page *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(
        cache, &row, "SELECT record FROM base_pages WHERE page = ?1", error);
    Khach__V1__Page *record = NULL;
    khach_decoder decoder;

    *out = (khach_overlay_page){0};
    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, page);
    khach__decoder_open(&decoder);
    if (khach__cache_has_row(cache, row, &status, error)) {
        record = khach__v1__page__unpack(&decoder.allocator,
            (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_blob(row, 0));
        if (record == NULL)
            status = khach__decoder_failure(&decoder, error, KHACH_E_CACHE_CORRUPT, "a page");
    }
    out->has_gateway =
        record != NULL && record->block_mode == KHACH__V1__BLOCK_MODE__GATEWAY;
    khach__v1__page__free_unpacked(record, NULL);
    khach__cache_done(cache, row);
    return status;
}

/* Edits that were decoded, to live until what they made is written. */
typedef struct edits {
    Khach__V1__ClientMutation **list;
    size_t count;
    size_t room;
} edits;

static void edits_free(edits *owned)
{
    for (size_t i = 0; i < owned->count; i++)
        khach__v1__client_mutation__free_unpacked(owned->list[i], NULL);
    free(owned->list);
    *owned = (edits){0};
}

/* Reads the edits that a customer shows, in order. */
static khach_status read_edits(
    khach_cache *cache, int64_t customer, edits *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row,
        "SELECT payload FROM outbox WHERE target = ?1 AND shown > 0 ORDER BY mutation_id",
        error);
    khach_decoder decoder;
    int result = SQLITE_DONE;

    *out = (edits){0};
    if (status == KHACH_OK)
        (void)sqlite3_bind_int64(row, 1, customer);
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        Khach__V1__ClientMutation *edit;

        khach__decoder_open(&decoder);
        edit = khach__v1__client_mutation__unpack(&decoder.allocator,
            (size_t)sqlite3_column_bytes(row, 0), sqlite3_column_blob(row, 0));
        if (edit == NULL) {
            status = khach__decoder_failure(
                &decoder, error, KHACH_E_CACHE_CORRUPT, "an edit of the outbox");
            break;
        }
        if (out->count == out->room) {
            size_t room = out->room * 2 + 8;
            Khach__V1__ClientMutation **grown = realloc(out->list, room * sizeof(*grown));

            if (grown == NULL) {
                khach__v1__client_mutation__free_unpacked(edit, NULL);
                status = no_memory(error);
                break;
            }
            out->list = grown;
            out->room = room;
        }
        out->list[out->count++] = edit;
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    if (status != KHACH_OK)
        edits_free(out);
    return status;
}

/* Makes the record that shows edits over a base; `*out` is yours. */
static khach_status build(khach_cache *cache, const uint8_t *base, size_t base_bytes, int64_t page,
    Khach__V1__ClientMutation *const *list, size_t count, uint8_t **out, size_t *out_bytes,
    khach_error **error)
{
    khach_overlay overlay;
    khach_overlay_page facts;
    khach_status status = read_page_facts(cache, page, &facts, error);

    *out = NULL;
    if (status != KHACH_OK)
        return status;
    if (!khach__overlay_open(&overlay, &cache->arena, base, base_bytes, facts))
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "a customer expected, other bytes found");
    for (size_t i = 0; i < count; i++)
        if (!khach__overlay_apply(&overlay, list[i]))
            return no_memory(error);
    return khach__overlay_write(&overlay, out, out_bytes) ? KHACH_OK : no_memory(error);
}

/* Puts another record into a row, and what is derived of it; the row's sequence stays. */
static khach_status show(khach_apply *page, int64_t customer, const shown_row *row,
    const uint8_t *record, size_t record_bytes)
{
    static const char sql[] =
        "UPDATE base_customers SET page_id = ?2, traits = ?3, created_at = ?4,"
        " first_recorded_at = ?5, first_inbound_at = ?6, last_inbound_at = ?7, name_folded = ?8,"
        " record = ?9 WHERE id = ?1";
    khach_cache *cache = page->cache;
    sqlite3_stmt *statement = NULL;
    char *folded = NULL;
    size_t folded_bytes = 0;
    bool is_indexed = page->sync.is_search_indexed && !page->sync.is_reindex_due;
    khach_index_status done =
        khach_index_customer_read(&cache->after, record, record_bytes);
    khach_status status = khach__cache_index_failure(cache, done, page->error);

    if (status != KHACH_OK)
        return status;
    if (khach_text_fold(&folded, &folded_bytes, cache->after.name, cache->after.name_bytes) != 0)
        return no_memory(page->error);
    status = khach__cache_prepare(cache, &statement, sql, page->error);
    if (status == KHACH_OK) {
        khach__cache_bind_row(
            statement, &cache->after, folded, folded_bytes, record, record_bytes);
        (void)sqlite3_bind_int64(statement, 1, customer);
        if (sqlite3_step(statement) != SQLITE_DONE)
            status = khach__cache_failure(cache, page->error);
    }
    khach__cache_done(cache, statement);
    khach_text_free(folded);
    if (status != KHACH_OK || !is_indexed)
        return status;
    done = khach_index_customer_read(&cache->before, row->record, row->record_bytes);
    if (done == KHACH_INDEX_CORRUPT) {
        page->sync.is_reindex_due = true;
        return KHACH_OK;
    }
    if (done == KHACH_INDEX_OK)
        done = khach_index_put(cache->index, &cache->before, &cache->after);
    return khach__cache_index_failure(cache, done, page->error);
}

/* Keeps the base of a customer, unless it is kept. */
static khach_status keep_base(
    khach_apply *page, int64_t customer, const uint8_t *base, size_t base_bytes)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(page->cache, &statement,
        "INSERT INTO overlays(id, record) VALUES (?1, ?2) ON CONFLICT DO NOTHING", page->error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, customer);
    (void)sqlite3_bind_blob64(statement, 2, base, base_bytes, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = khach__cache_failure(page->cache, page->error);
    khach__cache_done(page->cache, statement);
    return status;
}

khach_status khach__overlay_forget(khach_apply *page, int64_t customer)
{
    return khach__outbox_run(
        page->cache, "DELETE FROM overlays WHERE id = ?1", customer, 0, page->error);
}

khach_status khach__overlay_refresh(khach_apply *page, int64_t customer)
{
    khach_cache *cache = page->cache;
    shown_row row;
    edits waiting = {0};
    uint8_t *kept = NULL;
    uint8_t *shown = NULL;
    size_t kept_bytes = 0;
    size_t shown_bytes = 0;
    khach_status status = read_row(cache, customer, &row, page->error);

    if (status == KHACH_OK && row.is_found)
        status = read_base(cache, customer, &kept, &kept_bytes, page->error);
    if (status == KHACH_OK && row.is_found)
        status = read_edits(cache, customer, &waiting, page->error);
    if (status != KHACH_OK || !row.is_found || (waiting.count == 0 && kept == NULL))
        goto done;

    if (waiting.count == 0) {
        status = show(page, customer, &row, kept, kept_bytes);
        if (status == KHACH_OK)
            status = khach__overlay_forget(page, customer);
        goto done;
    }
    status = build(cache, kept != NULL ? kept : row.record,
        kept != NULL ? kept_bytes : row.record_bytes, row.page, waiting.list, waiting.count,
        &shown, &shown_bytes, page->error);
    if (status == KHACH_OK && kept == NULL)
        status = keep_base(page, customer, row.record, row.record_bytes);
    if (status == KHACH_OK)
        status = show(page, customer, &row, shown, shown_bytes);

done:
    edits_free(&waiting);
    free(row.record);
    free(kept);
    free(shown);
    return status;
}

khach_status khach__overlay_add(
    khach_apply *page, int64_t customer, const Khach__V1__ClientMutation *mutation)
{
    Khach__V1__ClientMutation *list[] = {(Khach__V1__ClientMutation *)(uintptr_t)mutation};
    shown_row row;
    uint8_t *shown = NULL;
    size_t shown_bytes = 0;
    khach_status status = read_row(page->cache, customer, &row, page->error);

    if (status == KHACH_OK && !row.is_found)
        status = khach__error_set(page->error, KHACH_E_NOT_FOUND,
            "customer_id: a customer of the cache expected, none found");
    if (status == KHACH_OK)
        status = build(page->cache, row.record, row.record_bytes, row.page, list, 1, &shown,
            &shown_bytes, page->error);
    if (status == KHACH_OK)
        status = keep_base(page, customer, row.record, row.record_bytes);
    if (status == KHACH_OK)
        status = show(page, customer, &row, shown, shown_bytes);
    free(row.record);
    free(shown);
    return status;
}

khach_status khach__overlay_is_true(khach_cache *cache, int64_t customer, const uint8_t *base,
    size_t base_bytes, const uint8_t *shown, size_t shown_bytes, bool *out, khach_error **error)
{
    khach_index_customer read = {0};
    edits waiting;
    uint8_t *expected = NULL;
    size_t expected_bytes = 0;
    khach_status status = read_edits(cache, customer, &waiting, error);

    *out = false;
    if (status == KHACH_OK
        && khach_index_customer_read(&read, base, base_bytes) == KHACH_INDEX_OK) {
        status = build(cache, base, base_bytes, read.page_id, waiting.list, waiting.count,
            &expected, &expected_bytes, error);
        *out = status == KHACH_OK && expected_bytes == shown_bytes
            && memcmp(expected, shown, shown_bytes) == 0;
    }
    khach_index_customer_free(&read);
    edits_free(&waiting);
    free(expected);
    return status;
}
