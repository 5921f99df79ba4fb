/* How many customers a filter has: from the counts where they tell, else by the cheapest way to
 * look at each. */

#include "plan.h"

typedef struct counting {
    plan plan;
    uint64_t max;
    uint64_t count;
} counting;

/* What may still be counted. */
static int64_t rest_of(const counting *work)
{
    uint64_t rest = work->max - work->count;

    return rest < INT64_MAX ? (int64_t)rest : INT64_MAX;
}

/* A range of the index of what was created, or one of it for each run. */
static khach_index_status count_created(counting *work)
{
    const khach_index_filter *filter = work->plan.filter;
    sqlite3_stmt *statement = khach__index_statement(
        work->plan.index, work->plan.has_traits ? SQL_RUN_SIZE : SQL_CREATED_SIZE);
    size_t turns = work->plan.has_traits ? work->plan.runs.count : 1;
    khach_index_status status = KHACH_INDEX_OK;
    int first = work->plan.has_traits ? 3 : 2;

    if (statement == NULL)
        return khach__index_failure(work->plan.index->db);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < turns && work->count < work->max; i++) {
        int64_t found = 0;

        (void)sqlite3_bind_int64(statement, 1,
            work->plan.has_traits ? work->plan.runs.runs[i].page : filter->business_id);
        if (work->plan.has_traits)
            (void)sqlite3_bind_int64(statement, 2, work->plan.runs.runs[i].traits);
        (void)sqlite3_bind_int64(statement, first, filter->created_from);
        (void)sqlite3_bind_int64(statement, first + 1, filter->created_before);
        (void)sqlite3_bind_int64(statement, first + 2, rest_of(work));
        status = khach__index_number(work->plan.index, statement, &found);
        work->count += (uint64_t)found;
    }
    return status;
}

/* Every row of every run. */
static khach_index_status count_runs(counting *work)
{
    khach_index *index = work->plan.index;
    sqlite3_stmt *statement = khach__index_statement(
        index, work->plan.filter->name != NULL ? SQL_COUNT_NAMES : SQL_COUNT_RUN);
    khach_index_status status = KHACH_INDEX_OK;

    if (statement == NULL)
        return khach__index_failure(index->db);
    for (size_t i = 0;
         status == KHACH_INDEX_OK && i < work->plan.runs.count && work->count < work->max; i++) {
        int64_t found = 0;

        (void)sqlite3_bind_int64(statement, 1, work->plan.runs.runs[i].page);
        (void)sqlite3_bind_int64(statement, 2, work->plan.runs.runs[i].traits);
        (void)sqlite3_bind_int64(statement, 3, rest_of(work));
        status = khach__index_number(index, statement, &found);
        work->count += (uint64_t)found;
    }
    return status;
}

/* Looks at every customer of the best source, unless the rows of an index, without their records,
 * cost less. */
static khach_index_status count_searched(counting *work)
{
    plan *costs = &work->plan;
    const bounds *limits = &costs->index->bounds;
    verdict out = {.count_max = work->max};
    double runs_cost = (double)costs->runs.customers * limits->row_cost
        + (double)costs->runs.count * limits->run_cost;
    bool is_whole = true;
    khach_index_status status = KHACH_INDEX_OK;

    if (costs->best_cost <= runs_cost || costs->is_flower) {
        status = khach__plan_read(costs, &out);
        work->count = out.count;
        return status;
    }
    if (costs->has_days) {
        day_range range = {costs->days.from, costs->days.to, limits->ids};

        status = khach__days_collect(costs->index, &range, &costs->ids, &is_whole);
        if (status == KHACH_INDEX_OK && !is_whole) {
            status = khach__source_scan(costs->index, &out);
            work->count = out.count;
            return status;
        }
        costs->index->judge.ids = &costs->ids;
    }
    return status != KHACH_INDEX_OK ? status : count_runs(work);
}

khach_index_status khach_index_count(
    khach_index *index, const khach_index_filter *filter, uint64_t count_max, uint64_t *out)
{
    counting work = {.max = count_max};
    plan *costs = &work.plan;
    verdict all = {.count_max = count_max};
    khach_index_status status = khach__plan_open(costs, index, filter, false);
    bool is_searched = filter->name != NULL || costs->has_days;

    if (status == KHACH_INDEX_OK && !index->is_ready) {
        status = khach__source_scan(index, &all);
        work.count = all.count;
    } else if (status == KHACH_INDEX_OK && khach__plan_is_empty(costs)) {
        work.count = 0;
    } else if (status == KHACH_INDEX_OK && costs->has_days && filter->name == NULL
        && count_max <= index->bounds.ids) {
        /* What the days alone tell. */
        day_range range = {costs->days.from, costs->days.to, count_max};
        bool is_whole;

        status = khach__days_collect(index, &range, &costs->ids, &is_whole);
        work.count = costs->ids.count;
    } else if (status == KHACH_INDEX_OK && is_searched) {
        status = count_searched(&work);
    } else if (status == KHACH_INDEX_OK && costs->has_created) {
        status = count_created(&work);
    } else if (status == KHACH_INDEX_OK) {
        if (!costs->has_traits)
            status = khach__runs_read(index, &costs->runs);
        work.count = costs->runs.customers;
    }
    khach__plan_free(costs);
    if (status == KHACH_INDEX_OK)
        *out = work.count < count_max ? work.count : count_max;
    return status;
}
