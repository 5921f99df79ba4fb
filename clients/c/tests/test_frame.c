/* Frames at every split, and envelopes. */

#include "envelope.h"
#include "fixture.h"
#include "frame.h"
#include "harness.h"
#include "wire.h"

static void test_every_split(void)
{
    static const uint8_t bytes[] = {0, 0, 0, 3, 0, 0, 0, 5, 2, 0, 'a', 'b', 'c', 0};
    khach_frame frame;
    size_t consumed = 1;

    for (size_t count = 0; count < 13; count++) {
        CHECK(khach__frame_read(bytes, count, &frame, &consumed) == KHACH_FRAME_MORE);
        CHECK_INT(consumed, 0);
    }
    CHECK(khach__frame_read(bytes, 14, &frame, &consumed) == KHACH_FRAME_READY);
    CHECK_INT(consumed, 13);
    CHECK_INT(frame.stream_id, 5);
    CHECK_INT(frame.kind, KHACH_FRAME_RESPONSE);
    CHECK(memcmp(frame.payload, "abc", 3) == 0);
}

static void test_the_largest(void)
{
    uint8_t header[10] = {0x00, 0x40, 0x00, 0x00, 0, 0, 0, 1, 2, 0};
    khach_frame frame;
    size_t consumed;

    CHECK(khach__frame_read(header, 10, &frame, &consumed) == KHACH_FRAME_MORE);
    header[3] = 1;
    CHECK(khach__frame_read(header, 10, &frame, &consumed) == KHACH_FRAME_OVERSIZED);
}

static void test_round_trip(void)
{
    uint8_t header[10];
    khach_frame written = {3, 7, KHACH_FRAME_REQUEST, 0x02, NULL};
    khach_frame frame;
    size_t consumed;

    khach__frame_write(header, &written);
    CHECK(khach__frame_read(header, 10, &frame, &consumed) == KHACH_FRAME_MORE);
    CHECK_INT(frame.payload_bytes, 3);
    CHECK_INT(frame.stream_id, 7);
    CHECK_INT(frame.kind, KHACH_FRAME_REQUEST);
    CHECK_INT(frame.flags, 2);
}

static void check_failure(int code, const char *reason, khach_status wanted, int is_retryable)
{
    khach_bytes frame = fixture_failure(1, code, "no luck", reason);
    khach_error *error = NULL;
    const uint8_t *payload = NULL;
    size_t payload_bytes = 0;

    CHECK_INT(khach__envelope_response(
                  &payload, &payload_bytes, frame.bytes + 10, frame.count - 10, &error),
        wanted);
    CHECK_INT(khach_error_status(error), wanted);
    CHECK_TEXT(khach_error_message(error), "no luck");
    CHECK_TEXT(khach_error_reason(error), reason);
    CHECK_INT(khach_error_is_retryable(error), is_retryable);
    khach_error_free(error);
    free(frame.bytes);
}

static void test_failures(void)
{
    check_failure(3, "CURSOR_INVALID", KHACH_E_CURSOR_INVALID, 0);
    check_failure(3, "CURSOR_SCOPE_MISMATCH", KHACH_E_SCOPE_MISMATCH, 0);
    check_failure(9, "GENERATION_CHANGED", KHACH_E_GENERATION_CHANGED, 0);
    check_failure(11, "CURSOR_AHEAD", KHACH_E_CURSOR_AHEAD, 0);
    check_failure(5, "", KHACH_E_NOT_FOUND, 0);
    check_failure(4, "", KHACH_E_TIMEOUT, 1);
    check_failure(14, "", KHACH_E_NETWORK, 1);
    check_failure(8, "", KHACH_E_REMOTE, 1);
    check_failure(13, "", KHACH_E_REMOTE, 0);
    check_failure(99, "NEW_REASON", KHACH_E_REMOTE, 0);
}

static void test_text(void)
{
    static const struct {
        const char *bytes;
        size_t count;
        bool is_text;
    } cases[] = {
        {"", 0, true}, {"An", 2, true}, {"\xC4\x91", 2, true}, {"\xF0\x9F\x8C\xB8", 4, true},
        {"a\0b", 3, false}, {"\xC0\x80", 2, false}, {"\xED\xA0\x80", 3, false},
        {"\xF4\x90\x80\x80", 4, false}, {"\xFF", 1, false}, {"\xC4", 1, false},
        {"\xE0\x80\x80", 3, false}, {"\xEF\xBF\xBF", 3, true}, {"\x80", 1, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_INT(khach__wire_is_text((const uint8_t *)cases[i].bytes, cases[i].count),
            cases[i].is_text);
}

static void test_broken_wire(void)
{
    static const uint8_t cases[][11] = {
        {0x00},                   /* field 0 */
        {0x0B},                   /* a group */
        {0x0A, 0x05, 'a'},        /* shorter than it says */
        {0x08, 0xFF, 0xFF, 0xFF}, /* a varint without end */
        {0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02},
        {0x09, 1, 2, 3},
    };
    static const size_t counts[] = {1, 1, 3, 4, 11, 4};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        khach_wire wire = khach__wire_open(cases[i], counts[i]);
        khach_wire_field field;

        while (khach__wire_next(&wire, &field))
            ;
        CHECK(wire.is_broken);
    }
}

/* What is added to ttrpc, byte for byte (docs/protocol.md). */
static void test_extensions(void)
{
    static const uint8_t cancel[] = {0, 0, 0, 4, 0, 0, 0, 7, 0xE1, 0, 0, 0, 0, 4};
    static const uint8_t last[] = {0, 0, 0, 9, 0, 0, 0, 0};
    uint8_t written[KHACH_FRAME_CANCEL_BYTES];
    khach_frame frame;
    size_t consumed;

    CHECK_INT(khach__frame_read(khach__frame_hello, khach__frame_hello_bytes, &frame, &consumed),
        KHACH_FRAME_READY);
    CHECK_INT(consumed, khach__frame_hello_bytes);
    CHECK_INT(frame.stream_id, KHACH_FRAME_CONNECTION);
    CHECK_INT(frame.kind, KHACH_FRAME_HELLO);

    khach__frame_write_cancel(written, 7, 4);
    CHECK(memcmp(written, cancel, sizeof(cancel)) == 0);

    frame = (khach_frame){.payload_bytes = sizeof(last), .payload = last};
    CHECK_INT(khach__frame_last_id(&frame), 9);
    frame.payload_bytes = 7;
    CHECK_INT(khach__frame_last_id(&frame), UINT32_MAX);
}

int main(void)
{
    test_extensions();
    test_every_split();
    test_the_largest();
    test_round_trip();
    test_failures();
    test_text();
    test_broken_wire();
    return 0;
}
