/* About how many rows a day and a range of creation have: told by sums that are kept and by
 * samples, so that to know what an answer costs costs little. A wrong guess costs time, never an
 * answer. */

#include "daily.h"

/* Rows of a range of creation, at either end, that stand for it. */
#define CREATED_SAMPLE_ROWS 1500
/* Rows of a day that are counted when only some dates of creation are asked for. */
#define DAY_SAMPLE_ROWS 1500
/* What no day has more of: with as many days as there may be, it is still a number. */
#define DAY_ROWS_MAX (INT64_C(1) << 28)

/* --- dates of creation --- */

/* An end of a range: so many rows, and from which to which instant. */
typedef struct sample {
    int64_t rows;
    int64_t from;
    int64_t to;
} sample;

static khach_index_status read_sample(khach_index *index, khach_index_sql sql, sample *out)
{
    const judge *asked = &index->judge;
    sqlite3_stmt *statement = khach__index_statement(index, sql);
    khach_index_status status = KHACH_INDEX_OK;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, asked->filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, asked->filter->created_from);
    (void)sqlite3_bind_int64(statement, 3, asked->created_before);
    (void)sqlite3_bind_int64(statement, 4, CREATED_SAMPLE_ROWS);
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = (sample){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
            sqlite3_column_int64(statement, 2)};
    else
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

/* Rows in a millisecond of a sample. */
static double density(const sample *end)
{
    return (double)end->rows / ((double)end->to - (double)end->from + 1);
}

khach_index_status khach__size_of_created(khach_index *index, double *rows)
{
    sample first;
    sample last;
    khach_index_status status = read_sample(index, SQL_CREATED_FIRST, &first);

    if (status == KHACH_INDEX_OK && first.rows < CREATED_SAMPLE_ROWS) {
        *rows = (double)first.rows;
        return KHACH_INDEX_OK;
    }
    if (status == KHACH_INDEX_OK)
        status = read_sample(index, SQL_CREATED_LAST, &last);
    if (status != KHACH_INDEX_OK)
        return status;
    *rows = (double)(first.rows + last.rows);
    if (first.to < last.from)
        *rows += ((double)last.from - (double)first.to) * (density(&first) + density(&last)) / 2;
    return KHACH_INDEX_OK;
}

/* --- days --- */

static int64_t add_rows(int64_t rows, uint64_t more)
{
    return more < (uint64_t)(DAY_ROWS_MAX - rows) ? rows + (int64_t)more : DAY_ROWS_MAX;
}

/* Whom a day has, from the sums of its pages; damaged ones, which a repair finds, have nobody. */
static khach_index_status day_rows(khach_index *index, int32_t day, int64_t *rows)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAILY_ALL);
    daily counted = {0};
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    *rows = 0;
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        status = khach__daily_read(&counted, sqlite3_column_blob(statement, 0),
            (size_t)sqlite3_column_bytes(statement, 0));
        for (size_t i = 0; i < counted.count && status == KHACH_INDEX_OK; i++) {
            if (daily_measure(counted.parts[i].key) == DAILY_ACTIVE)
                *rows = add_rows(*rows, counted.parts[i].count);
        }
        if (status == KHACH_INDEX_CORRUPT)
            status = KHACH_INDEX_OK;
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    khach__daily_free(&counted);
    return status;
}

khach_index_status khach__day_size(khach_index *index, int32_t day, int64_t created_from,
    int64_t created_before, int64_t *rows)
{
    sqlite3_stmt *statement;
    int64_t all = 0;
    khach_index_status status;

    if (created_from == INT64_MIN && created_before == INT64_MAX)
        return day_rows(index, day, rows);
    statement = khach__index_statement(index, SQL_DAYS_SIZE);
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    (void)sqlite3_bind_int64(statement, 3, created_from);
    (void)sqlite3_bind_int64(statement, 4, created_before);
    (void)sqlite3_bind_int64(statement, 5, DAY_SAMPLE_ROWS);
    status = khach__index_number(index, statement, rows);
    if (status != KHACH_INDEX_OK || *rows < DAY_SAMPLE_ROWS)
        return status;
    /* So many at least, and all at most. */
    status = day_rows(index, day, &all);
    if (all > *rows)
        *rows += (all - *rows) / 2;
    return status;
}

khach_index_status khach__days_size(khach_index *index, int32_t from, int32_t to, int64_t *rows)
{
    const khach_index_filter *filter = index->judge.filter;
    int64_t days = (int64_t)to - from + 1;
    int64_t found = 0;
    khach_index_status status = KHACH_INDEX_OK;

    /* The first day, the last, and the one between stand for the others. */
    *rows = 0;
    for (int i = 0; i < 3 && days > 0 && status == KHACH_INDEX_OK; i++) {
        status = khach__day_size(index, (int32_t)(from + (days - 1) * i / 2),
            filter->created_from, filter->created_before, &found);
        *rows += found;
    }
    *rows = days > 0 ? *rows * days / 3 : 0;
    return status;
}
