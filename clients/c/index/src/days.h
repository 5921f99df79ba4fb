#ifndef KHACH_INDEX_SRC_DAYS_H
#define KHACH_INDEX_SRC_DAYS_H

/* What a day says of a customer who did something on it. */

#include "khach_index.h"

#include <stdbool.h>

#define DAY_MS INT64_C(86400000)
/* After the end of a day in UTC, what is still this day somewhere. */
#define DAY_SLACK_MS (DAY_MS / 2)

/* The last day before with a kind of activity: any, a message, a comment. */
enum { SINCE_ANY, SINCE_MESSAGE, SINCE_COMMENT, SINCE_BITS = 20 };

static inline int64_t since_day(int64_t since, int kind)
{
    return since >> (kind * SINCE_BITS) & ((1 << SINCE_BITS) - 1);
}

/* Of which day before is told what a filter of these kinds asks. */
static inline int since_kind(uint32_t kinds)
{
    return kinds == KHACH_DAY_MESSAGED ? SINCE_MESSAGE
        : kinds == KHACH_DAY_COMMENTED ? SINCE_COMMENT
                                       : SINCE_ANY;
}

/* Whether a day is the first of a range, which begins with `from`, to have one of these kinds. */
static inline bool is_first_day(uint32_t activity, int64_t since, uint32_t kinds, int32_t from)
{
    int64_t before = since_day(since, since_kind(kinds));

    return (activity & kinds) != 0 && (before == 0 || before < from);
}

/* What a day says of a customer. */
typedef struct day_facts {
    int64_t page;
    uint32_t traits;
    uint32_t activity;
    int64_t since;      /* see since_day() */
    uint64_t name_mask; /* khach_text_name_mask() */
} day_facts;

#define DAY_FACTS_BYTES 30

/* Writes DAY_FACTS_BYTES. */
void khach__day_facts_write(uint8_t *out, const day_facts *facts);
/* False when those bytes are no facts. */
bool khach__day_facts_read(day_facts *out, const void *bytes, size_t bytes_count);

#endif
