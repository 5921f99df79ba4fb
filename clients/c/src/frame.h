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
    KHACH_FRAME_DATA = 3,
    /* What is added to ttrpc (docs/protocol.md); stock servers ignore it. */
    KHACH_FRAME_HELLO = 0xE0,
    KHACH_FRAME_CANCEL = 0xE1,
    KHACH_FRAME_PING = 0xE2,
    KHACH_FRAME_GOAWAY = 0xE4
};

/* Where frames go that are of no call. */
#define KHACH_FRAME_CONNECTION 0xFFFFFFFFu

enum {
    KHACH_FRAME_REMOTE_CLOSED = 0x01, /* nothing follows from this side */
    KHACH_FRAME_NO_DATA = 0x04,
    KHACH_FRAME_ANSWER = 0x01 /* of a ping */
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

/* The bytes of a greeting, which go before the first request of a connection. */
extern const uint8_t khach__frame_hello[];
extern const size_t khach__frame_hello_bytes;

#define KHACH_FRAME_CANCEL_BYTES (KHACH_FRAME_HEADER_BYTES + 4)

/* Writes a frame that says that the caller of a call waits no longer. */
void khach__frame_write_cancel(uint8_t *out, uint32_t stream_id, uint32_t code);

/* The last id of a call that a leaving server begins; the highest id when `frame` does not say. */
uint32_t khach__frame_last_id(const khach_frame *frame);

/* Writes the header that `frame` describes; `out` has KHACH_FRAME_HEADER_BYTES. */
void khach__frame_write(uint8_t *out, const khach_frame *frame);

#endif
