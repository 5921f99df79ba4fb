/* How many customers a filter has: from the counts where they tell, else by the cheapest way to
 * look at each. */

#include "index.h"

#include <stdlib.h>

typedef struct counting {
    khach_index *index;
    const khach_index_filter *filter;
    run_list runs;
    bool has_traits;
    id_set ids;
    uint64_t max;
    uint64_t count;
} counting;

static bool has_created(const khach_index_filter *filter)
{
    return filter->created_from != INT64_MIN || filter->created_before != INT64_MAX;
}

/* A range of the index of what was created, or one of it for each run. */
static khach_index_status count_created(counting *work)
{
    const khach_index_filter *filter = work->filter;
    sqlite3_stmt *statement =
        khach__index_statement(work->index, work->has_traits ? SQL_RUN_SIZE : SQL_CREATED_SIZE);
    size_t turns = work->has_traits ? work->runs.count : 1;
    khach_index_status status = KHACH_INDEX_OK;
    int first = work->has_traits ? 3 : 2;

    if (statement == NULL)
        return khach__index_failure(work->index->db);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < turns && work->count < work->max; i++) {
        uint64_t rest = work->max - work->count;
        int64_t found = 0;

        (void)sqlite3_bind_int64(statement, 1,
            work->has_traits ? work->runs.runs[i].page : filter->business_id);
        if (work->has_traits)
            (void)sqlite3_bind_int64(statement, 2, work->runs.runs[i].traits);
        (void)sqlite3_bind_int64(statement, first, filter->created_from);
        (void)sqlite3_bind_int64(statement, first + 1, filter->created_before);
        (void)sqlite3_bind_int64(
            statement, first + 2, rest < INT64_MAX ? (int64_t)rest : INT64_MAX);
        status = khach__index_number(work->index, statement, &found);
        work->count += (uint64_t)found;
    }
    return status;
}

static khach_index_status count_rows(counting *work,
    khach_index_status (*source)(khach_index *, verdict *))
{
    verdict out = {.count_max = work->max};
    khach_index_status status = source(work->index, &out);

    work->count = out.count;
    return status;
}

static khach_index_status count_ids(counting *work)
{
    verdict out = {.count_max = work->max};
    khach_index_status status;

    khach__id_set_sort(&work->ids);
    status = khach__source_ids(work->index, &work->ids, &out);
    work->count = out.count;
    return status;
}

/* Every row of the index that has all columns, or of its runs. */
static khach_index_status count_all(counting *work)
{
    khach_index *index = work->index;
    bool is_named = work->filter->name != NULL;
    cursor *rows = NULL;
    cursor_row row;
    bool has_row = true;
    khach_index_status status;

    if (!work->has_traits || work->runs.count > work->index->bounds.runs
        || work->runs.customers * 3 > work->runs.customers_all) {
        sqlite3_stmt *statement =
            khach__index_statement(index, is_named ? SQL_COUNT_SCAN : SQL_COUNT_ALL);
        int64_t found = 0;

        if (statement == NULL)
            return khach__index_failure(index->db);
        (void)sqlite3_bind_int64(statement, 1, work->filter->business_id);
        (void)sqlite3_bind_int64(
            statement, 2, work->max < INT64_MAX ? (int64_t)work->max : INT64_MAX);
        status = khach__index_number(index, statement, &found);
        work->count = (uint64_t)found;
        return status;
    }
    status = khach__cursor_open(
        &rows, index, KHACH_INDEX_INBOUND_DESCENDING, NULL, &work->runs, SIZE_MAX / 4);
    while (status == KHACH_INDEX_OK && work->count < work->max) {
        status = khach__cursor_next(rows, &row, &has_row);
        if (!has_row)
            break;
        work->count += row.is_accepted;
    }
    khach__cursor_free(rows);
    return status;
}

static khach_index_status count_searched(counting *work)
{
    const khach_name_query *name = work->filter->name;
    bool has_tokens = name != NULL && khach_name_query_token_count(name) > 0;
    bool has_days = work->filter->messaged_kinds != 0;
    khach_index_status status = KHACH_INDEX_OK;
    int64_t rows_max = work->index->bounds.source_rows;
    int64_t rows = INT64_MAX;
    bool is_whole = false;

    if (work->has_traits && work->runs.customers <= (uint64_t)rows_max) {
        verdict out = {.count_max = work->max};

        status = khach__source_runs(work->index, &work->runs, &out);
        work->count = out.count;
        return status;
    }
    if (has_tokens) {
        status = khach__size_of_tokens(work->index, &rows);
        if (status == KHACH_INDEX_OK && rows <= rows_max)
            status = khach__ids_of_tokens(work->index, &work->ids);
        if (status != KHACH_INDEX_OK || rows <= rows_max)
            return status != KHACH_INDEX_OK ? status : count_ids(work);
    }
    status = khach__size_of_created(work->index, &rows);
    if (status != KHACH_INDEX_OK || rows <= rows_max)
        return status != KHACH_INDEX_OK ? status : count_rows(work, khach__source_created);
    if (name != NULL && !has_tokens)
        return count_rows(work, khach__source_scan);
    if (has_days) {
        status = khach__days_collect(
            work->index, &work->ids, work->index->bounds.ids, UINT64_MAX, &is_whole);
        if (status == KHACH_INDEX_OK && is_whole && work->ids.count <= (size_t)rows_max)
            return count_ids(work);
        if (status == KHACH_INDEX_OK && !is_whole)
            return count_rows(work, khach__source_scan);
        work->index->judge.ids = &work->ids;
    }
    return status != KHACH_INDEX_OK ? status : count_all(work);
}

/* Who wrote on some day, of some pages: what the days alone tell. */
static bool is_of_days_alone(const khach_index_filter *filter)
{
    khach_index_filter rest = *filter;

    rest.pages_count = 0;
    return filter->messaged_kinds != 0 && filter->name == NULL && !has_created(filter)
        && !khach__filter_has_traits(&rest);
}

khach_index_status khach_index_count(
    khach_index *index, const khach_index_filter *filter, uint64_t count_max, uint64_t *out)
{
    counting work = {.index = index, .filter = filter, .max = count_max};
    khach_index_status status = KHACH_INDEX_OK;

    khach__judge_open(index, filter);
    work.has_traits = khach__filter_has_traits(filter);
    if (!index->is_ready) {
        status = count_rows(&work, khach__source_scan);
    } else if (is_of_days_alone(filter) && count_max <= index->bounds.ids) {
        bool is_whole = true;

        status = khach__days_collect(index, &work.ids, count_max, UINT64_MAX, &is_whole);
        work.count = work.ids.count;
    } else {
        status = khach__runs_read(index, &work.runs);
        if (status == KHACH_INDEX_OK && (filter->name != NULL || filter->messaged_kinds != 0))
            status = count_searched(&work);
        else if (status == KHACH_INDEX_OK && has_created(filter))
            status = count_created(&work);
        else
            work.count = work.runs.customers;
    }
    khach__runs_free(&work.runs);
    free(work.ids.ids);
    if (status == KHACH_INDEX_OK)
        *out = work.count < count_max ? work.count : count_max;
    return status;
}
