/* The best names of a search: those that are equal to the query, and those that begin with it,
 * from an index of their own, while they cost less than a walk that meets enough of them. */

#include "plan.h"

/* Names that cost no more are read in any case. */
#define NAMES_COST 1e5
/* Of what a source costs that has every answer, what names may cost before it. */
#define NAMES_SHARE 0.25

/* What it costs to meet enough of so many names newest first: by the days of the last writers, or
 * by the index of the last message. */
static double walk_cost(const plan *work, const top *list, int64_t names)
{
    const bounds *costs = &work->index->bounds;
    double everyone = (double)work->runs.customers_all;
    /* Of the names, who has pages and traits that are asked for. */
    double accepted = (double)names * (double)(work->runs.customers + 1) / (everyone + 1);
    double met = (double)list->room * everyone / (accepted + 1) / NEW_SHARE;
    double days = met * costs->day_cost + (double)list->room * khach__plan_look_cost(work);
    double order = (double)work->runs.count * costs->run_cost
        + (double)list->room * everyone / (double)(names + 1) * costs->row_cost;
    double least = days < order ? days : order;

    /* Of names, few have days or dates that are asked for: a source that is known has them all. */
    if ((work->has_days || work->has_created) && work->best_cost * NAMES_SHARE < least)
        return work->best_cost * NAMES_SHARE;
    return least;
}

khach_index_status khach__names_take(plan *work, top *list)
{
    khach_index *index = work->index;
    khach_index_status status = KHACH_INDEX_OK;
    bool is_whole = false;

    for (int i = 1; i >= 0 && status == KHACH_INDEX_OK && !is_whole; i--) {
        verdict out = {.list = list, .count_max = UINT64_MAX};
        int64_t names = 0;

        status = khach__size_of_names(index, i == 1, &names);
        is_whole = status == KHACH_INDEX_OK
            && names < NAMES_SIZE_MAX
            && (double)names * khach__plan_look_cost(work)
                <= NAMES_COST + walk_cost(work, list, names);
        if (!is_whole)
            continue;
        list->complete_rank = i == 1 ? 4 : 2;
        status = khach__source_names(index, i == 1, &out);
    }
    if (khach_name_query_has_marks(work->filter->name) == 0)
        list->complete_rank++;
    index->judge.rank_max = 8;
    return status;
}
