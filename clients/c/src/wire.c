#include "wire.h"

#include <string.h>

#define VARINT_BYTES_MAX 10

khach_wire khach__wire_open(const uint8_t *bytes, size_t bytes_count)
{
    static const uint8_t nothing = 0;
    const uint8_t *first = bytes == NULL ? &nothing : bytes;

    return (khach_wire){first, first + (bytes == NULL ? 0 : bytes_count), false};
}

static bool read_varint(khach_wire *wire, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_BYTES_MAX && wire->at < wire->end; i++) {
        uint8_t byte = *wire->at++;

        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool skip(khach_wire *wire, uint64_t count)
{
    if (count > (uint64_t)(wire->end - wire->at))
        return false;
    wire->at += count;
    return true;
}

bool khach__wire_next(khach_wire *wire, khach_wire_field *field)
{
    uint64_t key = 0;
    bool is_good;

    if (wire->is_broken || wire->at == wire->end)
        return false;

    *field = (khach_wire_field){0};
    is_good = read_varint(wire, &key) && key >> 3 >= 1 && key >> 3 <= 536870911;
    field->number = (uint32_t)(key >> 3);
    field->type = (uint32_t)(key & 7);
    if (is_good) {
        switch (field->type) {
        case KHACH_WIRE_VARINT:
            is_good = read_varint(wire, &field->value);
            break;
        case KHACH_WIRE_FIXED64:
            is_good = skip(wire, 8);
            break;
        case KHACH_WIRE_FIXED32:
            is_good = skip(wire, 4);
            break;
        case KHACH_WIRE_BYTES:
            is_good = read_varint(wire, &field->value);
            field->bytes = wire->at;
            field->bytes_count = (size_t)field->value;
            is_good = is_good && skip(wire, field->value);
            break;
        default: /* Groups are not of proto3. */
            is_good = false;
            break;
        }
    }
    wire->is_broken = !is_good;
    return is_good;
}

/* The length of the sequence at `bytes`, or 0 when it is none (Unicode 15, table 3-7). */
static size_t sequence_bytes(const uint8_t *bytes, size_t left)
{
    uint8_t first = bytes[0];
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    size_t count;

    if (first < 0xC2 || first > 0xF4)
        return 0;
    count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first == 0xE0)
        low = 0xA0;
    else if (first == 0xED)
        high = 0x9F;
    else if (first == 0xF0)
        low = 0x90;
    else if (first == 0xF4)
        high = 0x8F;
    if (left < count || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    }
    return count;
}

bool khach__wire_is_text(const uint8_t *bytes, size_t bytes_count)
{
    size_t at = 0;

    while (at < bytes_count) {
        size_t count = 1;

        if (bytes[at] >= 0x80)
            count = sequence_bytes(bytes + at, bytes_count - at);
        else if (bytes[at] == 0)
            return false;
        if (count == 0)
            return false;
        at += count;
    }
    return true;
}
