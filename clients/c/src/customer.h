#ifndef KHACH_SRC_CUSTOMER_H
#define KHACH_SRC_CUSTOMER_H

/* The values that callers read: made here, filled by the cache. */

#include "error.h"
#include "record.h"

#include <khach/customer.h>

struct khach_customer {
    Khach__V1__Customer *record;
    uint8_t *bytes; /* that it was decoded from */
    size_t bytes_count;
    uint64_t seq;
    bool is_pending;
};

struct khach_customer_list {
    khach_customer *customers;
    size_t count;
    size_t room;
    char next[96];
    uint64_t seq;
    bool is_complete;
    bool is_capped;
};

struct khach_page_list {
    Khach__V1__Business *business;
    Khach__V1__Page **pages;
    size_t count;
    size_t room;
};

/* A list with room for `room` customers; NULL when there is no memory. */
khach_customer_list *khach__customer_list_new(size_t room);

/* A record of the cache. */
typedef struct khach_customer_row {
    const uint8_t *bytes;
    size_t bytes_count;
    uint64_t seq;
} khach_customer_row;

/* Decodes a record into an empty customer: KHACH_E_CACHE_CORRUPT when its bytes are no customer. */
khach_status khach__customer_fill(
    khach_customer *customer, const khach_customer_row *row, khach_error **error);

/* The same into the next place of a list, which must have one; the bytes alone when `is_decoded` is
 * false. */
khach_status khach__customer_list_add(khach_customer_list *list, const khach_customer_row *row,
    bool is_decoded, khach_error **error);

#endif
