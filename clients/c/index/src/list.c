/* How a list is found. Every way gives the same rows in the same order; they differ in cost. What
 * is cheap is done at once; else rows are taken in the order of the list, or from the latest days,
 * until there are enough, for about what the best source of all answers would cost, and then that
 * source is read. */

#include "plan.h"

#include <stdlib.h>

/* A list under way. */
typedef struct listing {
    plan plan;
    top list;
} listing;

static bool is_created_order(const listing *work)
{
    return work->list.order == KHACH_INDEX_CREATED_DESCENDING
        || work->list.order == KHACH_INDEX_CREATED_ASCENDING;
}

/* How many rows in the order of the list it takes to find enough that answer, at a guess. */
static double rows_wanted(const listing *work, cursor_kind kind)
{
    double customers = (double)work->plan.runs.customers_all;
    double matches = work->plan.matches < 1 ? 1 : work->plan.matches;
    double share = customers > matches ? customers / matches : 1;

    /* Of days, only what answers is read, as far as they tell. */
    if (kind == CURSOR_DAYS)
        return (double)work->list.room;
    /* Of names, only those of one rank fill a page before the end. */
    return (double)work->list.room * share * (work->list.order == KHACH_INDEX_RELEVANCE ? 2 : 1);
}

static double runs_cost(const plan *costs)
{
    return (double)costs->runs.count * costs->index->bounds.run_cost;
}

/* --- in the order of the list --- */

/* Whether only the row of a customer tells that it answers. */
static bool needs_probe(const listing *work, cursor_kind kind)
{
    const plan *costs = &work->plan;

    if (kind == CURSOR_DAYS)
        return costs->filter->name != NULL;
    if (costs->has_days && costs->index->judge.ids == NULL)
        return true;
    /* A name is in the index by the last message, but for its marks and signs. */
    return costs->is_flower || khach__plan_ranks_by_record(costs, work->list.order)
        || (costs->filter->name != NULL && is_created_order(work));
}

/* Takes rows until the list is settled, there are no more, or they have cost too much. */
static khach_index_status take_rows(
    listing *work, cursor *rows, cursor_kind kind, double budget, bool *is_done)
{
    khach_index *index = work->plan.index;
    bool is_probed = needs_probe(work, kind);
    khach_index_status status = KHACH_INDEX_OK;
    uint64_t probes_left = budget / index->bounds.probe_cost < 1e15
        ? (uint64_t)(budget / index->bounds.probe_cost)
        : UINT64_MAX;
    khach_index_position row;
    bool has_row = true;
    bool is_accepted = true;

    *is_done = true;
    while (!khach__top_is_settled(&work->list, INT64_MIN)) {
        status = khach__cursor_next(rows, &row, &has_row);
        if (status != KHACH_INDEX_OK || !has_row)
            break;
        if (work->list.order != KHACH_INDEX_RELEVANCE)
            row.rank = 0;
        if (!khach__top_wants(&work->list, &row))
            continue;
        if (is_probed && probes_left-- == 0) {
            *is_done = false;
            return KHACH_INDEX_OK;
        }
        if (is_probed)
            status = khach__source_probe(index, &work->list, &row, &is_accepted);
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
    double wanted = rows_wanted(work, kind);
    double rows_max;
    cursor *rows = NULL;
    khach_index_status status;

    *is_done = false;
    if (kind != CURSOR_WALK)
        budget -= (double)runs->count * costs->run_cost;
    if (budget <= 0)
        return KHACH_INDEX_OK;
    rows_max = budget / (kind == CURSOR_DAYS ? costs->day_cost : costs->row_cost);
    asked->is_spent = false;
    asked->rows_left = rows_max < 1e15 ? (uint64_t)rows_max : UINT64_MAX;
    status = khach__cursor_open(&rows, work->plan.index, kind,
        is_created_order(work) ? work->list.order : KHACH_INDEX_INBOUND_DESCENDING, after, runs,
        (uint64_t)(wanted < rows_max ? wanted : rows_max));
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
    size_t count = (size_t)(costs->days.to - costs->days.from + 1);
    khach_index_status status;

    days.runs = calloc(count + 1, sizeof(*days.runs));
    if (days.runs == NULL)
        return KHACH_INDEX_MEMORY;
    days.count = days.customers = count;
    for (size_t i = 0; i < count; i++)
        days.runs[i] = (run){costs->filter->business_id, costs->days.from + (int64_t)i, 1};
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

/* --- the ways of a list that is not done at once --- */

typedef enum way { WAY_ORDER, WAY_RECENT, WAY_DAYS } way;

/* The others of a search, newest first. */
static khach_index_status take_ranked(listing *work, double budget, bool *is_done)
{
    const khach_index_position *after = work->list.after;
    khach_index_status status;

    /* Behind a row of a rank, first the rest of that rank; the ranks behind it are newest first
     * again, which the source of all answers does better. */
    if (after != NULL && after->rank > work->list.complete_rank)
        work->list.complete_rank = after->rank - 1;
    else
        after = NULL;
    status = take_order(work, after, budget, is_done);
    if (after != NULL && !khach__top_is_settled(&work->list, INT64_MIN))
        *is_done = false;
    return status;
}

/* The days of the last writers; behind a row, those that it may have written on. */
static khach_index_status take_recent(listing *work, double budget, bool *is_done)
{
    const plan *costs = &work->plan;
    judge *asked = &costs->index->judge;
    const khach_index_position *after = work->list.after;
    recent_walk walk = {.from = costs->days.from, .to = costs->days.last, .budget = budget};
    uint64_t mask = asked->name_mask;
    khach_index_status status;

    if (after != NULL && work->list.order == KHACH_INDEX_INBOUND_DESCENDING
        && after->key < (walk.to - 1) * DAY_MS)
        walk.to = after->key > 0 ? (int32_t)(after->key / DAY_MS) + 1 : 0;
    /* The names that begin with the query were too many to be read: they fill the list. */
    if (work->list.order == KHACH_INDEX_RELEVANCE && work->list.complete_rank < 4
        && !costs->is_flower && !costs->has_days && !costs->has_created && after == NULL) {
        walk.is_partial = true;
        asked->name_mask = khach_name_query_begin_mask(costs->filter->name);
    }
    status = khach__recent_take(costs->index, &work->list, &walk);
    asked->name_mask = mask;
    *is_done = walk.is_done;
    return status;
}

/* Who has the sign of a flower, when it costs less to know than to look at those who wrote last. */
static khach_index_status collect_flowers(listing *work)
{
    plan *costs = &work->plan;
    const bounds *limits = &costs->index->bounds;
    double everyone = (double)costs->runs.customers_all;
    double walked = (double)work->list.room * everyone / (costs->named + 1);
    khach_index_status status;

    if (costs->ids.count > 0
        || costs->named * limits->row_cost > walked * (limits->probe_cost - limits->row_cost))
        return KHACH_INDEX_OK;
    status = khach__ids_of_tokens(costs->index, &costs->ids);
    if (status != KHACH_INDEX_OK)
        return status;
    khach__id_set_sort(&costs->ids);
    costs->index->judge.ids = &costs->ids;
    return KHACH_INDEX_OK;
}

/* Begins a list: empty, or with the best names when they are few. */
static khach_index_status begin(listing *work, bool *is_done)
{
    khach_index_status status = KHACH_INDEX_OK;

    work->list.count = 0;
    *is_done = false;
    /* All flowers have one rank. */
    work->list.complete_rank = work->plan.is_flower;
    if (work->plan.is_flower && !is_created_order(work))
        return collect_flowers(work);
    if (work->list.order != KHACH_INDEX_RELEVANCE)
        return KHACH_INDEX_OK;
    status = khach__names_take(&work->plan, &work->list);
    *is_done = status == KHACH_INDEX_OK && khach__top_is_settled(&work->list, INT64_MIN);
    return status;
}

/* Takes one way, for what it may cost. */
static khach_index_status take(listing *work, way taken, double budget, bool *is_done)
{
    if (taken == WAY_RECENT)
        return take_recent(work, budget, is_done);
    if (taken == WAY_DAYS)
        return take_days(work, budget, is_done);
    return work->list.order == KHACH_INDEX_RELEVANCE
        ? take_ranked(work, budget, is_done)
        : take_order(work, work->list.after, budget, is_done);
}

/* The two ways that there are, the cheaper one first, unless the source of all answers is cheaper.
 * Guesses are wrong at times: the first gets what both were thought to cost, and more. */
static khach_index_status take_ways(listing *work, bool *is_done)
{
    plan *costs = &work->plan;
    double source_cost = costs->best_cost;
    guess guessed;
    way ways[2];
    double guesses[2];
    khach_index_status status = begin(work, is_done);

    if (status == KHACH_INDEX_OK && !*is_done)
        status = khach__plan_guess(costs, work->list.order, work->list.room, &guessed);
    if (status != KHACH_INDEX_OK || *is_done)
        return status;
    ways[0] = WAY_ORDER;
    ways[1] = is_created_order(work) ? WAY_DAYS : WAY_RECENT;
    guesses[0] = guessed.order;
    guesses[1] = guessed.days;
    if (guesses[1] < guesses[0]) {
        ways[1] = ways[0];
        ways[0] = is_created_order(work) ? WAY_DAYS : WAY_RECENT;
        guesses[1] = guesses[0];
        guesses[0] = guessed.days;
    }
    for (int i = 0; i < 2 && status == KHACH_INDEX_OK && !*is_done; i++) {
        double budget = i == 0 ? costs->index->bounds.cheap_cost + 2 * guesses[1] : source_cost;
        double most = i == 0 && guesses[1] < 1e18 && is_created_order(work)
            ? costs->index->bounds.cheap_cost + 2 * source_cost
            : source_cost;

        /* What a source costs is known better than what a way does. */
        if (guesses[i] >= source_cost
            || (source_cost <= costs->index->bounds.cheap_cost * 2.5
                && guesses[i] * 2 >= source_cost))
            break;
        if (i > 0)
            status = begin(work, is_done);
        if (status == KHACH_INDEX_OK && !*is_done)
            status = take(work, ways[i], budget < most ? budget : most, is_done);
    }
    return status;
}

/* After the ways have cost too much. */
static khach_index_status take_source(listing *work)
{
    plan *costs = &work->plan;
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};
    day_range range = {costs->days.from, costs->days.to, costs->index->bounds.ids};
    bool is_whole = true;
    bool is_done;
    khach_index_status status;

    work->list.count = 0;
    costs->index->judge.rank_max = 8;
    costs->index->judge.ids = NULL;
    if (costs->best != SOURCE_DAYS || costs->filter->name != NULL
        || costs->best_cost <= costs->index->bounds.cheap_cost * 10)
        return khach__plan_read(costs, &out);
    /* Many wrote on these days: who they are is read once, and the order walked. */
    status = khach__days_collect(costs->index, &range, &costs->ids, &is_whole);
    if (status != KHACH_INDEX_OK)
        return status;
    costs->index->judge.ids = is_whole ? &costs->ids : NULL;
    return take_order(work, work->list.after, 1e18, &is_done);
}

static khach_index_status choose(listing *work)
{
    plan *costs = &work->plan;
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};
    bool is_done = false;
    khach_index_status status;

    if (!costs->index->is_ready
        || (costs->is_flower && !costs->has_tokens && costs->best_cost > 1e17))
        return khach__source_scan(costs->index, &out);
    if (khach__plan_is_empty(costs))
        return KHACH_INDEX_OK;
    if (costs->best_cost <= costs->index->bounds.cheap_cost / 8
        || (costs->is_flower && !costs->has_tokens))
        return khach__plan_read(costs, &out);
    status = take_ways(work, &is_done);
    return status != KHACH_INDEX_OK || is_done ? status : take_source(work);
}

khach_index_status khach_index_list(khach_index *index, const khach_index_filter *filter,
    khach_index_order order, const khach_index_position *after, khach_index_position *out,
    size_t *count)
{
    listing work = {0};
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
