/* Who wrote in a range of days. Each customer comes once: on its first such day in the range. */

#include "index.h"

khach_index_status khach__days_clip(khach_index *index, int32_t *from, int32_t *to)
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
    *from = filter->messaged_from > days[0] ? filter->messaged_from : (int32_t)days[0];
    *to = filter->messaged_to < days[1] ? filter->messaged_to : (int32_t)days[1];
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
        sqlite3_stmt *statement = khach__index_statement(index, SQL_DAYS_SIZE);

        if (statement == NULL)
            return khach__index_failure(index->db);
        (void)sqlite3_bind_int64(statement, 1, filter->business_id);
        (void)sqlite3_bind_int64(statement, 2, from + (days - 1) * i / 2);
        (void)sqlite3_bind_int64(statement, 3, 20000);
        status = khach__index_number(index, statement, &found);
        *rows += found;
    }
    *rows = days > 0 ? *rows * days / 3 : 0;
    return status;
}

khach_index_status khach__days_collect(khach_index *index, id_set *out, size_t room_max,
    uint64_t rows_max, bool *is_whole)
{
    const khach_index_filter *filter = index->judge.filter;
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAYS_SET);
    khach_index_status status = KHACH_INDEX_OK;
    int result;

    out->count = 0;
    *is_whole = true;
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, filter->messaged_from);
    (void)sqlite3_bind_int64(statement, 3, filter->messaged_to);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (rows_max-- == 0 || out->count == room_max) {
            *is_whole = false;
            break;
        }
        if (!is_first_day((uint32_t)sqlite3_column_int64(statement, 2),
                sqlite3_column_int64(statement, 3), filter->messaged_kinds, filter->messaged_from)
            || !khach__judge_has_page(filter, sqlite3_column_int64(statement, 1)))
            continue;
        if (!khach__id_set_add(out, sqlite3_column_int64(statement, 0)))
            status = KHACH_INDEX_MEMORY;
    }
    if (status == KHACH_INDEX_OK && *is_whole && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    if (status == KHACH_INDEX_OK && khach__index_must_stop(index))
        status = KHACH_INDEX_INTERRUPTED;
    if (status == KHACH_INDEX_OK)
        khach__id_set_sort(out);
    return status;
}
