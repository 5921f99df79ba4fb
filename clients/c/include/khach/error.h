#ifndef KHACH_ERROR_H
#define KHACH_ERROR_H

#include <khach/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What came of a call. Zero is success. The values are ABI: appended to, never renumbered. */
typedef enum khach_status {
    KHACH_OK = 0,
    /** An argument is missing, out of range, or not of the form that the function names. */
    KHACH_E_INVALID = -1,
    /** No memory. */
    KHACH_E_MEMORY = -2,
    /** The file system or the database failed. */
    KHACH_E_IO = -3,
    /** The server cannot be reached, or the connection broke. */
    KHACH_E_NETWORK = -4,
    /** The server did not answer in time. */
    KHACH_E_TIMEOUT = -5,
    /** The server sent what the protocol does not allow. */
    KHACH_E_PROTOCOL = -6,
    /** The server refused the call; khach_error_reason() says why. */
    KHACH_E_REMOTE = -7,
    /** There is no such thing. */
    KHACH_E_NOT_FOUND = -8,
    /** The cache does not hold enough to answer: sync first. */
    KHACH_E_NOT_SYNCED = -9,
    /** The server does not know the cursor. A sync compares and mends, and does not fail of it. */
    KHACH_E_CURSOR_INVALID = -10,
    /** The server was restored or rebuilt; again, since the sync began. */
    KHACH_E_GENERATION_CHANGED = -11,
    /** The cursor is newer than the server: it lost commits, or it is another server. */
    KHACH_E_CURSOR_AHEAD = -12,
    /** The cache or the cursor belongs to another business. */
    KHACH_E_SCOPE_MISMATCH = -13,
    /** The file is not a cache of this library. It was not touched. */
    KHACH_E_CACHE_FOREIGN = -14,
    /** A newer library wrote the cache. It was not touched. */
    KHACH_E_CACHE_TOO_NEW = -15,
    /** Another process is writing to the cache, or leads its sync. */
    KHACH_E_CACHE_LOCKED = -16,
    /** The cache is damaged. */
    KHACH_E_CACHE_CORRUPT = -17,
    /** The disk is full; nothing of the page was kept. */
    KHACH_E_DISK_FULL = -18,
    /** The client was opened without an address. */
    KHACH_E_OFFLINE = -19,
    /** The server has far fewer customers than the cache, which was left as it is: look whether it
     *  is the right one, then khach_repair() with KHACH_REPAIR_ACCEPT_SHRINK. */
    KHACH_E_SHRINK = -20,
    /** Other pages may be seen than before. */
    KHACH_E_SCOPE_CHANGED = -21,
    /** The cache has not come to the position in time. */
    KHACH_E_NOT_FRESH = -22,
    /** The caller has stopped it. */
    KHACH_E_STOPPED = -23,
    /** The disk failed while an edit was written through: it may be kept or not, as
     *  khach_outbox_list_read() says once the cache is opened anew. */
    KHACH_E_OUTCOME_UNKNOWN = -24,
    /** The certificate of the server was refused here, or the client's there: nothing was said. */
    KHACH_E_CERTIFICATE = -25
} khach_status;

/** A failure in full. Opaque: read with the getters below. */
typedef struct khach_error khach_error;

/*
 * For every function here:
 * Owns:    nothing is given away; khach_error_free() takes `error`, and strings it gave, with it.
 * Borrows: the argument, until the call returns. A string is UTF-8, never NULL, and borrowed from
 *          `error` until that is freed; the name of a status is static.
 * Threads: any; one error belongs to one thread at a time.
 * Blocks:  no.
 */

/** The name of a status, such as "KHACH_E_TIMEOUT". */
KHACH_API const char *khach_status_name(khach_status status);

/** The status; KHACH_OK for NULL. */
KHACH_API khach_status khach_error_status(const khach_error *error);

/** What was expected and what was found, for people. */
KHACH_API const char *khach_error_message(const khach_error *error);

/** The server's reason, such as "CURSOR_INVALID"; empty when there is none. */
KHACH_API const char *khach_error_reason(const khach_error *error);

/** Nonzero when the same call may succeed if repeated. */
KHACH_API int khach_error_is_retryable(const khach_error *error);

/** Releases `error`. NULL is a no-op. */
KHACH_API void khach_error_free(khach_error *error);

#ifdef __cplusplus
}
#endif

#endif
