#include "stream.h"

khach_status khach__stream_open(khach_stream *stream, const khach_call *call, int stop_fd,
    const khach_bytes *payload, khach_error **error)
{
    khach_status status;

    khach__stream_close(stream);
    stream->connection.stop_fd = stop_fd;
    status = khach__connection_open(&stream->connection, call, error);
    if (status == KHACH_OK)
        status = khach__connection_send(&stream->connection, call, KHACH_FRAME_REMOTE_CLOSED,
            payload, &stream->id, khach__transport_now_ms() + call->connect_timeout_ms, error);
    if (status != KHACH_OK)
        khach__stream_close(stream);
    return status;
}

khach_status khach__stream_next(khach_stream *stream, int64_t until_ms, khach_stream_event *event,
    const uint8_t **message, size_t *message_bytes, khach_error **error)
{
    khach_frame frame = {0};
    khach_error *failure = NULL;
    khach_status status =
        khach__connection_frame(&stream->connection, stream->id, &frame, until_ms, &failure);

    *message = (const uint8_t *)"";
    *message_bytes = 0;
    if (status == KHACH_E_TIMEOUT) {
        khach_error_free(failure);
        *event = KHACH_STREAM_SILENT;
        return KHACH_OK;
    }
    if (status != KHACH_OK) {
        if (error != NULL)
            *error = failure;
        else
            khach_error_free(failure);
        return status;
    }

    if (frame.kind == KHACH_FRAME_RESPONSE) {
        *event = KHACH_STREAM_END;
        return khach__envelope_response(
            message, message_bytes, frame.payload, frame.payload_bytes, error);
    }
    if (frame.kind != KHACH_FRAME_DATA)
        return khach__error_set(error, KHACH_E_PROTOCOL,
            "a message of a stream expected, a frame of kind %u found", (unsigned)frame.kind);
    if ((frame.flags & KHACH_FRAME_REMOTE_CLOSED) != 0) {
        /* No server sends the end together with a message (wire.md §1.4). */
        *event = KHACH_STREAM_END;
        return KHACH_OK;
    }
    *event = KHACH_STREAM_MESSAGE;
    *message = frame.payload;
    *message_bytes = frame.payload_bytes;
    return KHACH_OK;
}

void khach__stream_close(khach_stream *stream)
{
    khach__connection_close(&stream->connection);
}
