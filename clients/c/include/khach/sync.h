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

/** What a step of a sync does. The values are ABI. */
typedef enum khach_step_kind {
    /** It follows the feed. */
    KHACH_STEP_PULL = 0,
    /** It compares the cache with the server, since a cursor was of no use or somebody asked. */
    KHACH_STEP_COMPARE = 1,
    /** It fetches what differs. */
    KHACH_STEP_REPAIR = 2
} khach_step_kind;

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
    /** A khach_step_kind: what the step did. */
    int32_t step_kind;
    /** Mutations of the outbox that were answered, and those that wait still. */
    uint64_t pushed_count;
    uint64_t waiting_count;
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
    /** The server's clock and the commit sequence when the cache was last found equal to the
     *  server, byte for byte; 0 when it never was. */
    int64_t verified_at_ms;
    uint64_t verified_seq;
    /** Nonzero while a comparison is owed, or begun and not ended: sync. */
    int32_t is_repairing;
    /** Nonzero when the server's own digests did not add up: nothing can be said against them. */
    int32_t is_unverified;
    /** Comparisons that found something to mend, rows that were, the khach_cause of the last. */
    uint64_t repairs_count;
    uint64_t repaired_rows_count;
    int32_t last_cause;
    /** How often everything was fetched anew, which only khach_sync_restart() does. */
    uint64_t full_resyncs_count;
    /** Mutations of the outbox without an outcome, and those that were not done and that nobody
     *  has looked after. */
    uint64_t waiting_count;
    uint64_t failed_count;
    /** Records that this library cannot read. They are put aside, tried again by a newer one and
     *  by khach_repair(), and in no answer. */
    uint64_t quarantined_count;
} khach_cache_state;

/** Why a cache was compared with its server. The values are ABI. */
typedef enum khach_cause {
    KHACH_CAUSE_NONE = 0,
    /** Somebody asked, or an earlier repair had not come to its end. */
    KHACH_CAUSE_ASKED = 1,
    /** The server was restored, or is another. */
    KHACH_CAUSE_GENERATION = 2,
    /** The server has lost commits. */
    KHACH_CAUSE_AHEAD = 3,
    /** The server does not know the cursor. */
    KHACH_CAUSE_CURSOR = 4,
    /** Other pages may be seen than before. */
    KHACH_CAUSE_SCOPE = 5,
    /** Deletions were forgotten that the cache had not heard of. */
    KHACH_CAUSE_HORIZON = 6
} khach_cause;

/** What a comparison found and did. Begin with khach_comparison_init(). */
typedef struct khach_comparison {
    size_t struct_size;
    /** A khach_cause. */
    int32_t cause;
    /** Nonzero when cache and server were equal, byte for byte: after the repair, if any. */
    int32_t is_equal;
    /** Nonzero when the server's own digests did not add up. */
    int32_t is_unverified;
    /** Customers of the server. */
    uint64_t rows_count;
    /** Rows of the cache that were other than what the server had sent. */
    uint64_t damaged_count;
    /** Rows that the cache did not have, or not as new. */
    uint64_t missing_count;
    /** Rows that the server does not have. */
    uint64_t surplus_count;
    /** Rows that were taken, and that were dropped. */
    uint64_t fetched_count;
    uint64_t dropped_count;
    /** Bytes of all replies, and of those that were digests, revisions and records. */
    uint64_t received_bytes;
    uint64_t compared_bytes;
} khach_comparison;

/** For khach_repair(): also when the server has far fewer customers than the cache. */
#define KHACH_REPAIR_ACCEPT_SHRINK 1u

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
 * Clears `comparison` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `comparison`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_comparison_init(khach_comparison *comparison);

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
 * Goes one call to the server further: pulls a page of changes and applies it, rows and cursor in
 * one transaction; or, when the server does not take the cursor, compares and mends what differs.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which may be NULL.
 * Threads: the thread that has the client. Of several processes one leads: another waits for at
 *          most `lock_timeout_ms`, then fails with KHACH_E_CACHE_LOCKED, and says who leads. The
 *          lead lasts until the sync is at its end.
 * Blocks:  for at most the connect and call timeouts, `lock_timeout_ms` for each of the lead, the
 *          lock of writes and readers of a full log, the write of one page, and, once, the
 *          indexing of names when the first pass ends.
 *
 * On any failure nothing of the page is kept and the cursor is as before: call again. Behind a log
 * of 256 MiB that somebody who reads keeps from being emptied, nothing is written: the step fails
 * with KHACH_E_CACHE_LOCKED.
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
 * Syncs, and compares the cache with the server: sums over the bytes that are stored on both sides.
 * Mends nothing, and does not look at what is derived of the rows.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which may be NULL.
 * Threads: as khach_sync_step().
 * Blocks:  as khach_sync_once(), and for a walk over all rows.
 */
KHACH_API KHACH_MUST_USE khach_status khach_verify(
    khach_client *client, khach_comparison *out, khach_error **error);

/**
 * The same, and fetches what differs and drops what the server does not have; before, what is
 * derived of the rows is compared with them, and mended. What is done is in proportion to what
 * differs. `flags` is 0 or KHACH_REPAIR_ACCEPT_SHRINK.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which may be NULL.
 * Threads: as khach_sync_step().
 * Blocks:  as khach_verify().
 *
 * A repair that was interrupted goes on with the next sync.
 */
KHACH_API KHACH_MUST_USE khach_status khach_repair(
    khach_client *client, uint32_t flags, khach_comparison *out, khach_error **error);

/**
 * Forgets the cursor and keeps the rows: the next sync walks the snapshot again, and at its end
 * drops the rows that the server no longer has. Nothing ever needs it; khach_repair() moves less.
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

/**
 * A descriptor that poll(2) calls readable when another process, or another client of this one, may
 * have changed the cache: then ask khach_changes_take().
 *
 * Owns:    `*out` stays the client's, which closes it. If `error` is not NULL, `*error` is set on
 *          failure and is yours.
 * Borrows: nothing.
 * Threads: the thread that has the client; any thread may poll.
 * Blocks:  no.
 *
 * KHACH_E_IO where the cache's folder cannot be written: ask khach_changes_take() now and then.
 */
KHACH_API KHACH_MUST_USE khach_status khach_changes_fd(
    int *out, khach_client *client, khach_error **error);

/**
 * Whether anybody but this client has changed the cache since it was opened, or since this was
 * asked last: many changes are one.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, until the call returns.
 * Threads: the thread that has the client.
 * Blocks:  on the disk, shortly.
 */
KHACH_API KHACH_MUST_USE khach_status khach_changes_take(
    int32_t *out, khach_client *client, khach_error **error);

#ifdef __cplusplus
}
#endif

#endif
