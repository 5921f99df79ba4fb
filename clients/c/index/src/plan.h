#ifndef KHACH_INDEX_SRC_PLAN_H
#define KHACH_INDEX_SRC_PLAN_H

/* What a question costs: by looking at each customer of a source, or in the order of a list. */

#include "index.h"

/* Of a day's rows in a walk over days, how many are of somebody who was not met. */
#define NEW_SHARE 0.5

/* Where every customer that may answer is, so that looking at each of them answers. */
typedef enum source {
    SOURCE_SCAN, /* everyone */
    SOURCE_TOKENS,
    SOURCE_RUNS,
    SOURCE_CREATED,
    SOURCE_DAYS,
    SOURCE_NAMED_CREATED /* of these, and of the rows of a token, who are both */
} source;

typedef struct plan {
    khach_index *index;
    const khach_index_filter *filter;
    bool has_tokens; /* words, or signs, by which names are found */
    bool is_flower;  /* a name without words, which is compared as it stands */
    bool has_days;
    bool has_created;
    bool has_traits;
    run_list runs;   /* read unless nothing is asked that needs them */
    days_known days; /* on which anybody wrote */
    double matches; /* a guess of how many customers answer */
    double named;   /* a guess of how many names answer */
    double written; /* a guess of how many rows the days of the range have */
    source best;
    double best_cost;
    id_set ids;
} plan;

/* Reads what the costs depend on, and finds the source that costs the least. */
khach_index_status khach__plan_open(
    plan *work, khach_index *index, const khach_index_filter *filter, bool is_inbound);
void khach__plan_free(plan *work);

/* Whether days or dates leave nobody. */
bool khach__plan_is_empty(const plan *work);

/* Whether the place of a name is only known by its record, which has the marks of its letters. */
bool khach__plan_ranks_by_record(const plan *work, khach_index_order order);

/* What it costs, at a guess, to take the first rows of a list. */
typedef struct guess {
    double order; /* in the order of the index of the list */
    double days;  /* by created date, days merged; otherwise, from the latest days */
} guess;

khach_index_status khach__plan_guess(plan *work, khach_index_order order, size_t room, guess *out);

/* What a look at a customer costs whose days are known. */
double khach__plan_look_cost(const plan *work);

/* Looks at every customer of the best source. */
khach_index_status khach__plan_read(plan *work, verdict *out);

/* --- names.c --- */

/* Begins a search: the best names, when they cost less than a walk that meets them. */
khach_index_status khach__names_take(plan *work, top *list);

#endif
