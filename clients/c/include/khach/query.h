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
/** A search by an indexed word looks at no more names than this. */
#define KHACH_SEARCH_NAMES_MAX 20000
/** Most bytes of a text to search for. */
#define KHACH_SEARCH_TEXT_BYTES_MAX 1000

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
 * Lists customers, newest first: created_at descending, then id descending.
 *
 * `query` may be NULL for all. KHACH_E_NOT_FOUND when a page is not of the business.
 */
KHACH_API KHACH_MUST_USE khach_status khach_list(khach_customer_list **out, khach_client *client,
    const khach_query *query, khach_error **error);

/** Counts the customers that khach_list() would give in all its pages. */
KHACH_API KHACH_MUST_USE khach_status khach_count(
    uint64_t *out, khach_client *client, const khach_query *query, khach_error **error);

/**
 * Finds customers by name: every word of `text` begins a different word of the name, in any order,
 * marks and case aside; best first. The filters of `query`, which may be NULL, hold too; its
 * `after` must be empty.
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
