#include "envelope.h"

#include "frame.h"
#include "wire.h"

#include "ttrpc/request.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define ERROR_INFO_URL "type.googleapis.com/google.rpc.ErrorInfo"

/* The codes of google.rpc.Code that mean something here. */
enum {
    CODE_DEADLINE_EXCEEDED = 4,
    CODE_NOT_FOUND = 5,
    CODE_RESOURCE_EXHAUSTED = 8,
    CODE_ABORTED = 10,
    CODE_UNAVAILABLE = 14
};

/* Bytes borrowed from a message. */
typedef struct slice {
    const uint8_t *bytes;
    size_t count;
} slice;

khach_status khach__envelope_request(khach_bytes *out, uint32_t stream_id, uint8_t flags,
    const char *service, const char *method, const khach_bytes *payload, uint32_t timeout_ms,
    const char *authorization)
{
    Ttrpc__Request request = TTRPC__REQUEST__INIT;
    Ttrpc__KeyValue caller = TTRPC__KEY_VALUE__INIT;
    Ttrpc__KeyValue *metadata[] = {&caller};
    khach_frame frame = {0};
    size_t count;

    out->bytes = NULL;
    out->count = 0;
    request.service = (char *)(uintptr_t)service;
    request.method = (char *)(uintptr_t)method;
    request.payload.data = payload->bytes;
    request.payload.len = payload->count;
    request.timeout_nano = (int64_t)timeout_ms * 1000000;
    if (authorization != NULL) {
        caller.key = (char *)(uintptr_t) "authorization";
        caller.value = (char *)(uintptr_t)authorization;
        request.n_metadata = 1;
        request.metadata = metadata;
    }

    count = ttrpc__request__get_packed_size(&request);
    if (count > KHACH_FRAME_PAYLOAD_BYTES_MAX)
        return KHACH_E_INVALID;
    out->bytes = malloc(KHACH_FRAME_HEADER_BYTES + count);
    if (out->bytes == NULL)
        return KHACH_E_MEMORY;

    frame.payload_bytes = (uint32_t)count;
    frame.stream_id = stream_id;
    frame.kind = KHACH_FRAME_REQUEST;
    frame.flags = flags;
    khach__frame_write(out->bytes, &frame);
    (void)ttrpc__request__pack(&request, out->bytes + KHACH_FRAME_HEADER_BYTES);
    out->count = KHACH_FRAME_HEADER_BYTES + count;
    return KHACH_OK;
}

static bool equals(slice text, const char *wanted)
{
    return text.count == strlen(wanted) && memcmp(text.bytes, wanted, text.count) == 0;
}

/* The reason of an ErrorInfo, when `any` is one. */
static void read_detail(slice any, slice *reason)
{
    khach_wire wire = khach__wire_open(any.bytes, any.count);
    khach_wire_field field;
    slice url = {(const uint8_t *)"", 0};
    slice value = {(const uint8_t *)"", 0};

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_BYTES)
            url = (slice){field.bytes, field.bytes_count};
        else if (field.number == 2 && field.type == KHACH_WIRE_BYTES)
            value = (slice){field.bytes, field.bytes_count};
    }
    if (!equals(url, ERROR_INFO_URL))
        return;

    wire = khach__wire_open(value.bytes, value.count);
    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_BYTES
            && khach__wire_is_text(field.bytes, field.bytes_count))
            *reason = (slice){field.bytes, field.bytes_count};
    }
}

static khach_status status_of(uint64_t code, slice reason)
{
    static const struct {
        const char *reason;
        khach_status status;
    } reasons[] = {
        {"CURSOR_INVALID", KHACH_E_CURSOR_INVALID},
        {"CURSOR_SCOPE_MISMATCH", KHACH_E_SCOPE_MISMATCH},
        {"GENERATION_CHANGED", KHACH_E_GENERATION_CHANGED},
        {"CURSOR_AHEAD", KHACH_E_CURSOR_AHEAD},
        {"SCOPE_CHANGED", KHACH_E_SCOPE_CHANGED},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (equals(reason, reasons[i].reason))
            return reasons[i].status;
    }
    switch (code) {
    case CODE_DEADLINE_EXCEEDED:
        return KHACH_E_TIMEOUT;
    case CODE_NOT_FOUND:
        return KHACH_E_NOT_FOUND;
    case CODE_UNAVAILABLE:
        return KHACH_E_NETWORK;
    default:
        return KHACH_E_REMOTE;
    }
}

/* Reads a google.rpc.Status; KHACH_OK when its code is 0. */
static khach_status read_status(slice status, khach_error **error)
{
    khach_wire wire = khach__wire_open(status.bytes, status.count);
    khach_wire_field field;
    slice message = {(const uint8_t *)"", 0};
    slice reason = {(const uint8_t *)"", 0};
    uint64_t code = 0;

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_VARINT)
            code = field.value;
        else if (field.number == 2 && field.type == KHACH_WIRE_BYTES
            && khach__wire_is_text(field.bytes, field.bytes_count))
            message = (slice){field.bytes, field.bytes_count};
        else if (field.number == 3 && field.type == KHACH_WIRE_BYTES)
            read_detail((slice){field.bytes, field.bytes_count}, &reason);
    }
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a google.rpc.Status expected, other bytes found");
    if (code == 0)
        return KHACH_OK;
    return khach__error_set_remote(error, status_of(code, reason),
        code == CODE_RESOURCE_EXHAUSTED || code == CODE_ABORTED, (const char *)message.bytes,
        message.count, (const char *)reason.bytes, reason.count);
}

khach_status khach__envelope_response(const uint8_t **payload, size_t *payload_bytes,
    const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    slice status = {(const uint8_t *)"", 0};

    *payload = (const uint8_t *)"";
    *payload_bytes = 0;
    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_BYTES) {
            status = (slice){field.bytes, field.bytes_count};
        } else if (field.number == 2 && field.type == KHACH_WIRE_BYTES) {
            *payload = field.bytes;
            *payload_bytes = field.bytes_count;
        }
    }
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a ttrpc.Response expected, other bytes found");
    return read_status(status, error);
}
