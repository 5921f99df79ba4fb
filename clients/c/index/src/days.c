/* Who wrote in a range of days. Each customer comes once: on its first such day in the range. */

#include "index.h"

khach_index_status khach__days_clip(khach_index *index, days_known *out)
{
    const khach_index_filter *filter = index->judge.filter;
    static const khach_index_sql ends[] = {SQL_DAYS_FIRST, SQL_DAYS_LAST};
    int64_t days[2] = {0, 0};
    khach_index_status status = KHACH_INDEX_OK;

    for (int i = 0; i < 2 && status == KHACH_INDEX_OK; i++) {
        sqlite3_stmt *statement = khach__index_statement(index, ends[i]);

        if (statement == NULL)
            return khach__index_failure(index->db);
        (void)sqlite3_bind_int64(statement, 1, filter->business_id);
        status = khach__index_number(index, statement, &days[i]);
    }
    *out = (days_known){.first = (int32_t)days[0],
        .last = (int32_t)days[1],
        .from = (int32_t)days[0],
        .to = (int32_t)days[1]};
    if (filter->messaged_kinds != 0 && filter->messaged_from > out->from)
        out->from = filter->messaged_from;
    if (filter->messaged_kinds != 0 && filter->messaged_to < out->to)
        out->to = filter->messaged_to;
    return status;
}

/* Adds those of a day of whom it is the first of the range, and whose names may answer. */
static khach_index_status collect_day(
    khach_index *index, const day_range *range, int32_t day, id_set *out, bool *is_whole)
{
    judge *asked = &index->judge;
    const khach_index_filter *filter = asked->filter;
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAY_CREATED);
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    (void)sqlite3_bind_int64(statement, 3, filter->created_from);
    (void)sqlite3_bind_int64(statement, 4, asked->created_before);
    asked->asked_of_days = DAYS_FIRST;
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (out->count == range->customers_max) {
            *is_whole = false;
            break;
        }
        if (!khach__id_set_add(out, sqlite3_column_int64(statement, 0)))
            status = KHACH_INDEX_MEMORY;
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_ROW && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

khach_index_status khach__days_collect(
    khach_index *index, const day_range *range, id_set *out, bool *is_whole)
{
    khach_index_status status = KHACH_INDEX_OK;

    out->count = 0;
    *is_whole = true;
    for (int32_t day = range->from; status == KHACH_INDEX_OK && *is_whole && day <= range->to;
         day++) {
        status = collect_day(index, range, day, out, is_whole);
        if (status == KHACH_INDEX_OK && khach__index_must_stop(index))
            status = KHACH_INDEX_INTERRUPTED;
    }
    if (status == KHACH_INDEX_OK)
        khach__id_set_sort(out);
    return status;
}
