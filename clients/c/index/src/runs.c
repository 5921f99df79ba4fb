/* Which pages and traits customers have, and how many: every filter without days, counted. */

#include "index.h"

#include <stdlib.h>

bool khach__filter_has_traits(const khach_index_filter *filter)
{
    return filter->pages_count > 0 || filter->channels != 0 || filter->name_statuses != 0
        || filter->has_phone >= 0 || filter->has_email >= 0 || filter->blocked >= 0;
}

static khach_index_status add_run(run_list *list, const run *added)
{
    if (list->count == list->room) {
        size_t room = list->room * 2 + 64;
        run *grown = realloc(list->runs, room * sizeof(*grown));

        if (grown == NULL)
            return KHACH_INDEX_MEMORY;
        list->runs = grown;
        list->room = room;
    }
    list->runs[list->count++] = *added;
    list->customers += added->customers;
    return KHACH_INDEX_OK;
}

static khach_index_status read_rows(khach_index *index, run_list *list, sqlite3_stmt *statement)
{
    const judge *asked = &index->judge;
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t customers = sqlite3_column_int64(statement, 2);
        run found = {sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
            (uint64_t)customers};

        if (customers <= 0)
            continue;
        list->customers_all += found.customers;
        if (asked->traits[found.traits & (KHACH_TRAITS_COUNT - 1)]
            && khach__judge_has_page(asked->filter, found.page))
            status = add_run(list, &found);
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

khach_index_status khach__runs_read(khach_index *index, run_list *list)
{
    const khach_index_filter *filter = index->judge.filter;
    khach_index_status status = KHACH_INDEX_OK;
    /* The rows of the business are one range; few pages are read alone, unless their share of all
     * customers is asked for too. */
    bool is_whole = filter->pages_count == 0 || filter->pages_count > 32 || filter->name != NULL
        || filter->messaged_kinds != 0 || filter->created_from != INT64_MIN
        || filter->created_before != INT64_MAX;
    size_t turns = is_whole ? 1 : filter->pages_count;
    sqlite3_stmt *statement = khach__index_statement(
        index, is_whole ? SQL_TRAITS_OF_BUSINESS : SQL_TRAITS_OF_PAGE);

    list->is_partial = !is_whole;
    if (statement == NULL)
        return khach__index_failure(index->db);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < turns; i++) {
        (void)sqlite3_bind_int64(statement, 1, filter->business_id);
        if (!is_whole)
            (void)sqlite3_bind_int64(statement, 2, filter->pages[i]);
        status = read_rows(index, list, statement);
    }
    return status;
}

void khach__runs_free(run_list *list)
{
    free(list->runs);
    *list = (run_list){0};
}
