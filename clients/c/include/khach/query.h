#ifndef KHACH_QUERY_H
#define KHACH_QUERY_H

#include <khach/client.h>
#include <khach/customer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Questions to the cache: no network, the same answers as the server's at the same commit
 * sequence. A cache that never synced answers KHACH_E_NOT_SYNCED, never "nothing".
 *
 * For every function here, unless it says otherwise:
 * Owns:    on KHACH_OK `*out` is yours; on failure it is NULL or 0. If `error` is not NULL,
 *          `*error` is set on failure and is yours: khach_error_free().
 * Borrows: every argument, until the call returns.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */

#define KHACH_QUERY_LIMIT_DEFAULT 200
#define KHACH_QUERY_LIMIT_MAX 1000
#define KHACH_QUERY_PAGES_MAX 1000
#define KHACH_QUERY_CHANNELS_MAX 16
#define KHACH_QUERY_NAME_STATUSES_MAX 4
/** Most bytes of a text to search for. */
#define KHACH_SEARCH_TEXT_BYTES_MAX 1000

/** A condition that may be left out. The values are ABI. */
typedef enum khach_ternary {
    KHACH_TERNARY_ANY = 0,
    KHACH_TERNARY_YES = 1,
    KHACH_TERNARY_NO = 2
} khach_ternary;

/** Which interactions count as having written. The values are ABI. */
typedef enum khach_activity {
    /** The same as KHACH_ACTIVITY_ANY. */
    KHACH_ACTIVITY_UNSPECIFIED = 0,
    KHACH_ACTIVITY_ANY = 1,
    KHACH_ACTIVITY_MESSAGES = 2,
    KHACH_ACTIVITY_COMMENTS = 3
} khach_activity;

/** The id is the last key: ascending in the second, otherwise descending. The values are ABI. */
typedef enum khach_order {
    /** KHACH_ORDER_RELEVANCE when there is a name to search for, else the newest first. */
    KHACH_ORDER_UNSPECIFIED = 0,
    KHACH_ORDER_CREATED_DESCENDING = 1,
    KHACH_ORDER_CREATED_ASCENDING = 2,
    /** Those who never wrote come last. */
    KHACH_ORDER_LAST_INBOUND_DESCENDING = 3,
    /** Only with a name: equal, beginning, in order, in any order; then the latest inbound. */
    KHACH_ORDER_RELEVANCE = 4
} khach_order;

/** Which customers. All conditions hold together. Begin with khach_query_init(). */
typedef struct khach_query {
    size_t struct_size;
    /** Empty means every page. At most KHACH_QUERY_PAGES_MAX. */
    const char *const *page_ids;
    size_t page_id_count;
    /** Local days of the business, "YYYY-MM-DD", both inclusive; NULL or "" means open. */
    const char *created_from;
    const char *created_to;
    /** 0 means KHACH_QUERY_LIMIT_DEFAULT; at most KHACH_QUERY_LIMIT_MAX. */
    uint32_t limit;
    /** From khach_customer_list_next() of the same query; NULL or "" begins. */
    const char *after;
    /* A caller of version 0.1 ends here. */
    /** khach_channel numbers; empty means every one. At most KHACH_QUERY_CHANNELS_MAX. */
    const int32_t *channels;
    size_t channel_count;
    /** khach_name_status numbers; empty means every one. */
    const int32_t *name_statuses;
    size_t name_status_count;
    /** Every word begins a different word of the name; NULL or "" for no condition. */
    const char *name;
    /** The customer wrote on a local day of these, both inclusive; NULL or "" means open. */
    const char *messaged_from;
    const char *messaged_to;
    /** A khach_activity, which goes with the two days. */
    int32_t messaged_kind;
    /** A khach_ternary: one that nobody rejected is there. */
    int32_t has_phone;
    int32_t has_email;
    int32_t blocked;
    /** A khach_order. */
    int32_t order;
} khach_query;

/** Clears `query` and sets its size. NULL is a no-op. */
KHACH_API void khach_query_init(khach_query *query);

/**
 * Reads one customer.
 *
 * KHACH_E_NOT_FOUND says that the business has no such customer; KHACH_E_NOT_SYNCED that the cache
 * does not know. `*out` is released with khach_customer_free().
 */
KHACH_API KHACH_MUST_USE khach_status khach_get(
    khach_customer **out, khach_client *client, const char *id, khach_error **error);

/**
 * Lists customers in the order of `query`, which may be NULL for all, the newest first.
 *
 * KHACH_E_NOT_FOUND when a page is not of the business. KHACH_E_INVALID names the field.
 */
KHACH_API KHACH_MUST_USE khach_status khach_list(khach_customer_list **out, khach_client *client,
    const khach_query *query, khach_error **error);

/** Counts the customers that khach_list() would give in all its pages. */
KHACH_API KHACH_MUST_USE khach_status khach_count(
    uint64_t *out, khach_client *client, const khach_query *query, khach_error **error);

/**
 * Finds customers by name: khach_list() with `text` for the name, best first. The filters of
 * `query`, which may be NULL, hold too.
 */
KHACH_API KHACH_MUST_USE khach_status khach_search(khach_customer_list **out, khach_client *client,
    const char *text, const khach_query *query, khach_error **error);

/** Reads the business and its pages, in order of id. */
KHACH_API KHACH_MUST_USE khach_status khach_pages(
    khach_page_list **out, khach_client *client, khach_error **error);

#ifdef __cplusplus
}
#endif

#endif
