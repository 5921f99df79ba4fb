#include "frame.h"

static uint32_t read_u32_be(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_u32_be(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
}

khach_frame_result khach__frame_read(
    const uint8_t *bytes, size_t bytes_count, khach_frame *frame, size_t *consumed)
{
    *consumed = 0;
    if (bytes_count < KHACH_FRAME_HEADER_BYTES)
        return KHACH_FRAME_MORE;

    frame->payload_bytes = read_u32_be(bytes);
    frame->stream_id = read_u32_be(bytes + 4);
    frame->kind = bytes[8];
    frame->flags = bytes[9];
    frame->payload = NULL;

    /* Judge the length before waiting for one payload byte. */
    if (frame->payload_bytes > KHACH_FRAME_PAYLOAD_BYTES_MAX)
        return KHACH_FRAME_OVERSIZED;
    if (bytes_count - KHACH_FRAME_HEADER_BYTES < frame->payload_bytes)
        return KHACH_FRAME_MORE;

    frame->payload = bytes + KHACH_FRAME_HEADER_BYTES;
    *consumed = KHACH_FRAME_HEADER_BYTES + (size_t)frame->payload_bytes;
    return KHACH_FRAME_READY;
}

void khach__frame_write(uint8_t *out, const khach_frame *frame)
{
    write_u32_be(out, frame->payload_bytes);
    write_u32_be(out + 4, frame->stream_id);
    out[8] = frame->kind;
    out[9] = frame->flags;
}

/* {1 version = 1, 2 features = CANCEL | PING | GOAWAY, 5 body_bytes_max = 4 MiB, 8 agent} */
const uint8_t khach__frame_hello[] = {
    0, 0, 0, 19, 0xFF, 0xFF, 0xFF, 0xFF, KHACH_FRAME_HELLO, 0, /* the header */
    0x08, 1, 0x10, 0x16, 0x28, 0x80, 0x80, 0x80, 0x02, /* the numbers */
    0x42, 8, 'l', 'i', 'b', 'k', 'h', 'a', 'c', 'h' /* the agent */
};
const size_t khach__frame_hello_bytes = sizeof(khach__frame_hello);

void khach__frame_write_cancel(uint8_t *out, uint32_t stream_id, uint32_t code)
{
    khach_frame frame = {
        .payload_bytes = 4, .stream_id = stream_id, .kind = KHACH_FRAME_CANCEL};

    khach__frame_write(out, &frame);
    write_u32_be(out + KHACH_FRAME_HEADER_BYTES, code);
}

uint32_t khach__frame_last_id(const khach_frame *frame)
{
    return frame->payload_bytes < 8 ? UINT32_MAX : read_u32_be(frame->payload);
}
