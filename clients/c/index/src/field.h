#ifndef KHACH_INDEX_SRC_FIELD_H
#define KHACH_INDEX_SRC_FIELD_H

/* Fields of an encoded protobuf message, one after another, in place. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct field {
    uint32_t number;
    uint32_t type; /* 0 varint, 1 eight bytes, 2 bytes, 5 four bytes */
    uint64_t value;
    const uint8_t *bytes;
    size_t bytes_count;
} field;

typedef struct field_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool is_broken;
} field_reader;

static inline bool field_varint(field_reader *reader, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;

        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    reader->is_broken = true;
    return false;
}

/* False at the end, and where the bytes are broken. */
static inline bool field_next(field_reader *reader, field *out)
{
    uint64_t key;
    size_t skipped = 0;

    if (reader->is_broken || reader->at == reader->end || !field_varint(reader, &key))
        return false;
    out->number = (uint32_t)(key >> 3);
    out->type = (uint32_t)(key & 7);
    out->value = 0;
    out->bytes = NULL;
    out->bytes_count = 0;
    switch (out->type) {
    case 0:
        return field_varint(reader, &out->value);
    case 1:
        skipped = 8;
        break;
    case 5:
        skipped = 4;
        break;
    case 2:
        if (!field_varint(reader, &key))
            return false;
        skipped = key > (uint64_t)(reader->end - reader->at) ? SIZE_MAX : (size_t)key;
        break;
    default:
        skipped = SIZE_MAX;
        break;
    }
    if (skipped > (size_t)(reader->end - reader->at)) {
        reader->is_broken = true;
        return false;
    }
    out->bytes = reader->at;
    out->bytes_count = skipped;
    reader->at += skipped;
    return true;
}

static inline field_reader field_open(const uint8_t *bytes, size_t count)
{
    return (field_reader){bytes, bytes == NULL ? NULL : bytes + count, false};
}

#endif
