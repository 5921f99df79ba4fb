#ifndef KHACH_SRC_ENVELOPE_H
#define KHACH_SRC_ENVELOPE_H

/* The ttrpc Request and Response around every message (wire.md §1.2). No sockets. */

#include "error.h"

#include <stdint.h>

/* A message that was encoded here. Release `bytes` with free(). */
typedef struct khach_bytes {
    uint8_t *bytes;
    size_t count;
} khach_bytes;

/* Encodes a call as one whole frame with these flags. A timeout of 0 is none. */
khach_status khach__envelope_request(khach_bytes *out, uint32_t stream_id, uint8_t flags,
    const char *service, const char *method, const khach_bytes *payload, uint32_t timeout_ms,
    const char *authorization);

/* Reads a Response: on KHACH_OK `*payload` is borrowed from `bytes`. A status of the server
 * becomes one of ours, with its message and its ErrorInfo reason in `error`. */
khach_status khach__envelope_response(const uint8_t **payload, size_t *payload_bytes,
    const uint8_t *bytes, size_t bytes_count, khach_error **error);

#endif
