#include "plan.h"

#include <stdlib.h>

static void offer(plan *work, source offered, double cost)
{
    if (cost >= work->best_cost)
        return;
    work->best = offered;
    work->best_cost = cost;
}

static khach_index_status weigh_tokens(plan *work)
{
    const bounds *costs = &work->index->bounds;
    int64_t rows = 0;
    khach_index_status status = khach__size_of_tokens(
        work->index, &rows, (double)work->runs.customers_all, &work->matches);

    if (work->matches > (double)rows)
        work->matches = (double)rows;
    offer(work, SOURCE_TOKENS,
        (double)rows * costs->row_cost + work->matches * costs->lookup_cost);
    return status;
}

static khach_index_status weigh_days(plan *work)
{
    const bounds *costs = &work->index->bounds;
    int64_t rows = 0;
    khach_index_status status =
        khach__days_clip(work->index, &work->day_from, &work->day_to);

    if (status == KHACH_INDEX_OK)
        status = khach__days_size(work->index, work->day_from, work->day_to, &rows);
    if ((double)rows < work->matches)
        work->matches = (double)rows;
    offer(work, SOURCE_DAYS, (double)rows * (costs->row_cost + costs->lookup_cost));
    return status;
}

static khach_index_status weigh_created(plan *work)
{
    int64_t rows = 0;
    khach_index_status status = khach__size_of_created(work->index, &rows);

    /* One that was not counted to its end is taken for twice as many. */
    if (rows >= SIZE_ROWS_MAX)
        rows *= 2;
    offer(work, SOURCE_CREATED, (double)rows * work->index->bounds.lookup_cost);
    return status;
}

khach_index_status khach__plan_open(
    plan *work, khach_index *index, const khach_index_filter *filter, bool is_inbound)
{
    khach_index_status status = KHACH_INDEX_OK;
    bool is_searched;

    khach__judge_open(index, filter);
    *work = (plan){.index = index, .filter = filter, .matches = 1e18, .best_cost = 1e18};
    work->has_tokens = filter->name != NULL && khach_name_query_token_count(filter->name) > 0;
    work->has_days = filter->messaged_kinds != 0;
    work->has_created = filter->created_from != INT64_MIN || filter->created_before != INT64_MAX;
    work->has_traits = khach__filter_has_traits(filter);
    is_searched = filter->name != NULL || work->has_days;
    if (!index->is_ready)
        return KHACH_INDEX_OK;
    if (work->has_traits || is_searched || is_inbound)
        status = khach__runs_read(index, &work->runs);
    if (!is_searched && !(is_inbound && work->has_created))
        return status;

    if (status == KHACH_INDEX_OK && work->has_traits)
        offer(work, SOURCE_RUNS, (double)work->runs.customers * index->bounds.lookup_cost);
    if (status == KHACH_INDEX_OK && work->has_tokens)
        status = weigh_tokens(work);
    if (status == KHACH_INDEX_OK && work->has_days)
        status = weigh_days(work);
    if (status == KHACH_INDEX_OK && work->has_created && work->best_cost > 1e5)
        status = weigh_created(work);
    return status;
}

void khach__plan_free(plan *work)
{
    khach__runs_free(&work->runs);
    free(work->ids.ids);
    work->ids = (id_set){0};
}

static khach_index_status read_days(plan *work, verdict *out)
{
    bool is_whole;
    khach_index_status status = khach__days_collect(
        work->index, &work->ids, work->index->bounds.ids, UINT64_MAX, &is_whole);

    if (status != KHACH_INDEX_OK)
        return status;
    return is_whole ? khach__source_ids(work->index, &work->ids, out)
                    : khach__source_scan(work->index, out);
}

/* A customer that has two words with the beginning of a token is counted once. */
static khach_index_status read_tokens(plan *work, verdict *out)
{
    khach_index_status status;

    if (out->list != NULL)
        return khach__source_tokens(work->index, out);
    work->ids.count = 0;
    status = khach__ids_of_tokens(work->index, &work->ids);
    khach__id_set_sort(&work->ids);
    return status != KHACH_INDEX_OK ? status
                                    : khach__source_ids(work->index, &work->ids, out);
}

khach_index_status khach__plan_read(plan *work, verdict *out)
{
    switch (work->best) {
    case SOURCE_TOKENS:
        return read_tokens(work, out);
    case SOURCE_RUNS:
        return khach__source_runs(work->index, &work->runs, out);
    case SOURCE_CREATED:
        return khach__source_created(work->index, out);
    case SOURCE_DAYS:
        return read_days(work, out);
    case SOURCE_SCAN:
        break;
    }
    return khach__source_scan(work->index, out);
}
