/* Envelopes: a response is read as the generated decoder reads it, or refused with a reason; a
 * request that is made can be read. */

#include "fuzz.h"

#include "envelope.h"
#include "frame.h"
#include "wire.h"

#include "ttrpc/request.pb-c.h"

static void check_error(khach_status status, khach_error *error)
{
    HOLDS(error != NULL);
    HOLDS(khach_error_status(error) == status);
    HOLDS(strlen(khach_error_message(error)) > 0);
    khach_error_free(error);
}

/* protobuf-c keeps the last of two statuses; here, and in Swift and Go, the second adds to it. */
static bool has_one_status(const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    size_t count = 0;

    while (khach__wire_next(&wire, &field))
        count += field.number == 1;
    return count <= 1;
}

/* What the generated decoder reads, when it can, is what was read here. */
static void check_response(khach_status status, const uint8_t *payload, size_t payload_bytes,
    const uint8_t *bytes, size_t bytes_count)
{
    Ttrpc__Response *response = ttrpc__response__unpack(NULL, bytes_count, bytes);

    if (response == NULL)
        return;
    if (has_one_status(bytes, bytes_count))
        HOLDS((status == KHACH_OK) == (response->status == NULL || response->status->code == 0));
    HOLDS(payload_bytes == response->payload.len);
    HOLDS(payload_bytes == 0 || memcmp(payload, response->payload.data, payload_bytes) == 0);
    ttrpc__response__free_unpacked(response, NULL);
}

/* The bytes as the message of a request, and as whose it is. */
static void check_request(const uint8_t *bytes, size_t bytes_count)
{
    khach_bytes payload = {(uint8_t *)(uintptr_t)bytes, bytes_count};
    khach_bytes made = {NULL, 0};
    khach_frame frame;
    size_t consumed = 0;
    Ttrpc__Request *request;

    HOLDS(khach__envelope_request(&made, 7, KHACH_FRAME_REMOTE_CLOSED, "a.Service", "Method",
              &payload, 1500, bytes_count % 2 == 0 ? NULL : "Bearer t")
        == KHACH_OK);
    HOLDS(khach__frame_read(made.bytes, made.count, &frame, &consumed) == KHACH_FRAME_READY);
    HOLDS(consumed == made.count && frame.stream_id == 7 && frame.kind == KHACH_FRAME_REQUEST);
    request = ttrpc__request__unpack(NULL, frame.payload_bytes, frame.payload);
    HOLDS(request != NULL);
    HOLDS(request->payload.len == bytes_count);
    HOLDS(bytes_count == 0 || memcmp(request->payload.data, bytes, bytes_count) == 0);
    HOLDS(request->timeout_nano == INT64_C(1500000000));
    HOLDS(request->n_metadata == bytes_count % 2);
    ttrpc__request__free_unpacked(request, NULL);
    free(made.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    const uint8_t *payload = NULL;
    size_t payload_bytes = 0;
    khach_error *error = NULL;
    khach_status status;

    if (bytes_count > FUZZ_INPUT_BYTES_MAX)
        return 0;
    status = khach__envelope_response(&payload, &payload_bytes, bytes, bytes_count, &error);
    HOLDS(fuzz_is_within(payload, payload_bytes, bytes, bytes_count));
    if (status == KHACH_OK)
        HOLDS(error == NULL);
    else
        check_error(status, error);
    if (status != KHACH_E_PROTOCOL)
        check_response(status, payload, payload_bytes, bytes, bytes_count);
    check_request(bytes, bytes_count);
    return 0;
}
