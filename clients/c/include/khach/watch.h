#ifndef KHACH_WATCH_H
#define KHACH_WATCH_H

#include <khach/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Keeps a cache live: pulls when the server says that something is new. Opaque. */
typedef struct khach_watch khach_watch;

/** How it stands. The values are ABI. */
typedef enum khach_watch_state {
    /** A stream is asked for; nothing was heard over it yet. */
    KHACH_WATCH_CONNECTING = 0,
    /** The server has more than the cache: it is pulled. */
    KHACH_WATCH_BEHIND = 1,
    /** The cache has all that the server has spoken of. */
    KHACH_WATCH_LIVE = 2,
    /** Something failed; after `wait_ms` it is tried again. */
    KHACH_WATCH_WAITING = 3
} khach_watch_state;

/** What is told whenever something of it has changed. */
typedef struct khach_watch_report {
    /** sizeof(khach_watch_report) as the library knows it; fields are only appended. */
    size_t struct_size;
    /** A khach_watch_state. */
    int32_t state;
    /** A khach_status: WAITING, why; else KHACH_OK, or why the server does not take the outbox,
     *  which is tried again by itself. */
    int32_t status;
    uint32_t wait_ms;
    /** The last commit sequence that the cache covers, and the server's own, as last heard. */
    uint64_t seq;
    uint64_t head_seq;
    /** The server's clock when the cache last had everything; 0 when it never had. */
    int64_t as_of_ms;
    /** The server's clock when the cache was last compared and found equal; 0 when it never was. */
    int64_t verified_at_ms;
    uint64_t customers_count;
    /** What failed, for people. Never NULL; borrowed until the callback returns. */
    const char *message;
    /** Edits that wait for the server, and edits that were not done and nobody has looked after. */
    uint64_t waiting_count;
    uint64_t failed_count;
} khach_watch_report;

/** Takes a report, on the thread that runs the watch. It may ask the client's cache, and may call
 *  khach_watch_stop(); it must not sync. */
typedef void (*khach_watch_callback)(void *context, const khach_watch_report *report);

/** How to watch. Begin with khach_watch_options_init(). */
typedef struct khach_watch_options {
    size_t struct_size;
    /** NULL for none. */
    khach_watch_callback callback;
    void *context;
    /** After how long a silent server counts as gone; it speaks each 10 s. */
    uint32_t silence_ms;
    /** After how long is pulled unasked. */
    uint32_t pull_ms;
    /** The longest wait after a first failure, which each further failure doubles, and the longest
     *  of all. What is waited is a random part of it. */
    uint32_t backoff_ms;
    uint32_t backoff_max_ms;
    /** The seed of the waits; 0 takes one from the system. */
    uint64_t seed;
} khach_watch_options;

#define KHACH_WATCH_SILENCE_MS_DEFAULT 30000
#define KHACH_WATCH_PULL_MS_DEFAULT 60000
#define KHACH_WATCH_BACKOFF_MS_DEFAULT 500
#define KHACH_WATCH_BACKOFF_MAX_MS_DEFAULT 60000

/**
 * Sets every option to its default. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `options`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_watch_options_init(khach_watch_options *options);

/**
 * Makes a watch of the client's cache. Does not connect.
 *
 * Owns:    on KHACH_OK `*out` is yours: release it with khach_watch_close(), before the client. On
 *          failure `*out` is NULL. If `error` is not NULL, `*error` is set and is yours.
 * Borrows: `client`, until the watch is closed; `options`, until the call returns, but its
 *          callback and context until the watch is closed.
 * Threads: the thread that has the client.
 * Blocks:  no.
 */
KHACH_API KHACH_MUST_USE khach_status khach_watch_open(khach_watch **out, khach_client *client,
    const khach_watch_options *options, khach_error **error);

/**
 * Syncs, and keeps the cache live until it is stopped, which is KHACH_OK, or something fails that
 * does not pass by itself. A lost server is waited for; every pull goes from the stored cursor.
 * Edits that anybody makes on the cache meanwhile are sent.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `watch`.
 * Threads: the thread that has the client, which is busy until then.
 * Blocks:  until khach_watch_stop().
 */
KHACH_API KHACH_MUST_USE khach_status khach_watch_run(khach_watch *watch, khach_error **error);

/**
 * Ends khach_watch_run(), now or when it is called. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `watch`.
 * Threads: any, also inside a signal handler, until the watch is closed.
 * Blocks:  no.
 */
KHACH_API void khach_watch_stop(khach_watch *watch);

/**
 * Closes `watch`. NULL is a no-op. Never fails.
 *
 * Owns:    `watch` is gone.
 * Borrows: nothing.
 * Threads: the thread that has the client, after khach_watch_run() has returned.
 * Blocks:  no.
 */
KHACH_API void khach_watch_close(khach_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
