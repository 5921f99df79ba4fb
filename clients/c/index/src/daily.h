#ifndef KHACH_INDEX_SRC_DAILY_H
#define KHACH_INDEX_SRC_DAILY_H

/* What was done on a day on a page. */

#include "index.h"

/* Whom a day has of a kind, or, DAILY_CONVERSATIONS, how many were begun: by messages, by
 * comments. */
enum { DAILY_ACTIVE, DAILY_MESSAGING, DAILY_COMMENTING, DAILY_CONVERSATIONS, DAILY_BITS = 2 };

/* How many customers did it last so many days before; 0 days: never. */
typedef struct daily_part {
    uint64_t key;
    uint64_t count;
} daily_part;

/* Of one day and one page; keys ascend. */
typedef struct daily {
    daily_part *parts;
    size_t count;
    size_t room;
} daily;

static inline uint64_t daily_key(int measure, int64_t days)
{
    return (uint64_t)days << DAILY_BITS | (uint64_t)measure;
}

static inline int daily_measure(uint64_t key) { return (int)(key & ((1u << DAILY_BITS) - 1)); }

/* Reads a row's counts into `out`, in which others may have been. */
khach_index_status khach__daily_read(daily *out, const uint8_t *bytes, size_t bytes_count);
void khach__daily_free(daily *counted);
/* Adds what a customer did on a day. */
khach_index_status khach__daily_add(daily *counted, const khach_index_day *day);
/* A customer's day becomes another; NULL for none. */
khach_index_status khach__daily_put(khach_index *index, const khach_index_customer *customer,
    const khach_index_day *before, const khach_index_day *after);
/* Counts the days of all customers; the table is empty. */
khach_index_status khach__daily_fill(khach_index *index);

#endif
