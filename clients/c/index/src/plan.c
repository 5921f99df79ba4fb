#include "plan.h"

#include <stdlib.h>

/* Of names, how many have a bit of a query that they do not answer, at a guess. */
#define MASK_BIT_MISSES 0.2
/* After how many days what somebody wrote tells half as much of whether it wrote before. */
#define FRESH_DAYS 30
/* Of those who were created before the end of a range and wrote after it, who may have written in
 * it as far as two days tell, at a guess. */
#define MAYBE_SHARE 0.6
/* Rows that answer, of each day of a range that is merged, before the first of them is known. */
#define DAY_ROWS_WANTED 1.5
/* A guess of how many days are gone through to those whom nobody of a range wrote after. */
#define DAYS_TO_GO 400

static double least(double left, double right) { return left < right ? left : right; }

static void offer(plan *work, source offered, double cost)
{
    if (cost >= work->best_cost)
        return;
    work->best = offered;
    work->best_cost = cost;
}

/* The share of all names that answers, at a guess. */
static double named_share(const plan *work)
{
    double share;

    if (!work->has_tokens)
        return 1;
    share = (work->named + 1) / ((double)work->runs.customers_all + 1);
    return least(share, 1);
}

/* The share of all names that a day's rows do not refuse. */
static double masked_share(const plan *work)
{
    double misses = work->has_tokens ? 1 : 0;

    for (uint64_t left = work->index->judge.name_mask; left != 0; left &= left - 1)
        misses *= MASK_BIT_MISSES;
    return least(named_share(work) + misses, 1);
}

double khach__plan_look_cost(const plan *work)
{
    const bounds *costs = &work->index->bounds;
    const khach_name_query *name = work->filter->name;

    return name != NULL && (work->is_flower || khach_name_query_has_marks(name) != 0)
        ? costs->probe_cost
        : costs->lookup_cost;
}

static khach_index_status weigh_tokens(plan *work)
{
    const bounds *costs = &work->index->bounds;
    int64_t rows = 0;
    khach_index_status status = khach__size_of_tokens(
        work->index, &rows, (double)work->runs.customers_all, &work->matches);

    if (work->matches > (double)rows)
        work->matches = (double)rows;
    work->named = work->matches;
    offer(work, SOURCE_TOKENS,
        (double)rows * costs->pass_cost + work->matches * (costs->row_cost + costs->lookup_cost));
    return status;
}

static khach_index_status weigh_days(plan *work)
{
    const bounds *costs = &work->index->bounds;
    double share = (double)(work->runs.customers + 1) / (double)(work->runs.customers_all + 1);
    int64_t rows = 0;
    double reading;
    khach_index_status status =
        khach__days_size(work->index, work->days.from, work->days.to, &rows);

    work->written = (double)rows;
    /* Pages and traits are in the rows, so that only who has them is looked up. */
    if (work->runs.is_partial)
        share = 1;
    if ((double)rows * share < work->matches)
        work->matches = (double)rows * share;
    reading = ((double)work->days.to - work->days.from + 1) * costs->run_cost
        + (double)rows * costs->day_cost;
    offer(work, SOURCE_DAYS,
        reading + (double)rows * share * masked_share(work) * khach__plan_look_cost(work));
    return status;
}

static khach_index_status weigh_created(plan *work)
{
    const bounds *costs = &work->index->bounds;
    double rows = 0;
    khach_index_status status = khach__size_of_created(work->index, &rows);

    offer(work, SOURCE_CREATED, rows * costs->lookup_cost);
    if (work->has_tokens)
        offer(work, SOURCE_NAMED_CREATED,
            rows * costs->row_cost + (double)work->index->judge.token_rows * costs->pass_cost
                + rows * named_share(work) * (costs->row_cost + costs->lookup_cost));
    return status;
}

static bool has_sign(const khach_name_query *name)
{
    size_t at = 0;
    size_t bytes = 0;
    const char *plain = khach_name_query_plain(name, &bytes);

    return khach_text_find_sign(plain, bytes, &at) > 0;
}

khach_index_status khach__plan_open(
    plan *work, khach_index *index, const khach_index_filter *filter, bool is_inbound)
{
    khach_index_status status = KHACH_INDEX_OK;
    bool is_searched;

    khach__judge_open(index, filter);
    *work = (plan){.index = index, .filter = filter, .matches = 1e18, .best_cost = 1e18};
    work->is_flower = filter->name != NULL && khach_name_query_token_count(filter->name) == 0;
    work->has_tokens = filter->name != NULL && (!work->is_flower || has_sign(filter->name));
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

    if (status == KHACH_INDEX_OK)
        status = khach__days_clip(index, &work->days);
    if (status == KHACH_INDEX_OK && work->has_traits)
        offer(work, SOURCE_RUNS, (double)work->runs.customers * khach__plan_look_cost(work));
    if (status == KHACH_INDEX_OK && work->has_tokens)
        status = weigh_tokens(work);
    if (status == KHACH_INDEX_OK && work->has_days)
        status = weigh_days(work);
    if (status == KHACH_INDEX_OK && work->has_created && work->best_cost > 1e5)
        status = weigh_created(work);
    return status;
}

/* The share of the rows of the latest days that have a date of creation that is asked for, which
 * tells how many of the latest writers are passed over. `rows` is how many of a day have one. */
static khach_index_status read_density(plan *work, double *share, double *rows)
{
    const judge *asked = &work->index->judge;
    int64_t all = 0;
    int64_t some = 0;
    khach_index_status status = khach__day_size(work->index, work->days.last,
        asked->filter->created_from, asked->created_before, &some);

    if (status == KHACH_INDEX_OK)
        status =
            khach__day_size(work->index, work->days.last, INT64_MIN, INT64_MAX, &all);
    *share = all == 0 ? 1 : least(1, ((double)some + 0.1) / ((double)all + 0.1));
    *rows = (double)some + 0.1;
    return status;
}

/* What the guesses have in common. */
typedef struct crowd {
    double wanted;    /* customers that are to be found, but for days and dates of creation */
    double customers; /* of the pages and traits that are asked for */
    double everyone;  /* for each of whom they are as many as there are of all */
    double named;     /* the share of all who have the name */
} crowd;

/* Of those who wrote before the end of a range and after it, who wrote in it, at a guess: about as
 * many as of all who were there by then; more of a range that has just passed. */
static double wrote_share(const plan *work)
{
    const days_known *days = &work->days;
    double span = (double)days->to - days->from + 1;
    double ago = (double)days->last - days->to;
    double there = (double)work->runs.customers_all * ((double)days->to - days->first + 1)
        / ((double)days->last - days->first + 1);

    return least(1,
        work->written / (there + 1) + (0.05 + span / 32) * FRESH_DAYS / (FRESH_DAYS + ago));
}

/* By the last message: whoever wrote last is passed over when not created in time. */
static khach_index_status guess_latest(
    plan *work, khach_index_order order, const crowd *who, guess *out)
{
    const bounds *costs = &work->index->bounds;
    double wrote = work->has_days ? wrote_share(work) : 1;
    double wanted = who->wanted / wrote;
    double days = work->has_days ? (double)work->days.last - work->days.from + 1 : DAYS_TO_GO;
    double share = 1;
    double rows = 0;
    double walked;
    double probed;
    bool has_way = work->has_days || work->has_created || work->has_tokens;
    khach_index_status status = KHACH_INDEX_OK;

    if (has_way)
        status = read_density(work, &share, &rows);
    walked = least(who->customers, wanted / share);
    /* What the index by the last message cannot tell is asked of those whom it accepts. */
    probed = least(walked * share, wanted) * who->named;
    if (work->is_flower && work->ids.count == 0)
        probed = walked;
    else if (!work->is_flower && !work->has_days && !khach__plan_ranks_by_record(work, order))
        probed = 0;
    out->order = (double)work->runs.count * costs->run_cost + walked * costs->row_cost
        + probed * costs->probe_cost;
    out->days = 1e18;
    if (!has_way)
        return status;
    /* A day is taken whole, and half of one more. */
    walked = wanted * who->everyone / who->customers / NEW_SHARE;
    walked = walked > 1.5 * rows ? walked : 1.5 * rows;
    probed = walked * NEW_SHARE * who->customers / who->everyone * masked_share(work)
        * (work->has_days ? MAYBE_SHARE : 1);
    out->days = walked * costs->day_cost + least(days, walked / rows) * costs->run_cost
        + probed * (work->has_days ? costs->probe_cost : khach__plan_look_cost(work));
    return status;
}

/* By created date: rows of the days are judged where they are, those of the other indexes by the
 * customer's record. Most who were created in the range wrote in it. */
static void guess_created(const plan *work, khach_index_order order, const crowd *who, guess *out)
{
    const bounds *costs = &work->index->bounds;
    double days = (double)work->days.to - work->days.from + 1;
    double share = who->customers / who->everyone;
    double fresh = order == KHACH_INDEX_CREATED_DESCENDING ? work->written * share / 3 : 0;
    double probes = who->wanted;
    double rows = 2 * who->wanted / share + days * DAY_ROWS_WANTED / (share * masked_share(work));

    if (fresh < probes)
        probes = least(who->customers, probes + (who->wanted - fresh) * 20);
    out->order = probes * costs->probe_cost;
    if (work->has_traits)
        out->order += (double)work->runs.count * costs->run_cost;
    rows = least(rows, work->written);
    out->days = days * costs->run_cost + rows * costs->day_cost;
    if (work->filter->name != NULL)
        out->days += rows * share * masked_share(work) * costs->probe_cost;
    if (!work->has_days || days > (double)costs->days)
        out->days = 1e18;
}

khach_index_status khach__plan_guess(plan *work, khach_index_order order, size_t room, guess *out)
{
    const run_list *runs = &work->runs;
    crowd who = {.customers = (double)runs->customers + 1,
        .everyone = (double)(runs->is_partial ? runs->customers * 10 : runs->customers_all) + 1,
        .named = 1};

    who.wanted = (double)room;
    if (work->has_tokens && work->named < who.everyone)
        who.named = (work->named + 1) / who.everyone;
    who.wanted /= who.named;
    /* Of names, only those of one rank fill a page before the end. */
    if (order == KHACH_INDEX_RELEVANCE && !work->is_flower)
        who.wanted *= 2;
    who.wanted = least(who.wanted, who.customers);
    if (order == KHACH_INDEX_RELEVANCE || order == KHACH_INDEX_INBOUND_DESCENDING)
        return guess_latest(work, order, &who, out);
    guess_created(work, order, &who, out);
    return KHACH_INDEX_OK;
}

bool khach__plan_ranks_by_record(const plan *work, khach_index_order order)
{
    return order == KHACH_INDEX_RELEVANCE && khach_name_query_has_marks(work->filter->name) != 0;
}

bool khach__plan_is_empty(const plan *work)
{
    return (work->has_days && work->days.from > work->days.to)
        || (work->filter->name != NULL && work->runs.count == 0)
        || work->filter->created_from >= work->index->judge.created_before;
}

void khach__plan_free(plan *work)
{
    khach__runs_free(&work->runs);
    free(work->ids.ids);
    work->ids = (id_set){0};
}

/* Of those who were collected, keeps who has the rarest token and a name that answers. */
static khach_index_status keep_named(plan *work)
{
    id_hash wanted = {0};
    khach_index_status status = khach__id_hash_fill(&wanted, &work->ids);

    work->ids.count = 0;
    work->index->judge.wanted = &wanted;
    if (status == KHACH_INDEX_OK)
        status = khach__ids_of_tokens(work->index, &work->ids);
    work->index->judge.wanted = NULL;
    khach__id_hash_free(&wanted);
    khach__id_set_sort(&work->ids);
    return status;
}

static khach_index_status read_days(plan *work, verdict *out)
{
    bool is_whole;
    day_range range = {work->days.from, work->days.to, work->index->bounds.ids};
    khach_index_status status =
        khach__days_collect(work->index, &range, &work->ids, &is_whole);

    if (status != KHACH_INDEX_OK || !is_whole)
        return status != KHACH_INDEX_OK ? status : khach__source_scan(work->index, out);
    work->index->judge.are_days_known = true;
    status = khach__source_ids(work->index, &work->ids, out);
    work->index->judge.are_days_known = false;
    return status;
}

static khach_index_status read_created(plan *work, verdict *out)
{
    khach_index_status status;

    work->ids.count = 0;
    status = khach__ids_of_created(work->index, &work->ids);
    if (status == KHACH_INDEX_OK)
        status = keep_named(work);
    return status != KHACH_INDEX_OK ? status : khach__source_ids(work->index, &work->ids, out);
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
    case SOURCE_NAMED_CREATED:
        return read_created(work, out);
    case SOURCE_DAYS:
        return read_days(work, out);
    case SOURCE_SCAN:
        break;
    }
    return khach__source_scan(work->index, out);
}
