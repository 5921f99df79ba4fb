/* Frames: what is read is what would be written, whatever part of it has come. */

#include "fuzz.h"

#include "frame.h"

static void check_prefixes(const uint8_t *bytes, size_t frame_bytes)
{
    const size_t counts[] = {0, 1, KHACH_FRAME_HEADER_BYTES - 1, KHACH_FRAME_HEADER_BYTES,
        frame_bytes / 2, frame_bytes - 1};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        khach_frame frame;
        size_t consumed = 1;

        if (counts[i] >= frame_bytes)
            continue;
        HOLDS(khach__frame_read(bytes, counts[i], &frame, &consumed) == KHACH_FRAME_MORE);
        HOLDS(consumed == 0);
    }
}

static void check_ready(
    const khach_frame *frame, size_t consumed, const uint8_t *bytes, size_t bytes_count)
{
    uint8_t header[KHACH_FRAME_HEADER_BYTES];

    HOLDS(consumed == KHACH_FRAME_HEADER_BYTES + (size_t)frame->payload_bytes);
    HOLDS(consumed <= bytes_count);
    HOLDS(frame->payload == bytes + KHACH_FRAME_HEADER_BYTES);
    khach__frame_write(header, frame);
    HOLDS(memcmp(header, bytes, sizeof(header)) == 0);
    check_prefixes(bytes, consumed);
    if (frame->payload_bytes >= 8)
        HOLDS(khach__frame_last_id(frame)
            == ((uint32_t)frame->payload[0] << 24 | (uint32_t)frame->payload[1] << 16
                | (uint32_t)frame->payload[2] << 8 | frame->payload[3]));
    else
        HOLDS(khach__frame_last_id(frame) == UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    while (bytes_count > 0) {
        khach_frame frame = {0};
        size_t consumed = 0;
        khach_frame_result result = khach__frame_read(bytes, bytes_count, &frame, &consumed);

        if (result != KHACH_FRAME_READY) {
            HOLDS(consumed == 0);
            HOLDS(result == KHACH_FRAME_MORE
                || (bytes_count >= KHACH_FRAME_HEADER_BYTES
                    && frame.payload_bytes > KHACH_FRAME_PAYLOAD_BYTES_MAX));
            return 0;
        }
        check_ready(&frame, consumed, bytes, bytes_count);
        bytes += consumed;
        bytes_count -= consumed;
    }
    return 0;
}
