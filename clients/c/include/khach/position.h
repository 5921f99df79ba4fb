#ifndef KHACH_POSITION_H
#define KHACH_POSITION_H

#include <khach/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Room for a position with its NUL. */
#define KHACH_POSITION_BYTES_MAX 64

/**
 * Writes how far the cache is, as a position: text that names a state of the server. The replies of
 * edits have one too. It is opaque but for this: two texts that are equal name the same state.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, which has `room` bytes, at least KHACH_POSITION_BYTES_MAX.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 *
 * KHACH_E_NOT_SYNCED while the first pass is not over.
 */
KHACH_API KHACH_MUST_USE khach_status khach_position_read(
    khach_client *client, char *out, size_t room, khach_error **error);

/**
 * Returns once the cache shows the state that `position` names, or a later one. With an address
 * the client pulls; without one it waits for another process that does.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `position`, until the call returns.
 * Threads: the thread that has the client.
 * Blocks:  for at most `timeout_ms`, and, with an address, as khach_sync_step() beyond it.
 *
 * KHACH_E_NOT_FRESH when it has not come to it in time. KHACH_E_GENERATION_CHANGED when it is a
 * position of another history of the server than the cache's: the server was restored since.
 */
KHACH_API KHACH_MUST_USE khach_status khach_wait_for(
    khach_client *client, const char *position, uint32_t timeout_ms, khach_error **error);

#ifdef __cplusplus
}
#endif

#endif
