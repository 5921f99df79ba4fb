#include "cache_quarantine.h"

#include <khach/version.h>

#include <stdlib.h>
#include <string.h>

/* Of a record that cannot be read, what can be: 0 for what cannot. */
typedef struct origin {
    int64_t customer;
    int64_t page;
} origin;

static int64_t read_id(const khach_wire_field *field, char letter)
{
    char id[KHACH_RECORD_ID_BYTES] = {0};
    int64_t number = -1;

    if (field->type == KHACH_WIRE_BYTES && field->bytes_count == KHACH_RECORD_ID_BYTES - 1) {
        memcpy(id, field->bytes, field->bytes_count);
        number = khach__record_number(letter, id);
    }
    return number < 0 ? 0 : number;
}

static origin find_origin(const khach_change *change)
{
    khach_wire wire = khach__wire_open(change->bytes, change->bytes_count);
    khach_wire_field field;
    origin found = {0};

    if (change->kind != KHACH_CHANGE_CUSTOMER)
        return found;
    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1)
            found.customer = read_id(&field, 'c');
        else if (field.number == 2)
            found.page = read_id(&field, 'p');
    }
    return found;
}

/* Runs SQL with up to two numbers; the first column of the first row, 0 for none. */
static khach_status ask(khach_cache *cache, int64_t *out, const char *sql, int64_t first,
    int64_t second, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);
    int result;

    *out = 0;
    if (status != KHACH_OK)
        return status;
    if (sqlite3_bind_parameter_count(statement) > 0)
        (void)sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        (void)sqlite3_bind_int64(statement, 2, second);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else if (result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__quarantine_count(khach_cache *cache, uint64_t *out, khach_error **error)
{
    int64_t count = 0;
    khach_status status =
        ask(cache, &count, "SELECT count(*) FROM quarantine", 0, 0, error);

    *out = (uint64_t)count;
    return status;
}

/* --- putting aside and letting go --- */

static khach_status insert(
    khach_apply *page, const khach_change *change, const origin *from, const char *expected)
{
    static const char sql[] =
        "INSERT INTO quarantine(kind, customer, page, seq, epoch, record, reason, library)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET"
        " page = excluded.page, epoch = excluded.epoch, record = excluded.record,"
        " reason = excluded.reason, library = excluded.library";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(page->cache, &row, sql, page->error);
    char *reason = sqlite3_mprintf("%s expected, other bytes found", expected);

    if (status == KHACH_OK && reason == NULL)
        status = khach__error_set(page->error, KHACH_E_MEMORY, "no memory for a reason");
    if (status == KHACH_OK) {
        (void)sqlite3_bind_int(row, 1, (int)change->kind);
        (void)sqlite3_bind_int64(row, 2, from->customer);
        (void)sqlite3_bind_int64(row, 3, from->page);
        (void)sqlite3_bind_int64(row, 4, (int64_t)change->seq);
        (void)sqlite3_bind_int64(row, 5, page->sync.epoch);
        (void)sqlite3_bind_blob64(row, 6, change->bytes, change->bytes_count, SQLITE_STATIC);
        (void)sqlite3_bind_text(row, 7, reason, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(row, 8, khach_version_string(), -1, SQLITE_STATIC);
        if (sqlite3_step(row) != SQLITE_DONE)
            status = khach__cache_failure(page->cache, page->error);
    }
    khach__cache_done(page->cache, row);
    sqlite3_free(reason);
    return status;
}

khach_status khach__quarantine_put(
    khach_apply *page, const khach_change *change, const char *expected)
{
    static const char newer[] = "SELECT seq >= ?2 FROM base_customers WHERE id = ?1"
                                " AND epoch = (SELECT epoch FROM sync_state)";
    origin from = find_origin(change);
    int64_t is_newer = 0;
    uint64_t count = 0;
    khach_status status = ask(page->cache, &is_newer, newer, from.customer,
        (int64_t)change->seq, page->error);

    if (status != KHACH_OK || (is_newer && !page->is_forced))
        return status;
    if (from.customer != 0)
        status = khach__quarantine_clear(page, from.customer, INT64_MAX);
    if (status == KHACH_OK)
        status = khach__quarantine_count(page->cache, &count, page->error);
    if (status == KHACH_OK && count >= KHACH_QUARANTINE_ROWS_MAX)
        status = khach__error_set(page->error, KHACH_E_PROTOCOL,
            "records that this library can read expected, %d others found",
            KHACH_QUARANTINE_ROWS_MAX);
    return status != KHACH_OK ? status : insert(page, change, &from, expected);
}

khach_status khach__quarantine_clear(khach_apply *page, int64_t customer, uint64_t seq)
{
    int64_t none;

    return ask(page->cache, &none, "DELETE FROM quarantine WHERE customer = ?1 AND seq <= ?2",
        customer, (int64_t)seq, page->error);
}

/* --- another try --- */

/* Takes one of those that are due out of the way, and applies it: what cannot be read comes back
 * with a new reason. */
static khach_status retry_next(khach_apply *page, bool *is_any)
{
    static const char sql[] =
        "DELETE FROM quarantine WHERE rowid ="
        " (SELECT min(rowid) FROM quarantine WHERE library = '') RETURNING kind, seq, record";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(page->cache, &row, sql, page->error);
    khach_change change = {0};
    uint8_t *record = NULL;
    int result;

    *is_any = false;
    if (status != KHACH_OK)
        return status;
    result = sqlite3_step(row);
    if (result == SQLITE_ROW) {
        *is_any = true;
        change.kind = (khach_change_kind)sqlite3_column_int(row, 0);
        change.seq = (uint64_t)sqlite3_column_int64(row, 1);
        change.bytes_count = (size_t)sqlite3_column_bytes(row, 2);
        record = malloc(change.bytes_count + 1);
        if (record == NULL)
            status = khach__error_set(page->error, KHACH_E_MEMORY, "no memory for a record");
        else if (change.bytes_count > 0)
            memcpy(record, sqlite3_column_blob(row, 2), change.bytes_count);
        change.bytes = record;
        result = sqlite3_step(row);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(page->cache, page->error);
    khach__cache_done(page->cache, row);
    if (status == KHACH_OK && *is_any)
        status = khach__apply_change(page, &change, true);
    free(record);
    return status;
}

static khach_status retry_all(khach_apply *page, const char *due)
{
    bool is_any = true;
    khach_status status = khach__cache_sync_read(page->cache, &page->sync, page->error);

    if (status == KHACH_OK)
        status = khach__cache_run(page->cache, due, page->error);
    while (status == KHACH_OK && is_any)
        status = retry_next(page, &is_any);
    if (status == KHACH_OK)
        status = khach__cache_sync_write(page->cache, &page->sync, page->error);
    free(page->sync.cursor.bytes);
    return status;
}

khach_status khach__quarantine_retry(khach_cache *cache, bool is_all, khach_error **error)
{
    static const char others[] = "UPDATE quarantine SET library = ''"
                                 " WHERE library <> '" KHACH_VERSION_STRING "'";
    static const char all[] = "UPDATE quarantine SET library = ''";
    static const char others_count[] =
        "SELECT count(*) FROM quarantine WHERE library <> '" KHACH_VERSION_STRING "'";
    static const char all_count[] = "SELECT count(*) FROM quarantine";
    khach_apply page = {.cache = cache, .error = error};
    int64_t count = 0;
    khach_status status = ask(cache, &count, is_all ? all_count : others_count, 0, 0, error);

    if (status == KHACH_OK && count > 0)
        status = khach__lead_begin(cache, error);
    if (status != KHACH_OK || count == 0)
        return status;
    status = retry_all(&page, is_all ? all : others);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status != KHACH_OK)
        khach__cache_rollback(cache);
    khach__cache_unlock(cache);
    return status;
}

/* --- comparing --- */

static const char known_sql[] = "SELECT customer, page, seq, record FROM quarantine"
                                " WHERE customer <> 0 AND page <> 0 ORDER BY customer";

static khach_digest digest_of(sqlite3_stmt *row)
{
    return khach_digest_row(sqlite3_column_int64(row, 0), (uint64_t)sqlite3_column_int64(row, 2),
        sqlite3_column_blob(row, 3), (size_t)sqlite3_column_bytes(row, 3));
}

khach_status khach__quarantine_sum(
    khach_cache *cache, khach_cache_sums *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    int64_t unknown = 0;
    int result = SQLITE_DONE;
    khach_status status = ask(cache, &unknown,
        "SELECT count(*) FROM quarantine WHERE customer = 0 OR page = 0", 0, 0, error);

    out->has_unknown = unknown > 0;
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &row, known_sql, error);
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        khach_page_sums *sums = khach__cache_page_sums(out, sqlite3_column_int64(row, 1));

        if (sums == NULL)
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for sums");
        else
            khach_digest_add(
                &sums->slots[khach_digest_slot(sqlite3_column_int64(row, 0))], digest_of(row));
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

khach_status khach__quarantine_rows(khach_cache *cache, int64_t page, const uint8_t *slots,
    khach_revisions *out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, known_sql, error);
    int result = SQLITE_DONE;

    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(row, 0);
        khach_digest digest = digest_of(row);

        if (sqlite3_column_int64(row, 1) == page && slots[khach_digest_slot(id)] != 0
            && !khach__revisions_add(out,
                (khach_row_revision){
                    id, (uint64_t)sqlite3_column_int64(row, 2), digest.low, digest.high}))
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for revisions");
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    if (status == KHACH_OK)
        khach__revisions_sort(out);
    return status;
}
