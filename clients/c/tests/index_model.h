#ifndef KHACH_TESTS_INDEX_MODEL_H
#define KHACH_TESTS_INDEX_MODEL_H

/* Made-up customers, and answers about them by looking at every one: the oracle of the index. */

#include "index.h"

#define MODEL_CUSTOMERS 300
#define MODEL_DAYS_MAX 6
#define MODEL_BUSINESSES 2 /* at most */
#define MODEL_PAGES 6
#define MODEL_DAY_MS INT64_C(86400000)
/* Days are those of UTC here: 2025-01-01 is the first. */
#define MODEL_FIRST_DAY 20089

typedef struct model_customer {
    bool is_there;
    int64_t id;
    int64_t business;
    int64_t page;
    int channel;
    int name_status;
    const char *name;
    int64_t created_at, first_recorded_at, first_inbound_at, last_inbound_at;
    const char *phone; /* NULL for none */
    bool is_phone_rejected;
    const char *email;
    int64_t phone_seen_at, email_seen_at;
    int block_state;
    int64_t blocked_from, blocked_until; /* 0: none */
    size_t days_count;
    int32_t days[MODEL_DAYS_MAX];
    uint32_t activities[MODEL_DAYS_MAX];
    uint8_t *record;
    size_t record_bytes;
} model_customer;

typedef struct model {
    uint64_t seed;
    int64_t businesses;
    model_customer customers[MODEL_CUSTOMERS];
} model;

uint64_t model_next(model *world);
/* A number below `count`. */
size_t model_pick(model *world, size_t count);
/* Gives a customer a new state, keeping its id, business and page when it has them. */
void model_change(model *world, size_t number);
void model_free(model *world);

/* Everyone that the filter has, in order; the room is for all. Returns how many. */
size_t model_list(const model *world, const khach_index_filter *filter, khach_index_order order,
    khach_index_position *out);
void model_statistics(const model *world, const khach_index_statistics_query *query,
    khach_index_statistics *out);

#endif
