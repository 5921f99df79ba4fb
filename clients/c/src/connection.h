#ifndef KHACH_SRC_CONNECTION_H
#define KHACH_SRC_CONNECTION_H

/* One connection to the server, which carries one call at a time. */

#include "envelope.h"
#include "frame.h"
#include "transport.h"

#define KHACH_CONNECTION_INIT {-1, -1, 1, NULL, 0, 0, 0, NULL, false, false}

typedef struct khach_connection {
    int fd;      /* -1 when there is none */
    int stop_fd; /* what can be read here ends every wait; -1 for none; not the connection's */
    uint32_t next_stream_id;
    uint8_t *buffer; /* what was received: `first` to `end` are not consumed yet */
    size_t room;
    size_t first;
    size_t end;
    const char *authorization; /* what each call says of who makes it; NULL for nothing */
    bool is_leaving;           /* the server said that it begins no more calls here */
    bool is_not_begun;         /* ... and that it has not begun the one that was made */
} khach_connection;

typedef struct khach_call {
    const char *address;
    const char *service;
    const char *method;
    uint32_t connect_timeout_ms;
    uint32_t call_timeout_ms;
} khach_call;

/* What `deadline_ms` means on this connection. */
static inline khach_patience khach__connection_patience(
    const khach_connection *connection, int64_t deadline_ms)
{
    return (khach_patience){deadline_ms, connection->stop_fd};
}

/* Connects, when there is no connection. */
khach_status khach__connection_open(
    khach_connection *connection, const khach_call *call, khach_error **error);

/* Sends the request of a call; `*stream_id` is the call's. After a failure close the connection. */
khach_status khach__connection_send(khach_connection *connection, const khach_call *call,
    uint8_t flags, const khach_bytes *payload, uint32_t *stream_id, int64_t deadline_ms,
    khach_error **error);

/* The next frame of a call; frames of others are dropped, pings are answered. Borrowed until the
 * next frame. KHACH_E_NETWORK when the server leaves and has not begun the call. */
khach_status khach__connection_frame(khach_connection *connection, uint32_t stream_id,
    khach_frame *frame, int64_t deadline_ms, khach_error **error);

/* Calls, connecting first when need be, and once more when a connection that was idle turns out
 * to be gone: so only for calls that may be repeated. A call that was given up, in time or by
 * `stop_fd`, is cancelled on the server too. On KHACH_OK `*reply` is borrowed from
 * `connection` until the next call. On failure of the transport the connection is closed. */
khach_status khach__connection_call(khach_connection *connection, const khach_call *call,
    const khach_bytes *payload, const uint8_t **reply, size_t *reply_bytes, khach_error **error);

/* Closes and releases; the connection may be used again. */
void khach__connection_close(khach_connection *connection);

#endif
