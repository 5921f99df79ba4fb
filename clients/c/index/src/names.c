/* The best names of a search: those that are equal to the query, and those that begin with it,
 * from an index of their own. Each is looked up while they are few; of more, those who wrote last
 * are. */

#include "plan.h"

/* How often a day of the last ones has somebody who was met, as a share of those who are new. */
#define REPEATED 1.5

/* What a search would cost in three ways. */
typedef struct naming {
    double read;   /* looking up every name */
    double recent; /* looking up those of them who wrote last */
    double order;  /* walking everybody until enough of them are met */
} naming;

static naming weigh(const plan *work, const top *list, int64_t names)
{
    const bounds *costs = &work->index->bounds;
    double everyone = (double)work->runs.customers_all;
    /* Of the names, who has pages and traits that are asked for. */
    double accepted = (double)names * (double)(work->runs.customers + 1) / (everyone + 1);
    double met = (double)list->room * everyone / (accepted + 1);
    naming out = {.read = (double)names * costs->probe_cost,
        .recent = 1e18,
        .order = (double)work->runs.count * costs->run_cost
            + (double)list->room * everyone / (double)(names + 1) * costs->row_cost};

    if (!work->has_days && !work->has_created && accepted > (double)list->room
        && names < SIZE_ROWS_MAX && list->after == NULL)
        out.recent = (double)names * costs->pass_cost + met * REPEATED * costs->pass_cost
            + (double)list->room * costs->probe_cost * 2;
    return out;
}

/* Those of the names who wrote last. The list is as it was when they do not fill it. */
static khach_index_status take_recent(plan *work, top *list, bool is_prefix, double cost)
{
    recent_walk walk = {work->day_from, work->day_last, work->index->bounds.cheap_cost + 2 * cost,
        false};
    id_hash wanted = {0};
    size_t count = list->count;
    khach_index_status status = khach__ids_of_names(work->index, is_prefix, &wanted);

    work->index->judge.wanted = &wanted;
    if (status == KHACH_INDEX_OK)
        status = khach__recent_take(work->index, list, &walk);
    work->index->judge.wanted = NULL;
    khach__id_hash_free(&wanted);
    if (!walk.is_done || !khach__top_is_settled(list, INT64_MIN))
        list->count = count;
    return status;
}

khach_index_status khach__names_take(plan *work, top *list)
{
    khach_index *index = work->index;
    naming costs[2] = {0}; /* of those that are equal, and of all that begin so */
    khach_index_status status = KHACH_INDEX_OK;
    bool is_prefix;
    bool is_whole = false;

    for (int i = 0; i < 2 && status == KHACH_INDEX_OK; i++) {
        int64_t names = 0;

        status = khach__size_of_names(index, i == 1, &names);
        costs[i] = weigh(work, list, names);
    }
    for (int i = 1; i >= 0 && status == KHACH_INDEX_OK && !is_whole; i--) {
        verdict out = {.list = list, .count_max = UINT64_MAX};

        is_whole = costs[i].read <= 1e5 + costs[i].order
            && (costs[i].read <= 1e5 + costs[i].recent || costs[i].read < 2e5);
        if (!is_whole)
            continue;
        list->complete_rank = i == 1 ? 4 : 2;
        status = khach__source_names(index, i == 1, &out);
    }
    if (khach_name_query_has_marks(work->filter->name) == 0)
        list->complete_rank++;
    index->judge.rank_max = 8;
    is_prefix = is_whole;
    if (status != KHACH_INDEX_OK || list->complete_rank >= 4 || work->were_names_walked
        || khach__top_is_settled(list, INT64_MIN)
        || costs[is_prefix].recent >= costs[is_prefix].order)
        return status;
    work->were_names_walked = true;
    return take_recent(work, list, is_prefix, costs[is_prefix].recent);
}
