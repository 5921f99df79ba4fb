#ifndef KHACH_CLIENT_H
#define KHACH_CLIENT_H

#include <khach/error.h>
#include <khach/export.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The local cache of one business, and the way to its server. Opaque. */
typedef struct khach_client khach_client;

/** How to open a client. Begin with KHACH_OPTIONS_INIT or khach_options_init(). */
typedef struct khach_options {
    /** Set by the initialiser: sizeof(khach_options) as the caller's header knew it. */
    size_t struct_size;
    /** "unix:/path", "tcp:host:port" or "tls:host:port"; NULL or "" for offline use only. */
    const char *address;
    /** Such as "b0d2k7m9q4r1sa"; NULL or "" for the business of a cache that is there. */
    const char *business_id;
    /** Required. Its folder must exist; beside it lie "-wal", "-shm" and "-lock". */
    const char *cache_path;
    uint32_t connect_timeout_ms;
    uint32_t call_timeout_ms;
    /** Rows asked for in one page of changes, 1 to 1000. */
    uint32_t page_rows;
    /** Bytes asked for in one page of changes, 1 to 1 MiB. */
    uint32_t page_bytes;
    /** How long a write waits for another process's; 0 does not wait. */
    uint32_t lock_timeout_ms;
    /** The secret of a token, for a server that knows tokens; NULL or "" for one that does not. It
     *  is not in the cache. */
    const char *token;
    /** Of a "tls" address, PEM files that are read when it connects: the authorities that the
     *  server is trusted by, NULL or "" for the system's; */
    const char *ca_file;
    /** and, for a server that wants to know its clients by certificates, the client's own chain and
     *  its key: both, or NULL or "" for neither. */
    const char *certificate_file;
    const char *key_file;
} khach_options;

#define KHACH_CONNECT_TIMEOUT_MS_DEFAULT 10000
#define KHACH_CALL_TIMEOUT_MS_DEFAULT 30000
#define KHACH_LOCK_TIMEOUT_MS_DEFAULT 5000
#define KHACH_PAGE_ROWS_MAX 1000
#define KHACH_PAGE_BYTES_MAX 1048576

#define KHACH_OPTIONS_INIT \
    { \
        sizeof(khach_options), NULL, NULL, NULL, KHACH_CONNECT_TIMEOUT_MS_DEFAULT, \
            KHACH_CALL_TIMEOUT_MS_DEFAULT, KHACH_PAGE_ROWS_MAX, KHACH_PAGE_BYTES_MAX, \
            KHACH_LOCK_TIMEOUT_MS_DEFAULT, NULL, NULL, NULL, NULL \
    }

/**
 * The same as KHACH_OPTIONS_INIT, for languages that cannot see a macro. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `options`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_options_init(khach_options *options);

/**
 * Opens the cache, and makes it when there is none. Does not connect.
 *
 * Owns:    on KHACH_OK `*out` is yours: release it with khach_client_close(). On failure `*out`
 *          is NULL. If `error` is not NULL, `*error` is set and is yours: khach_error_free().
 * Borrows: `options` and what it points to, until the call returns.
 * Threads: any thread; a client belongs to one thread at a time. Any number of processes may
 *          open one cache, and one of them at a time syncs it. A client that is carried across
 *          fork() is refused there with KHACH_E_INVALID.
 * Blocks:  on the disk; for at most `lock_timeout_ms` while another process makes the cache.
 *
 * KHACH_E_CACHE_FOREIGN, KHACH_E_CACHE_TOO_NEW, KHACH_E_CACHE_CORRUPT and KHACH_E_SCOPE_MISMATCH
 * leave the file as it was. KHACH_E_IO where the cache lies on a network file system, or others may
 * read it and that cannot be ended: its mode becomes 0600. KHACH_E_INVALID without a business_id
 * when there is no cache yet.
 */
KHACH_API KHACH_MUST_USE khach_status khach_client_open(
    khach_client **out, const khach_options *options, khach_error **error);

/**
 * Closes `client`. NULL is a no-op. Never fails.
 *
 * Owns:    `client` is gone; customers, lists and errors it gave live on.
 * Borrows: nothing.
 * Threads: the thread that has the client.
 * Blocks:  no.
 */
KHACH_API void khach_client_close(khach_client *client);

#ifdef __cplusplus
}
#endif

#endif
