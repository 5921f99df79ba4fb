/* What the cache has, as sums and revisions. */

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

/* The ids of a page's rows in some slots. */
static khach_status list_ids(khach_cache *cache, const char *sql, const khach_action *action,
    khach_revisions *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);

    if (status == KHACH_OK)
        (void)sqlite3_bind_int64(row, 1, action->page_id);
    while (khach__cache_has_row(cache, row, &status, error)) {
        int64_t id = sqlite3_column_int64(row, 0);

        if (action->slots[khach_digest_slot(id)] != 0
            && !khach__revisions_add(out, (khach_row_revision){.id = id}))
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for revisions");
    }
    khach__cache_done(cache, row);
    if (status == KHACH_OK)
        khach__revisions_sort(out);
    return status;
}

/* Reads the row of an id; `*is_kept` says whether it is of the page, and not put aside. */
static khach_status read_revision(khach_cache *cache, sqlite3_stmt *row, int64_t page,
    khach_row_revision *revision, bool *is_kept, bool *is_damaged, khach_error **error)
{
    khach_status status = KHACH_OK;

    (void)sqlite3_bind_int64(row, 1, revision->id);
    *is_kept = khach__cache_has_row(cache, row, &status, error)
        && sqlite3_column_int64(row, ROW_PAGE) == page;
    /* A row that is damaged has no revision: whatever the server's is, it is another. */
    *is_damaged = *is_kept && !khach__cache_row_is_whole(cache, row);
    if (*is_kept && !*is_damaged) {
        khach_digest digest = khach__cache_row_digest(row);

        revision->seq = (uint64_t)sqlite3_column_int64(row, ROW_SEQ);
        revision->low = digest.low;
        revision->high = digest.high;
    }
    (void)sqlite3_reset(row);
    return status;
}

/* Lists into `out`, which is made anew. */
static khach_status list_rows(khach_cache *cache, const char *ids_sql, const khach_action *action,
    khach_revisions *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    size_t kept = 0;
    khach_status status;

    free(out->rows);
    *out = (khach_revisions){0};
    status = list_ids(cache, ids_sql, action, out, error);
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row,
            "SELECT " ROW_COLUMNS " FROM base_customers" NOT_ASIDE " AND id = ?1", error);
    for (size_t i = 0; i < out->count && status == KHACH_OK; i++) {
        khach_row_revision revision = {.id = out->rows[i].id};
        bool is_kept = false;
        bool is_damaged = false;

        status = read_revision(
            cache, row, action->page_id, &revision, &is_kept, &is_damaged, error);
        out->has_damage = out->has_damage || is_damaged;
        if (is_kept)
            out->rows[kept++] = revision;
    }
    out->count = kept;
    khach__cache_done(cache, row);
    return status != KHACH_OK
        ? status
        : khach__quarantine_rows(cache, action->page_id, action->slots, out, error);
}

khach_status khach__cache_rows(khach_cache *cache, const khach_action *action,
    khach_revisions *out, khach_error **error)
{
    khach_status status;

    *out = (khach_revisions){0};
    status = khach__cache_step(cache, "BEGIN", error);
    if (status != KHACH_OK)
        return status;
    status = list_rows(
        cache, "SELECT id FROM base_customers WHERE page_id = ?1", action, out, error);
    /* What an index has lost would be fetched at each repair, and never be there. */
    if (status == KHACH_OK && out->count != action->rows_count)
        status = list_rows(cache,
            "SELECT id FROM base_customers NOT INDEXED WHERE page_id = ?1", action, out, error);
    khach__cache_rollback(cache);
    if (status != KHACH_OK) {
        free(out->rows);
        *out = (khach_revisions){0};
    }
    return status;
}
