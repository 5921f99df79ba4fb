#ifndef KHACH_SRC_STREAM_H
#define KHACH_SRC_STREAM_H

/* One call that is answered with many messages, over a connection of its own. */

#include "connection.h"

typedef struct khach_stream {
    khach_connection connection;
    uint32_t id;
} khach_stream;

/* What came of waiting for a message. */
typedef enum khach_stream_event {
    KHACH_STREAM_MESSAGE,
    KHACH_STREAM_END,   /* the server ended it in order */
    KHACH_STREAM_SILENT /* nothing came in time; the stream is as it was */
} khach_stream_event;

/* Connects anew and asks. `stop_fd` as in khach_patience; a call timeout of 0 is none. */
khach_status khach__stream_open(khach_stream *stream, const khach_call *call, int stop_fd,
    const khach_bytes *payload, khach_error **error);

/* Waits for a message until `until_ms`; it is borrowed until the next call. On failure the stream
 * is broken, or the server has refused it: close it. */
khach_status khach__stream_next(khach_stream *stream, int64_t until_ms, khach_stream_event *event,
    const uint8_t **message, size_t *message_bytes, khach_error **error);

/* Closes the connection and releases what it had. */
void khach__stream_close(khach_stream *stream);

#endif
