#include "envelope.h"

#include "frame.h"
#include "wire.h"

#include "ttrpc/request.pb-c.h"

#include <inttypes.h>
#include <stdio.h>
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

static khach_status status_of(uint32_t code, slice reason)
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

/* A google.rpc.Status, as far as it was read. */
typedef struct remote_status {
    uint32_t code;
    slice message;
    slice reason;
} remote_status;

/* Reads a Status into what is there: a second one adds to the first, as everywhere in protobuf. */
static bool read_status(remote_status *status, const khach_wire_field *whole)
{
    khach_wire wire = khach__wire_open(whole->bytes, whole->bytes_count);
    khach_wire_field field;

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_VARINT)
            status->code = (uint32_t)field.value;
        else if (field.number == 2 && field.type == KHACH_WIRE_BYTES
            && khach__wire_is_text(field.bytes, field.bytes_count))
            status->message = (slice){field.bytes, field.bytes_count};
        else if (field.number == 3 && field.type == KHACH_WIRE_BYTES)
            read_detail((slice){field.bytes, field.bytes_count}, &status->reason);
    }
    return !wire.is_broken;
}

/* The error of a status that is not 0; one that has no words gets some. */
static khach_status refuse(const remote_status *status, khach_error **error)
{
    char words[64];
    slice message = status->message;

    if (message.count == 0) {
        int count = snprintf(words, sizeof(words),
            "a message with code %" PRIu32 " expected, none found", status->code);

        message = (slice){(const uint8_t *)words, (size_t)count};
    }
    return khach__error_set_remote(error, status_of(status->code, status->reason),
        status->code == CODE_RESOURCE_EXHAUSTED || status->code == CODE_ABORTED,
        (const char *)message.bytes, message.count, (const char *)status->reason.bytes,
        status->reason.count);
}

khach_status khach__envelope_response(const uint8_t **payload, size_t *payload_bytes,
    const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    remote_status status = {0, {(const uint8_t *)"", 0}, {(const uint8_t *)"", 0}};
    bool is_status = true;

    *payload = (const uint8_t *)"";
    *payload_bytes = 0;
    while (is_status && khach__wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == KHACH_WIRE_BYTES) {
            is_status = read_status(&status, &field);
        } else if (field.number == 2 && field.type == KHACH_WIRE_BYTES) {
            *payload = field.bytes;
            *payload_bytes = field.bytes_count;
        }
    }
    if (!is_status)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a google.rpc.Status expected, other bytes found");
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a ttrpc.Response expected, other bytes found");
    return status.code == 0 ? KHACH_OK : refuse(&status, error);
}
