#ifndef KHACH_SRC_FRAME_H
#define KHACH_SRC_FRAME_H

/* ttrpc frames (wire.md §1.1). No sockets, no allocation, no globals. */

#include <stddef.h>
#include <stdint.h>

#define KHACH_FRAME_HEADER_BYTES 10
#define KHACH_FRAME_PAYLOAD_BYTES_MAX 4194304u

enum {
    KHACH_FRAME_REQUEST = 1,
    KHACH_FRAME_RESPONSE = 2,
    KHACH_FRAME_DATA = 3
};

enum {
    KHACH_FRAME_REMOTE_CLOSED = 0x01, /* nothing follows from this side */
    KHACH_FRAME_NO_DATA = 0x04
};

typedef enum khach_frame_result {
    KHACH_FRAME_MORE,     /* nothing consumed; come back with more bytes */
    KHACH_FRAME_READY,    /* `frame` is whole */
    KHACH_FRAME_OVERSIZED /* judged from the header; nothing consumed */
} khach_frame_result;

typedef struct khach_frame {
    uint32_t payload_bytes;
    uint32_t stream_id;
    uint8_t kind;
    uint8_t flags;
    const uint8_t *payload; /* borrowed from the bytes that were read */
} khach_frame;

/* Reads one frame from `bytes`. Cannot fail. */
khach_frame_result khach__frame_read(
    const uint8_t *bytes, size_t bytes_count, khach_frame *frame, size_t *consumed);

/* Writes the header that `frame` describes; `out` has KHACH_FRAME_HEADER_BYTES. */
void khach__frame_write(uint8_t *out, const khach_frame *frame);

#endif
