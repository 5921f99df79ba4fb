/* The latest writers that a filter accepts: days from the newest to the oldest, of each only those
 * who were created when the filter says. A customer is looked up on the last day, where it is met
 * first; whoever comes behind a day wrote no later than the day before. */

#include "index.h"

/* Takes those of a day who were not met on a later one. */
static khach_index_status take_day(
    khach_index *index, top *list, id_hash *met, int32_t day, recent_walk *walk)
{
    judge *asked = &index->judge;
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAY_CREATED);
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, asked->filter->business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    (void)sqlite3_bind_int64(statement, 3, asked->filter->created_from);
    (void)sqlite3_bind_int64(statement, 4, asked->created_before);
    walk->budget -= index->bounds.run_cost;
    asked->passed = 0;
    asked->asked_of_days = DAYS_LATEST;
    asked->day = day;
    while (status == KHACH_INDEX_OK && walk->budget > 0
        && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        khach_index_position row = {.id = sqlite3_column_int64(statement, 0)};
        bool is_new = false;

        status = khach__id_hash_add(met, row.id, &is_new);
        if (status != KHACH_INDEX_OK || !is_new)
            continue;
        walk->budget -= asked->filter->messaged_kinds != 0 ? index->bounds.probe_cost
                                                           : index->bounds.lookup_cost;
        status = khach__source_probe(index, list, &row, &is_new);
        if (status == KHACH_INDEX_OK && is_new)
            khach__top_add(list, &row);
    }
    (void)sqlite3_reset(statement);
    walk->budget -= (double)asked->passed * index->bounds.day_cost;
    if (status == KHACH_INDEX_OK && result != SQLITE_ROW && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    return status;
}

khach_index_status khach__recent_take(khach_index *index, top *list, recent_walk *walk)
{
    id_hash met = {0};
    khach_index_status status = KHACH_INDEX_OK;
    int64_t bound = INT64_MAX;

    walk->is_done = false;
    for (int32_t day = walk->to; status == KHACH_INDEX_OK && day >= walk->from; day--) {
        status = take_day(index, list, &met, day, walk);
        bound = day * DAY_MS + DAY_SLACK_MS;
        if (walk->budget <= 0 || khach__top_is_settled(list, bound))
            break;
        if (status == KHACH_INDEX_OK && khach__index_must_stop(index))
            status = KHACH_INDEX_INTERRUPTED;
        bound = 1;
    }
    /* Who never wrote is on no day, and behind all others. */
    walk->is_done = walk->budget > 0
        && (khach__top_is_settled(list, bound)
            || (index->judge.filter->messaged_kinds != 0 && !walk->is_partial));
    khach__id_hash_free(&met);
    return status;
}
