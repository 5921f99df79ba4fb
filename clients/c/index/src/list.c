/* How a list is found. Every way gives the same rows in the same order; they differ in cost. What
 * is cheap is done at once; else rows are taken in the order of the list until there are enough,
 * for at most what the best source of all answers would cost, and then that source is read. */

#include "plan.h"

#include <stdlib.h>

/* A list under way. */
typedef struct listing {
    plan plan;
    top list;
    /* All names of this rank and better are in the list. */
    int complete_rank;
} listing;

static bool is_created_order(const listing *work)
{
    return work->list.order == KHACH_INDEX_CREATED_DESCENDING
        || work->list.order == KHACH_INDEX_CREATED_ASCENDING;
}

/* How many rows in the order of the list it takes to find enough that answer, at a guess. */
static double rows_wanted(const listing *work)
{
    double customers = (double)work->plan.runs.customers_all;
    double matches = work->plan.matches < 1 ? 1 : work->plan.matches;
    double share = customers > matches ? customers / matches : 1;

    /* Of names, only those of one rank fill a page before the end. */
    return (double)work->list.room * share * (work->list.order == KHACH_INDEX_RELEVANCE ? 2 : 1);
}

static double runs_cost(const plan *costs)
{
    return (double)costs->runs.count * costs->index->bounds.run_cost;
}

/* --- in the order of the list --- */

/* Whether a list that is full cannot be bettered by rows behind those that were seen. */
static bool is_settled(const listing *work)
{
    if (work->list.count < work->list.room)
        return false;
    return work->list.order != KHACH_INDEX_RELEVANCE
        || work->list.rows[work->list.room - 1].rank <= work->complete_rank + 1;
}

/* Whether only the row of a customer tells that it answers. */
static bool needs_probe(const listing *work, cursor_kind kind)
{
    const plan *costs = &work->plan;

    if (kind == CURSOR_DAYS)
        return khach__judge_has_traits(costs->index) || costs->filter->name != NULL;
    if (costs->has_days && costs->index->judge.ids == NULL)
        return true;
    /* A name is in the index by the last message, but for its marks. */
    return costs->filter->name != NULL && work->list.order != KHACH_INDEX_INBOUND_DESCENDING;
}

/* Takes rows until the list is settled, there are no more, or they have cost too much. */
static khach_index_status take_rows(
    listing *work, cursor *rows, cursor_kind kind, double budget, bool *is_done)
{
    khach_index *index = work->plan.index;
    bool is_probed = needs_probe(work, kind);
    khach_index_order order = work->list.order;
    khach_index_status status = KHACH_INDEX_OK;
    uint64_t probes_left = budget / index->bounds.probe_cost < 1e15
        ? (uint64_t)(budget / index->bounds.probe_cost)
        : UINT64_MAX;
    khach_index_position row;
    bool has_row = true;
    bool is_accepted = true;

    *is_done = true;
    while (!is_settled(work)) {
        status = khach__cursor_next(rows, &row, &has_row);
        if (status != KHACH_INDEX_OK || !has_row)
            break;
        if (order != KHACH_INDEX_RELEVANCE)
            row.rank = 0;
        if (!khach__top_wants(&work->list, &row))
            continue;
        if (is_probed && probes_left-- == 0) {
            *is_done = false;
            return KHACH_INDEX_OK;
        }
        if (is_probed)
            status = khach__source_probe(index, order, &row, &is_accepted);
        if (status != KHACH_INDEX_OK)
            return status;
        if (is_accepted)
            khach__top_add(&work->list, &row);
    }
    *is_done = has_row || !index->judge.is_spent;
    return status;
}

static khach_index_status take_cursor(listing *work, cursor_kind kind, const run_list *runs,
    const khach_index_position *after, double budget, bool *is_done)
{
    judge *asked = &work->plan.index->judge;
    const bounds *costs = &work->plan.index->bounds;
    double rows_max;
    cursor *rows = NULL;
    khach_index_status status;

    *is_done = false;
    if (kind != CURSOR_WALK)
        budget -= (double)runs->count * costs->run_cost;
    if (budget <= 0)
        return KHACH_INDEX_OK;
    rows_max = budget / costs->row_cost;
    asked->is_spent = false;
    asked->rows_left = rows_max < 1e15 ? (uint64_t)rows_max : UINT64_MAX;
    status = khach__cursor_open(&rows, work->plan.index, kind,
        is_created_order(work) ? work->list.order : KHACH_INDEX_INBOUND_DESCENDING, after, runs,
        (uint64_t)(rows_wanted(work) < rows_max ? rows_wanted(work) : rows_max));
    if (status == KHACH_INDEX_OK)
        status = take_rows(work, rows, kind, budget, is_done);
    khach__cursor_free(rows);
    asked->rows_left = UINT64_MAX;
    asked->is_spent = false;
    return status;
}

/* The days of the range, each in the order of the list, merged. */
static khach_index_status take_days(listing *work, double budget, bool *is_done)
{
    const plan *costs = &work->plan;
    run_list days = {0};
    size_t count = (size_t)(costs->day_to - costs->day_from + 1);
    khach_index_status status;

    days.runs = calloc(count + 1, sizeof(*days.runs));
    if (days.runs == NULL)
        return KHACH_INDEX_MEMORY;
    days.count = days.customers = count;
    for (size_t i = 0; i < count; i++)
        days.runs[i] = (run){costs->filter->business_id, costs->day_from + (int64_t)i, 1};
    status = take_cursor(work, CURSOR_DAYS, &days, work->list.after, budget, is_done);
    khach__runs_free(&days);
    return status;
}

/* The runs of the index of the list's order. By created date it is walked when no run is asked for,
 * or when the filter is so dense that a walk has met enough of them before they are opened. */
static khach_index_status take_order(
    listing *work, const khach_index_position *after, double budget, bool *is_done)
{
    const plan *costs = &work->plan;
    const run_list *runs = &costs->runs;
    const bounds *limits = &costs->index->bounds;
    double opening = runs_cost(costs);
    /* A row in `share` of a walk is one of the runs'. */
    double share = (double)runs->customers_all / (double)(runs->customers + 1);
    khach_index_status status = KHACH_INDEX_OK;

    *is_done = false;
    if (is_created_order(work) && !costs->has_traits)
        return take_cursor(work, CURSOR_WALK, runs, after, budget, is_done);
    /* A walk that meets too few of them is given up for the runs. */
    if (is_created_order(work) && !runs->is_partial
        && share * (double)work->list.room * limits->row_cost < opening)
        status = take_cursor(work, CURSOR_WALK, runs, after,
            2 * opening < budget ? 2 * opening : budget, is_done);
    if (status != KHACH_INDEX_OK || *is_done)
        return status;
    return take_cursor(work, CURSOR_RUNS, runs, after, budget, is_done);
}

/* --- by name, best first --- */

/* The names that are equal to the query or begin with it, from their own index, when they are fewer
 * than the rows that a walk would read to find them. */
static khach_index_status take_names(listing *work)
{
    khach_index *index = work->plan.index;
    double customers = (double)work->plan.runs.customers_all;
    khach_index_status status = KHACH_INDEX_OK;

    for (int is_prefix = 1; is_prefix >= 0 && work->complete_rank == 0; is_prefix--) {
        verdict out = {.list = &work->list, .count_max = UINT64_MAX};
        int64_t rows = 0;

        status = khach__size_of_names(index, is_prefix != 0, &rows);
        if (status != KHACH_INDEX_OK)
            return status;
        if ((double)rows * index->bounds.lookup_cost
            > 1e5 + (double)work->list.room * customers / (double)(rows + 1)
                * index->bounds.row_cost)
            continue;
        work->complete_rank = is_prefix != 0 ? 4 : 2;
        status = khach__source_names(index, is_prefix != 0, &out);
    }
    if (khach_name_query_has_marks(work->plan.filter->name) == 0)
        work->complete_rank++;
    index->judge.rank_max = 8;
    return status;
}

/* Then the others, newest first. */
static khach_index_status take_ranked(listing *work, double budget, bool *is_done)
{
    const khach_index_position *after = work->list.after;
    khach_index_status status = take_names(work);

    *is_done = is_settled(work);
    if (status != KHACH_INDEX_OK || *is_done)
        return status;
    /* Behind a row of a rank, first the rest of that rank; the ranks behind it are newest first
     * again, which the source of all answers does better. */
    if (after != NULL && after->rank > work->complete_rank)
        work->complete_rank = after->rank - 1;
    else
        after = NULL;
    status = take_order(work, after, budget, is_done);
    if (after != NULL && !is_settled(work))
        *is_done = false;
    return status;
}

/* --- choosing --- */

/* Whether the order of the list will not give enough rows for what the source costs. */
static bool is_source_better(const listing *work)
{
    const plan *costs = &work->plan;
    double opening = is_created_order(work) ? 0 : runs_cost(costs);

    if (costs->best_cost <= costs->index->bounds.cheap_cost)
        return true;
    return costs->has_tokens
        && opening + rows_wanted(work) * costs->index->bounds.row_cost > costs->best_cost;
}

/* After the order of the list has cost too much. */
static khach_index_status take_source(listing *work)
{
    plan *costs = &work->plan;
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};
    bool is_whole = true;
    bool is_done;
    khach_index_status status;

    work->list.count = 0;
    costs->index->judge.rank_max = 8;
    if (costs->best != SOURCE_DAYS || costs->filter->name != NULL
        || costs->best_cost <= costs->index->bounds.cheap_cost * 10)
        return khach__plan_read(costs, &out);
    /* Many wrote on these days: who they are is read once, and the order walked. */
    status = khach__days_collect(
        costs->index, &costs->ids, costs->index->bounds.ids, UINT64_MAX, &is_whole);
    if (status != KHACH_INDEX_OK)
        return status;
    costs->index->judge.ids = is_whole ? &costs->ids : NULL;
    return take_order(work, work->list.after, 1e18, &is_done);
}

static khach_index_status choose(listing *work)
{
    plan *costs = &work->plan;
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};
    int64_t days = (int64_t)costs->day_to - costs->day_from + 1;
    bool is_done = false;
    khach_index_status status;

    if (!costs->index->is_ready || (costs->filter->name != NULL && !costs->has_tokens
            && costs->best_cost > 1e17))
        return khach__source_scan(costs->index, &out);
    if (costs->has_days && days <= 0)
        return KHACH_INDEX_OK;
    if (is_source_better(work) || (costs->filter->name != NULL && !costs->has_tokens))
        return khach__plan_read(costs, &out);
    if (work->list.order == KHACH_INDEX_RELEVANCE)
        status = take_ranked(work, costs->best_cost, &is_done);
    else if (costs->has_days && is_created_order(work)
        && days <= (int64_t)costs->index->bounds.days)
        status = take_days(work, costs->best_cost, &is_done);
    else
        status = take_order(work, work->list.after, costs->best_cost, &is_done);
    return status != KHACH_INDEX_OK || is_done ? status : take_source(work);
}

khach_index_status khach_index_list(khach_index *index, const khach_index_filter *filter,
    khach_index_order order, const khach_index_position *after, khach_index_position *out,
    size_t *count)
{
    listing work = {.complete_rank = 0};
    khach_index_status status = KHACH_INDEX_OK;

    work.list = (top){.rows = out, .room = *count, .order = order, .after = after};
    *count = 0;
    if (work.list.room == 0)
        return KHACH_INDEX_OK;
    status =
        khach__plan_open(&work.plan, index, filter, order == KHACH_INDEX_INBOUND_DESCENDING);
    if (status == KHACH_INDEX_OK)
        status = choose(&work);
    *count = status == KHACH_INDEX_OK ? work.list.count : 0;
    khach__plan_free(&work.plan);
    return status;
}
