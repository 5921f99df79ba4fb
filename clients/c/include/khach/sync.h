#ifndef KHACH_SYNC_H
#define KHACH_SYNC_H

#include <khach/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How far the cache has come. The values are ABI. */
typedef enum khach_phase {
    /** Nothing was ever pulled: no answer about customers can be given. */
    KHACH_PHASE_EMPTY = 0,
    /** The first pass is under way: what is there is true, but not all is there. */
    KHACH_PHASE_SNAPSHOT = 1,
    /** Every customer is there, none older than `as_of_ms` of khach_cache_state says. */
    KHACH_PHASE_COMPLETE = 2
} khach_phase;

/** What one page of changes brought. Begin with khach_sync_progress_init(). */
typedef struct khach_sync_progress {
    size_t struct_size;
    /** Nonzero when the server has more: call again. */
    int32_t has_more;
    /** A khach_phase: of the cache after the page. */
    int32_t phase;
    uint64_t upserts_count;
    uint64_t tombstones_count;
    /** Bytes of the page on the wire. */
    uint64_t page_bytes;
    /** The last commit sequence that the cache covers, and the server's own. */
    uint64_t seq;
    uint64_t head_seq;
    /** Customers in the cache after the page. */
    uint64_t customers_count;
    /** The server's guess of how many there will be; 0 after the snapshot. For progress bars. */
    uint64_t customers_estimate;
} khach_sync_progress;

/** What the cache holds, and of when. Begin with khach_cache_state_init(). */
typedef struct khach_cache_state {
    size_t struct_size;
    /** A khach_phase. */
    int32_t phase;
    /** The version of the cache's layout. */
    int32_t schema_version;
    /** Nonzero when names are indexed; before, a search reads every name. */
    int32_t is_search_indexed;
    /** The status of the last sync: a khach_status. */
    int32_t last_status;
    /** The last commit sequence that the cache covers, and the server's own when last heard. */
    uint64_t seq;
    uint64_t head_seq;
    /** The server's clock when the cache last had everything; 0 when it never had. */
    int64_t as_of_ms;
    uint64_t customers_count;
} khach_cache_state;

/**
 * Clears `progress` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `progress`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_sync_progress_init(khach_sync_progress *progress);

/**
 * Clears `state` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `state`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_cache_state_init(khach_cache_state *state);

/**
 * Pulls one page of changes and applies it, rows and cursor in one transaction.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which may be NULL.
 * Threads: the thread that has the client. When another process syncs the same cache, the page
 *          that comes second is dropped and asked for anew.
 * Blocks:  for at most the connect and call timeouts, the write of one page, and, once, the
 *          indexing of names when the first pass ends.
 *
 * On any failure nothing of the page is kept and the cursor is as before: call again.
 */
KHACH_API KHACH_MUST_USE khach_status khach_sync_step(
    khach_client *client, khach_sync_progress *out, khach_error **error);

/**
 * Calls khach_sync_step() until the server has no more. `out` holds the sums over all pages.
 *
 * Owns:    as khach_sync_step().
 * Borrows: as khach_sync_step().
 * Threads: as khach_sync_step().
 * Blocks:  as long as there are changes.
 */
KHACH_API KHACH_MUST_USE khach_status khach_sync_once(
    khach_client *client, khach_sync_progress *out, khach_error **error);

/**
 * Forgets the cursor and keeps the rows: the next sync walks the snapshot again, and at its end
 * drops the rows that the server no longer has. For KHACH_E_CURSOR_INVALID,
 * KHACH_E_GENERATION_CHANGED and KHACH_E_CURSOR_AHEAD.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: nothing.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */
KHACH_API KHACH_MUST_USE khach_status khach_sync_restart(khach_client *client, khach_error **error);

/**
 * Says what the cache holds, without the network.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, whose struct_size is set.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */
KHACH_API KHACH_MUST_USE khach_status khach_cache_state_read(
    khach_client *client, khach_cache_state *out, khach_error **error);

#ifdef __cplusplus
}
#endif

#endif
