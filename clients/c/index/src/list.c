/* How a list is found. Every way gives the same rows in the same order; they differ in cost, which
 * is bounded by a count or a budget before one is taken. */

#include "index.h"

#include <stdlib.h>

/* A list under way. */
typedef struct plan {
    khach_index *index;
    const khach_index_filter *filter;
    top list;
    run_list runs;
    bool has_runs;
    id_set ids;
    /* All rows of this rank and better are in the list. */
    int complete_rank;
} plan;

static khach_index_status take_all(plan *work,
    khach_index_status (*source)(khach_index *, verdict *), bool *is_done)
{
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};

    *is_done = true;
    return source(work->index, &out);
}

/* --- few customers: each is looked at --- */

static khach_index_status take_days(plan *work, bool *is_done)
{
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};
    uint64_t rows_max = (uint64_t)work->index->bounds.source_rows;
    khach_index_status status = khach__days_collect(
        work->index, &work->ids, (size_t)rows_max, rows_max * 4, is_done);

    if (status != KHACH_INDEX_OK || !*is_done)
        return status;
    return khach__source_ids(work->index, &work->ids, &out);
}

static khach_index_status take_runs(plan *work, bool *is_done)
{
    verdict out = {.list = &work->list, .count_max = UINT64_MAX};

    if (!work->has_runs || work->runs.customers > (uint64_t)work->index->bounds.source_rows)
        return KHACH_INDEX_OK;
    *is_done = true;
    return khach__source_runs(work->index, &work->runs, &out);
}

/* Tries every source that may be small; the list is whole when one was. */
static khach_index_status take_few(plan *work, bool *is_done)
{
    bool has_name = work->filter->name != NULL;
    bool has_tokens = has_name && khach_name_query_token_count(work->filter->name) > 0;
    bool has_days = work->filter->messaged_kinds != 0;
    /* The order's own index does better when nothing else than its key is asked. */
    bool is_searched = has_name || has_days;
    int64_t rows = INT64_MAX;
    khach_index_status status = KHACH_INDEX_OK;

    if (has_tokens) {
        status = khach__size_of_tokens(work->index, &rows);
        if (status == KHACH_INDEX_OK && rows <= work->index->bounds.source_rows)
            return take_all(work, khach__source_tokens, is_done);
    }
    if (status == KHACH_INDEX_OK && is_searched)
        status = take_runs(work, is_done);
    if (status != KHACH_INDEX_OK || *is_done)
        return status;
    if (is_searched || work->list.order == KHACH_INDEX_INBOUND_DESCENDING) {
        status = khach__size_of_created(work->index, &rows);
        if (status == KHACH_INDEX_OK && rows <= work->index->bounds.source_rows)
            return take_all(work, khach__source_created, is_done);
    }
    if (status == KHACH_INDEX_OK && has_days)
        status = take_days(work, is_done);
    return status;
}

/* --- many: in the order of the list until there are enough --- */

/* Whether only the row of a customer tells that it answers. */
static bool needs_probe(const plan *work)
{
    const khach_name_query *name = work->filter->name;

    if (work->filter->messaged_kinds != 0 && work->index->judge.ids == NULL)
        return true;
    if (name == NULL)
        return false;
    return work->list.order != KHACH_INDEX_INBOUND_DESCENDING
        || khach_name_query_token_count(name) == 0;
}

/* Whether a list that is full cannot be bettered by rows behind those that were seen. */
static bool is_settled(const plan *work)
{
    if (work->list.count < work->list.room)
        return false;
    return work->list.order != KHACH_INDEX_RELEVANCE
        || work->list.rows[work->list.room - 1].rank <= work->complete_rank + 1;
}

/* Takes rows in order; `*is_done` unless the budget was spent. */
static khach_index_status take_in_order(
    plan *work, cursor *rows, uint64_t probes_max, bool *is_done)
{
    bool is_probed = needs_probe(work);
    khach_index_order order = work->list.order;
    khach_index_status status = KHACH_INDEX_OK;
    uint64_t probes = 0;
    cursor_row row;
    bool has_row = true;

    while (!is_settled(work)) {
        status = khach__cursor_next(rows, &row, &has_row);
        if (status != KHACH_INDEX_OK || !has_row)
            break;
        if (order != KHACH_INDEX_RELEVANCE)
            row.position.rank = 0;
        if (!row.is_accepted || !khach__top_wants(&work->list, &row.position))
            continue;
        if (is_probed && probes++ == probes_max) {
            *is_done = false;
            return KHACH_INDEX_OK;
        }
        if (is_probed)
            status = khach__source_probe(work->index, row.position.id, order, &row);
        if (status != KHACH_INDEX_OK)
            break;
        if (row.is_accepted)
            khach__top_add(&work->list, &row.position);
    }
    *is_done = has_row || !work->index->judge.is_spent;
    return status;
}

/* Opens the cursor that reads the fewest rows, and takes from it within the budgets. */
static khach_index_status take_cursor(plan *work, const khach_index_position *after,
    uint64_t rows_max, uint64_t probes_max, bool *is_done)
{
    khach_index_order order = work->list.order == KHACH_INDEX_RELEVANCE
        ? KHACH_INDEX_INBOUND_DESCENDING
        : work->list.order;
    judge *asked = &work->index->judge;
    cursor *rows = NULL;
    khach_index_status status;
    bool is_walk = !work->has_runs;

    if (work->has_runs && work->runs.customers > 0) {
        /* A row in `share` of a walk is one of the runs'. */
        uint64_t share = work->runs.customers_all / work->runs.customers;

        is_walk = share < 3
            || (work->runs.count > work->index->bounds.runs && share < work->runs.count / 8);
    }
    asked->is_spent = false;
    /* A walk that meets too few of the runs' customers is given up for the runs. */
    asked->rows_left = rows_max;
    if (work->has_runs && is_walk)
        asked->rows_left = work->list.room * 4 + (work->filter->name != NULL ? 10000 : 2000);
    status = khach__cursor_open(
        &rows, work->index, order, after, is_walk ? NULL : &work->runs, work->list.room);
    if (status == KHACH_INDEX_OK)
        status = take_in_order(work, rows, probes_max, is_done);
    khach__cursor_free(rows);
    if (status != KHACH_INDEX_OK || *is_done || !work->has_runs || !is_walk
        || !asked->is_spent)
        return status;

    rows = NULL;
    asked->is_spent = false;
    asked->rows_left = rows_max;
    status =
        khach__cursor_open(&rows, work->index, order, after, &work->runs, work->list.room);
    if (status == KHACH_INDEX_OK)
        status = take_in_order(work, rows, probes_max, is_done);
    khach__cursor_free(rows);
    return status;
}

/* By name, best first: equal and beginning names from the index of names, as far as they are few;
 * the others newest first. What a row costs there is paid for as many as the answers are rare. */
static khach_index_status take_ranked(plan *work, bool *is_done)
{
    khach_index_position newest = {0};
    const khach_index_position *after = work->list.after;
    khach_index_status status = KHACH_INDEX_OK;

    for (int is_prefix = 1; is_prefix >= 0 && work->complete_rank == 0; is_prefix--) {
        int64_t rows = 0;
        verdict out = {.list = &work->list, .count_max = UINT64_MAX};

        status = khach__size_of_names(work->index, is_prefix != 0, &rows);
        if (status != KHACH_INDEX_OK)
            return status;
        if (rows > work->index->bounds.source_rows)
            continue;
        work->complete_rank = is_prefix != 0 ? 4 : 2;
        status = khach__source_names(work->index, is_prefix != 0, &out);
    }
    if (khach_name_query_has_marks(work->filter->name) == 0)
        work->complete_rank++;
    work->index->judge.rank_max = 8;
    if (status != KHACH_INDEX_OK || is_settled(work)) {
        *is_done = true;
        return status;
    }
    /* Behind a row of a rank, first the rest of that rank; the next ranks are newest first again,
     * which the list of all answers does better. */
    if (after != NULL && after->rank > work->complete_rank) {
        newest = *after;
        work->complete_rank = after->rank - 1;
    } else {
        after = NULL;
    }
    status = take_cursor(work, after == NULL ? NULL : &newest, work->index->bounds.cursor_rows,
        UINT64_MAX, is_done);
    if (after != NULL && !is_settled(work))
        *is_done = false;
    return status;
}

static khach_index_status take_many(plan *work)
{
    bool has_tokens =
        work->filter->name != NULL && khach_name_query_token_count(work->filter->name) > 0;
    bool is_searched = has_tokens || work->filter->messaged_kinds != 0;
    bool is_done = false;
    bool is_whole = true;
    khach_index_status status;

    if (work->filter->name != NULL && !has_tokens)
        return take_all(work, khach__source_scan, &is_done);
    if (work->list.order == KHACH_INDEX_RELEVANCE) {
        status = take_ranked(work, &is_done);
    } else {
        status = take_cursor(work, work->list.after,
            is_searched ? work->index->bounds.cursor_rows : UINT64_MAX,
            is_searched ? work->index->bounds.probes : UINT64_MAX, &is_done);
    }
    if (status != KHACH_INDEX_OK || is_done)
        return status;

    work->list.count = 0;
    work->index->judge.rank_max = 8;
    if (has_tokens)
        return take_all(work, khach__source_tokens, &is_done);
    status = khach__days_collect(
        work->index, &work->ids, work->index->bounds.ids, UINT64_MAX, &is_whole);
    if (status != KHACH_INDEX_OK)
        return status;
    work->index->judge.ids = is_whole ? &work->ids : NULL;
    return take_cursor(work, work->list.after, UINT64_MAX, UINT64_MAX, &is_done);
}

khach_index_status khach_index_list(khach_index *index, const khach_index_filter *filter,
    khach_index_order order, const khach_index_position *after, khach_index_position *out,
    size_t *count)
{
    plan work = {.index = index, .filter = filter};
    bool is_done = false;
    khach_index_status status = KHACH_INDEX_OK;

    work.list = (top){.rows = out, .room = *count, .order = order, .after = after};
    *count = 0;
    if (work.list.room == 0)
        return KHACH_INDEX_OK;
    khach__judge_open(index, filter);
    if (!index->is_ready) {
        status = take_all(&work, khach__source_scan, &is_done);
    } else {
        work.has_runs = khach__filter_has_traits(filter);
        if (work.has_runs)
            status = khach__runs_read(index, &work.runs);
        if (status == KHACH_INDEX_OK)
            status = take_few(&work, &is_done);
        if (status == KHACH_INDEX_OK && !is_done)
            status = take_many(&work);
    }
    *count = status == KHACH_INDEX_OK ? work.list.count : 0;
    khach__runs_free(&work.runs);
    free(work.ids.ids);
    return status;
}
