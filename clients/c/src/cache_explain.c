#include "cache_look.h"

#include "cache_quarantine.h"

#include <khach/outbox.h>

#include <stdio.h>
#include <stdlib.h>

static void copy_text(char *out, size_t room, sqlite3_stmt *row, int column)
{
    const unsigned char *text = sqlite3_column_text(row, column);

    (void)snprintf(out, room, "%s", text == NULL ? "" : (const char *)text);
}

/* The row that is answered. */
static khach_status explain_row(khach_cache *cache, khach_explanation *out, int64_t customer,
    khach_digest *digest, khach_error **error)
{
    static const char sql[] =
        "SELECT " ROW_COLUMNS ", page_id IN (SELECT page FROM base_pages)"
        " FROM base_customers WHERE id = ?1";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK) {
        (void)sqlite3_bind_int64(row, 1, customer);
        result = sqlite3_step(row);
    }
    if (result == SQLITE_ROW) {
        out->presence = KHACH_PRESENCE_PRESENT;
        out->is_damaged = !khach__cache_row_is_whole(cache, row);
        khach__record_id(out->page_id, 'p', sqlite3_column_int64(row, ROW_PAGE));
        out->seq = (uint64_t)sqlite3_column_int64(row, ROW_SEQ);
        out->is_page_unknown = !sqlite3_column_int(row, ROW_COUNT);
        *digest = khach__cache_row_digest(row);
    } else if (status == KHACH_OK && result != SQLITE_DONE) {
        status = khach__cache_failure(cache, error);
    }
    khach__cache_done(cache, row);
    return status;
}

/* The state that was put aside. */
static khach_status explain_quarantine(khach_cache *cache, khach_explanation *out,
    int64_t customer, khach_digest *digest, khach_error **error)
{
    static const char sql[] = "SELECT seq, reason, library, record FROM quarantine"
                              " WHERE customer = ?1 ORDER BY seq DESC LIMIT 1";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK) {
        (void)sqlite3_bind_int64(row, 1, customer);
        result = sqlite3_step(row);
    }
    if (result == SQLITE_ROW) {
        out->presence = out->presence == KHACH_PRESENCE_PRESENT ? KHACH_PRESENCE_OLDER
                                                                : KHACH_PRESENCE_PUT_ASIDE;
        out->quarantined_seq = (uint64_t)sqlite3_column_int64(row, 0);
        copy_text(out->quarantine_reason, sizeof(out->quarantine_reason), row, 1);
        copy_text(out->quarantine_library, sizeof(out->quarantine_library), row, 2);
        *digest = khach_digest_row(customer, out->quarantined_seq, sqlite3_column_blob(row, 3),
            (size_t)sqlite3_column_bytes(row, 3));
    } else if (status == KHACH_OK && result != SQLITE_DONE) {
        status = khach__cache_failure(cache, error);
    }
    khach__cache_done(cache, row);
    return status;
}

/* Whether it has left with the right to see its page. */
static khach_status explain_scope(
    khach_cache *cache, khach_explanation *out, int64_t customer, khach_error **error)
{
    static const char sql[] = "SELECT is_out_of_scope FROM since WHERE customer = ?1";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);
    int result = SQLITE_DONE;

    if (status == KHACH_OK) {
        (void)sqlite3_bind_int64(row, 1, customer);
        result = sqlite3_step(row);
    }
    if (result == SQLITE_ROW && out->presence == KHACH_PRESENCE_ABSENT
        && sqlite3_column_int(row, 0) != 0)
        out->presence = KHACH_PRESENCE_OUT_OF_SCOPE;
    else if (status == KHACH_OK && result != SQLITE_ROW && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

/* Edits that were made here and have no outcome yet. */
static khach_status explain_outbox(
    khach_cache *cache, khach_explanation *out, int64_t customer, khach_error **error)
{
    static const char sql[] =
        "SELECT count(*) FROM outbox"
        " WHERE target = ?1 AND state IN (?2, ?3) AND is_closed = 0";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, customer);
    (void)sqlite3_bind_int(row, 2, KHACH_MUTATION_WAITING);
    (void)sqlite3_bind_int(row, 3, KHACH_MUTATION_SENT);
    if (sqlite3_step(row) == SQLITE_ROW)
        out->pending_count = (uint64_t)sqlite3_column_int64(row, 0);
    else
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__cache_explain(khach_cache *cache, khach_explanation *out, int64_t customer,
    khach_digest *digest, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_step(cache, "BEGIN", error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_sync_read(cache, &sync, error);
    out->phase = sync.phase;
    out->cache_seq = sync.seq;
    out->as_of_ms = sync.as_of_ms;
    out->presence = sync.phase == KHACH_PHASE_COMPLETE ? KHACH_PRESENCE_ABSENT
                                                       : KHACH_PRESENCE_NOT_YET;
    if (status == KHACH_OK)
        status = explain_outbox(cache, out, customer, error);
    if (status == KHACH_OK)
        status = explain_row(cache, out, customer, digest, error);
    if (status == KHACH_OK)
        status = explain_quarantine(cache, out, customer, digest, error);
    if (status == KHACH_OK)
        status = explain_scope(cache, out, customer, error);
    khach__cache_rollback(cache);
    free(sync.cursor.bytes);
    return status;
}
