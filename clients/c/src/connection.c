#include "connection.h"

#include <stdlib.h>
#include <string.h>

#define RECEIVE_BYTES_MIN 65536
/* Far from where ids of a stock peer would wrap. */
#define STREAM_ID_MAX 0x7FFFFFFFu
#define PING_BYTES 8u
/* A server takes a frame of 64 KiB of nobody known; what is beside a message is in it. */
#define STRANGER_PAYLOAD_BYTES_MAX 32768u
/* Codes of google.rpc.Code: why a call is given up. */
#define CODE_CANCELLED 1u
#define CODE_DEADLINE_EXCEEDED 4u

/* Makes room for `wanted` bytes from `first` on, and for more to arrive. */
static khach_status reserve(khach_connection *connection, size_t wanted)
{
    size_t room;
    uint8_t *grown;

    if (connection->first > 0) {
        memmove(connection->buffer, connection->buffer + connection->first,
            connection->end - connection->first);
        connection->end -= connection->first;
        connection->first = 0;
    }
    if (wanted < RECEIVE_BYTES_MIN)
        wanted = RECEIVE_BYTES_MIN;
    if (wanted <= connection->room)
        return KHACH_OK;

    room = wanted + RECEIVE_BYTES_MIN;
    grown = realloc(connection->buffer, room);
    if (grown == NULL)
        return KHACH_E_MEMORY;
    connection->buffer = grown;
    connection->room = room;
    return KHACH_OK;
}

/* A frame of no call: a ping is answered, and a server that leaves is noted. */
static khach_status take_extension(khach_connection *connection, uint32_t stream_id,
    const khach_frame *frame, int64_t deadline_ms, khach_error **error)
{
    if (frame->kind == KHACH_FRAME_PING && (frame->flags & KHACH_FRAME_ANSWER) == 0
        && frame->payload_bytes == PING_BYTES) {
        uint8_t answer[KHACH_FRAME_HEADER_BYTES + PING_BYTES];
        khach_frame header = *frame;

        header.flags = KHACH_FRAME_ANSWER;
        khach__frame_write(answer, &header);
        memcpy(answer + KHACH_FRAME_HEADER_BYTES, frame->payload, PING_BYTES);
        return khach__transport_send(&connection->socket, answer, sizeof(answer),
            khach__connection_patience(connection, deadline_ms), error);
    }
    if (frame->kind == KHACH_FRAME_GOAWAY) {
        connection->is_leaving = true;
        if (khach__frame_last_id(frame) < stream_id) {
            connection->is_not_begun = true;
            return khach__error_set(
                error, KHACH_E_NETWORK, "a server that stays expected, one that leaves found");
        }
    }
    return KHACH_OK;
}

khach_status khach__connection_frame(khach_connection *connection, uint32_t stream_id,
    khach_frame *frame, int64_t deadline_ms, khach_error **error)
{
    for (;;) {
        size_t consumed = 0;
        size_t received = 0;
        size_t wanted = RECEIVE_BYTES_MIN;
        khach_status status;

        switch (khach__frame_read(connection->buffer + connection->first,
            connection->end - connection->first, frame, &consumed)) {
        case KHACH_FRAME_READY:
            connection->first += consumed;
            if (frame->stream_id == stream_id)
                return KHACH_OK;
            if (frame->stream_id != KHACH_FRAME_CONNECTION)
                continue;
            status = take_extension(connection, stream_id, frame, deadline_ms, error);
            if (status != KHACH_OK)
                return status;
            continue;
        case KHACH_FRAME_OVERSIZED:
            return khach__error_set(error, KHACH_E_PROTOCOL,
                "a frame of at most %d bytes expected, %u found", KHACH_FRAME_PAYLOAD_BYTES_MAX,
                (unsigned)frame->payload_bytes);
        case KHACH_FRAME_MORE:
            if (connection->end - connection->first >= KHACH_FRAME_HEADER_BYTES)
                wanted = KHACH_FRAME_HEADER_BYTES + (size_t)frame->payload_bytes;
            break;
        }

        if (khach__transport_now_ms() > deadline_ms)
            return khach__error_set(
                error, KHACH_E_TIMEOUT, "an answer expected in time, none found");
        if (reserve(connection, wanted) != KHACH_OK)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory for a frame");
        if (connection->end == connection->room)
            return khach__error_set(
                error, KHACH_E_PROTOCOL, "a frame of a known size expected, a longer one found");
        status = khach__transport_receive(&connection->socket, connection->buffer + connection->end,
            connection->room - connection->end, &received,
            khach__connection_patience(connection, deadline_ms), error);
        if (status != KHACH_OK)
            return status;
        connection->end += received;
    }
}

static void disconnect(khach_connection *connection)
{
    khach__transport_close(&connection->socket);
    connection->first = 0;
    connection->end = 0;
    connection->is_leaving = false;
}

/* Tells the server that nobody waits for a call, if that can be told at once; the connection is
 * closed next. */
static void give_up(khach_connection *connection, uint32_t stream_id, khach_status why)
{
    uint8_t frame[KHACH_FRAME_CANCEL_BYTES];

    if (connection->socket.fd < 0 || (why != KHACH_E_TIMEOUT && why != KHACH_E_STOPPED))
        return;
    khach__frame_write_cancel(
        frame, stream_id, why == KHACH_E_TIMEOUT ? CODE_DEADLINE_EXCEEDED : CODE_CANCELLED);
    (void)khach__transport_send(
        &connection->socket, frame, sizeof(frame), (khach_patience){0, -1}, NULL);
}

khach_status khach__connection_open(
    khach_connection *connection, const khach_call *call, khach_error **error)
{
    if (connection->socket.fd < 0) {
        khach_status status = khach__transport_open(&connection->socket, call->address,
            connection->tls_files,
            khach__connection_patience(
                connection, khach__transport_now_ms() + call->connect_timeout_ms),
            error);

        if (status != KHACH_OK)
            return status;
        connection->next_stream_id = 1;
    }
    if (reserve(connection, 0) != KHACH_OK)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to receive");
    return KHACH_OK;
}

/* Puts the greeting before the first request of a connection, in the same write. */
static bool greet(khach_bytes *request)
{
    uint8_t *grown = realloc(request->bytes, khach__frame_hello_bytes + request->count);

    if (grown == NULL)
        return false;
    memmove(grown + khach__frame_hello_bytes, grown, request->count);
    memcpy(grown, khach__frame_hello, khach__frame_hello_bytes);
    request->bytes = grown;
    request->count += khach__frame_hello_bytes;
    return true;
}

khach_status khach__connection_send(khach_connection *connection, const khach_call *call,
    uint8_t flags, const khach_bytes *payload, uint32_t *stream_id, int64_t deadline_ms,
    khach_error **error)
{
    khach_bytes request = {NULL, 0};
    khach_status status;

    *stream_id = connection->next_stream_id;
    connection->next_stream_id += 2;
    connection->is_not_begun = false;
    status = khach__envelope_request(&request, *stream_id, flags, call->service, call->method,
        payload, call->call_timeout_ms, connection->authorization);
    if (status != KHACH_OK)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to encode the call");
    if (*stream_id == 1 && !greet(&request)) {
        free(request.bytes);
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to encode the call");
    }
    status = khach__transport_send(&connection->socket, request.bytes, request.count,
        khach__connection_patience(connection, deadline_ms), error);
    free(request.bytes);
    return status;
}

/* Before the first call of a connection, if that is long: makes a small one that every caller may
 * make, by which it is known from then on. `*is_refused` when nobody knows it: `frame` says so. Any
 * other refusal is of the small call alone. */
static khach_status introduce(khach_connection *connection, const khach_call *call,
    const khach_bytes *payload, khach_frame *frame, bool *is_refused, int64_t deadline_ms,
    khach_error **error)
{
    static const khach_bytes nothing = {NULL, 0};
    khach_call small = *call;
    uint32_t stream_id = 0;
    const uint8_t *reply = NULL;
    size_t reply_bytes = 0;
    khach_error *refusal = NULL;
    khach_status status;

    *is_refused = false;
    if (connection->next_stream_id > 1 || payload->count <= STRANGER_PAYLOAD_BYTES_MAX)
        return KHACH_OK;

    small.service = "khach.v1.DirectoryService";
    small.method = "GetLimits";
    status =
        khach__connection_send(connection, &small, 0, &nothing, &stream_id, deadline_ms, error);
    if (status == KHACH_OK)
        status = khach__connection_frame(connection, stream_id, frame, deadline_ms, error);
    if (status == KHACH_OK && frame->kind == KHACH_FRAME_RESPONSE)
        (void)khach__envelope_response(
            &reply, &reply_bytes, frame->payload, frame->payload_bytes, &refusal);
    *is_refused = refusal != NULL && strcmp(khach_error_reason(refusal), "UNAUTHENTICATED") == 0;
    khach_error_free(refusal);
    return status;
}

/* One attempt. `*was_idle` tells that nothing was received on a connection that was there. What a
 * unary client does with a frame (wire.md §1.6): the answer is the first Response on the call's id;
 * another kind on this id breaks the call. */
static khach_status call_once(khach_connection *connection, const khach_call *call,
    const khach_bytes *payload, khach_frame *frame, bool *was_idle, khach_error **error)
{
    uint32_t stream_id = 0;
    int64_t deadline_ms;
    khach_status status;
    bool is_sent;
    bool is_refused = false;

    *was_idle = connection->socket.fd >= 0;
    status = khach__connection_open(connection, call, error);
    deadline_ms = khach__transport_now_ms() + call->call_timeout_ms;
    if (status == KHACH_OK)
        status = introduce(connection, call, payload, frame, &is_refused, deadline_ms, error);
    if (status == KHACH_OK && is_refused)
        return KHACH_OK; /* it is the answer to the call itself */
    if (status == KHACH_OK)
        status =
            khach__connection_send(connection, call, 0, payload, &stream_id, deadline_ms, error);
    is_sent = status == KHACH_OK;
    if (status == KHACH_OK)
        status = khach__connection_frame(connection, stream_id, frame, deadline_ms, error);
    if (status == KHACH_OK && frame->kind != KHACH_FRAME_RESPONSE)
        status = khach__error_set(error, KHACH_E_PROTOCOL,
            "a response expected, a frame of kind %u found", (unsigned)frame->kind);
    if (status != KHACH_OK) {
        /* Frames of no call may have come; an answer that broke off has not. */
        *was_idle =
            *was_idle && status == KHACH_E_NETWORK && connection->first == connection->end;
        /* Behind a part of a request it would be taken for the rest of it. */
        if (is_sent)
            give_up(connection, stream_id, status);
        disconnect(connection);
    }
    return status;
}

khach_status khach__connection_call(khach_connection *connection, const khach_call *call,
    const khach_bytes *payload, const uint8_t **reply, size_t *reply_bytes, khach_error **error)
{
    khach_frame frame = {0};
    bool was_idle = false;
    khach_status status;

    if (connection->next_stream_id > STREAM_ID_MAX || connection->is_leaving)
        disconnect(connection);
    status = call_once(connection, call, payload, &frame, &was_idle, error);
    if (status == KHACH_E_NETWORK && (was_idle || connection->is_not_begun))
        status = call_once(connection, call, payload, &frame, &was_idle, error);
    if (status != KHACH_OK)
        return status;
    if (error != NULL) {
        khach_error_free(*error);
        *error = NULL;
    }
    return khach__envelope_response(reply, reply_bytes, frame.payload, frame.payload_bytes, error);
}

void khach__connection_close(khach_connection *connection)
{
    disconnect(connection);
    free(connection->buffer);
    connection->buffer = NULL;
    connection->room = 0;
}
