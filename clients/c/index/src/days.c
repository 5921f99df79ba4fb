/* Who wrote in a range of days. Each customer comes once: on its first such day in the range. */

#include "index.h"

/* Seeks for a day and a page that are cheaper than reading the days of every page. */
#define SEEKS_MAX 20000

/* A collection under way. */
typedef struct collection {
    khach_index *index;
    id_set *out;
    size_t room_max;
    uint64_t rows_left;
    bool is_whole;
} collection;

static khach_index_status collect(collection *work, sqlite3_stmt *statement)
{
    const khach_index_filter *filter = work->index->judge.filter;
    uint32_t kinds = filter->messaged_kinds;
    /* Column of the day before of the same kinds. */
    int since = kinds == KHACH_DAY_MESSAGED ? 4 : kinds == KHACH_DAY_COMMENTED ? 5 : 3;
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int32_t before = sqlite3_column_int(statement, since);

        if (work->rows_left-- == 0 || work->out->count == work->room_max) {
            work->is_whole = false;
            break;
        }
        if (((uint32_t)sqlite3_column_int64(statement, 2) & kinds) == 0
            || (before >= filter->messaged_from && before != 0)
            || !khach__judge_has_page(filter, sqlite3_column_int64(statement, 1)))
            continue;
        if (!khach__id_set_add(work->out, sqlite3_column_int64(statement, 0))) {
            (void)sqlite3_reset(statement);
            return KHACH_INDEX_MEMORY;
        }
    }
    (void)sqlite3_reset(statement);
    return result == SQLITE_DONE || result == SQLITE_ROW
        ? KHACH_INDEX_OK
        : khach__index_failure(work->index->db);
}

khach_index_status khach__days_collect(khach_index *index, id_set *out, size_t room_max,
    uint64_t rows_max, bool *is_whole)
{
    const khach_index_filter *filter = index->judge.filter;
    collection work = {index, out, room_max, rows_max, true};
    int64_t days = (int64_t)filter->messaged_to - filter->messaged_from + 1;
    bool is_by_page = filter->pages_count > 0 && days * (int64_t)filter->pages_count <= SEEKS_MAX;
    sqlite3_stmt *statement =
        khach__index_statement(index, is_by_page ? SQL_DAYS_SET_OF_PAGE : SQL_DAYS_SET);
    khach_index_status status = KHACH_INDEX_OK;

    out->count = 0;
    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, filter->business_id);
    if (!is_by_page) {
        (void)sqlite3_bind_int64(statement, 2, filter->messaged_from);
        (void)sqlite3_bind_int64(statement, 3, filter->messaged_to);
        status = collect(&work, statement);
    }
    for (int64_t i = 0; is_by_page && i < days && work.is_whole; i++) {
        for (size_t page = 0;
             status == KHACH_INDEX_OK && work.is_whole && page < filter->pages_count; page++) {
            (void)sqlite3_bind_int64(statement, 2, filter->messaged_from + i);
            (void)sqlite3_bind_int64(statement, 3, filter->pages[page]);
            status = collect(&work, statement);
        }
    }
    *is_whole = work.is_whole;
    if (status == KHACH_INDEX_OK && khach__index_must_stop(index))
        status = KHACH_INDEX_INTERRUPTED;
    if (status == KHACH_INDEX_OK)
        khach__id_set_sort(out);
    return status;
}
