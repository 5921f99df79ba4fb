/* Derived rows compared with the records that they are of. Each side is walked once, in the order
 * in which it lies: nothing is sorted, and nothing is looked up. */

#include "check.h"

#include <stdlib.h>
#include <string.h>

static void take_token(derived_sums *out, sqlite3_stmt *row)
{
    int64_t business = sqlite3_column_int64(row, 0);
    int64_t id = sqlite3_column_int64(row, 2);
    const void *token = sqlite3_column_blob(row, 1);
    size_t bytes = (size_t)sqlite3_column_bytes(row, 1);

    out->parts[khach__check_part(id)] -= khach__token_hash(business, token, bytes, id,
        sqlite3_column_blob(row, 3), (size_t)sqlite3_column_bytes(row, 3));
    out->tokens += khach__tokens_hash(business, token, bytes);
}

static void take_tokens(derived_sums *out, sqlite3_stmt *row)
{
    out->tokens -= (uint64_t)sqlite3_column_int64(row, 2)
        * khach__tokens_hash(sqlite3_column_int64(row, 0), sqlite3_column_blob(row, 1),
            (size_t)sqlite3_column_bytes(row, 1));
}

static void take_customers(derived_sums *out, sqlite3_stmt *row)
{
    out->customers -= (uint64_t)sqlite3_column_int64(row, 3)
        * khach__customers_hash(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
            sqlite3_column_int64(row, 2));
}

/* A day whose facts cannot be read is in no count. */
static khach_index_status take_day(derived_sums *out, sqlite3_stmt *row, daily *counted)
{
    int64_t business = sqlite3_column_int64(row, 0);
    int64_t at = sqlite3_column_int64(row, 1);
    int64_t id = sqlite3_column_int64(row, 3);
    const void *bytes = sqlite3_column_blob(row, 4);
    size_t count = (size_t)sqlite3_column_bytes(row, 4);
    khach_index_status status = KHACH_INDEX_OK;
    day_facts facts;

    out->parts[khach__check_part(id)] -=
        khach__day_hash(business, at, sqlite3_column_int64(row, 2), id, bytes, count);
    if (!khach__day_facts_read(&facts, bytes, count))
        return KHACH_INDEX_OK;
    counted->count = 0;
    status = khach__daily_add(counted,
        &(khach_index_day){
            .day = (int32_t)at, .activity = facts.activity, .since = facts.since});
    out->days += khach__days_hash(business, at, facts.page, counted);
    return status;
}

static khach_index_status take_daily(derived_sums *out, sqlite3_stmt *row, daily *counted)
{
    khach_index_status status = khach__daily_read(
        counted, sqlite3_column_blob(row, 3), (size_t)sqlite3_column_bytes(row, 3));

    if (status == KHACH_INDEX_OK)
        out->days -= khach__days_hash(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
            sqlite3_column_int64(row, 2), counted);
    else if (status == KHACH_INDEX_CORRUPT)
        out->days++; /* Whatever else is right: it is not. */
    return status == KHACH_INDEX_CORRUPT ? KHACH_INDEX_OK : status;
}

/* A page's value: the first of its rows, and only that, is marked. */
typedef struct value {
    int64_t page;
    int64_t kind;
    char *text;
    size_t bytes;
    size_t room;
} value;

/* Whether the row has another value than the one before; remembers it. */
static khach_index_status is_first(value *last, sqlite3_stmt *row, bool *out)
{
    int64_t page = sqlite3_column_int64(row, 1);
    int64_t kind = sqlite3_column_int64(row, 2);
    const void *text = sqlite3_column_blob(row, 3);
    size_t bytes = (size_t)sqlite3_column_bytes(row, 3);

    *out = last->text == NULL || page != last->page || kind != last->kind || bytes != last->bytes
        || memcmp(text == NULL ? "" : text, last->text, bytes) != 0;
    if (!*out)
        return KHACH_INDEX_OK;
    if (bytes + 1 > last->room) {
        char *grown = realloc(last->text, bytes + 1);

        if (grown == NULL)
            return KHACH_INDEX_MEMORY;
        last->text = grown;
        last->room = bytes + 1;
    }
    if (bytes > 0)
        memcpy(last->text, text, bytes);
    last->page = page;
    last->kind = kind;
    last->bytes = bytes;
    return KHACH_INDEX_OK;
}

static khach_index_status take_contact(derived_sums *out, sqlite3_stmt *row, value *last)
{
    int64_t id = sqlite3_column_int64(row, 5);
    uint64_t hash = khach__contact_hash(sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
        sqlite3_column_int64(row, 2), sqlite3_column_blob(row, 3),
        (size_t)sqlite3_column_bytes(row, 3), sqlite3_column_int64(row, 4), id);
    bool is_due = false;
    khach_index_status status = is_first(last, row, &is_due);

    /* One that is marked, or not, against its place is another row than the record's. */
    if ((sqlite3_column_int64(row, 6) == 1) != is_due || sqlite3_column_int64(row, 6) >> 1 != 0)
        hash = ~hash;
    out->parts[khach__check_part(id)] -= hash;
    return status;
}

static void take_block(derived_sums *out, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 2);

    out->parts[khach__check_part(id)] -= khach__block_hash(sqlite3_column_int64(row, 0),
        sqlite3_column_int64(row, 1), id, sqlite3_column_int64(row, 3),
        sqlite3_column_int64(row, 4));
}

/* What the walks over derived tables share. */
typedef struct taking {
    derived_sums *out;
    daily counted;
    value last;
} taking;

static khach_index_status take_row(taking *work, khach_index_sql sql, sqlite3_stmt *row)
{
    switch (sql) {
    case SQL_CHECK_TOKEN:
        take_token(work->out, row);
        return KHACH_INDEX_OK;
    case SQL_CHECK_TOKENS:
        take_tokens(work->out, row);
        return KHACH_INDEX_OK;
    case SQL_CHECK_DAY:
        return take_day(work->out, row, &work->counted);
    case SQL_CHECK_DAYS:
        return take_daily(work->out, row, &work->counted);
    case SQL_CHECK_CONTACT:
        return take_contact(work->out, row, &work->last);
    case SQL_CHECK_BLOCK:
        take_block(work->out, row);
        return KHACH_INDEX_OK;
    default:
        take_customers(work->out, row);
        return KHACH_INDEX_OK;
    }
}

static khach_index_status take_rows(khach_index *index, taking *work, khach_index_sql sql)
{
    sqlite3_stmt *row = khach__index_statement(index, sql);
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (row == NULL)
        return khach__index_failure(index->db);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(row)) == SQLITE_ROW)
        status = take_row(work, sql, row);
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(row);
    return status;
}

khach_index_status khach__check_run(khach_index *index, derived_sums *out)
{
    taking work = {.out = out};
    khach_index_status status;

    memset(out, 0, sizeof(*out));
    status = khach__check_records(index, out);
    for (int sql = SQL_CHECK_TOKEN; sql <= SQL_CHECK_CUSTOMERS && status == KHACH_INDEX_OK; sql++)
        status = take_rows(index, &work, (khach_index_sql)sql);
    khach__daily_free(&work.counted);
    free(work.last.text);
    for (size_t i = 0; i < CHECK_PARTS; i++)
        out->parts_count += out->parts[i] != 0;
    return status;
}
