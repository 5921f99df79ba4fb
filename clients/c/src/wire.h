#ifndef KHACH_SRC_WIRE_H
#define KHACH_SRC_WIRE_H

/* Fields of an encoded protobuf message, one after another, in place. No allocation. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KHACH_WIRE_VARINT = 0,
    KHACH_WIRE_FIXED64 = 1,
    KHACH_WIRE_BYTES = 2,
    KHACH_WIRE_FIXED32 = 5
};

typedef struct khach_wire {
    const uint8_t *at;
    const uint8_t *end;
    bool is_broken; /* set when the bytes are no protobuf */
} khach_wire;

typedef struct khach_wire_field {
    uint32_t number;
    uint32_t type;
    uint64_t value;       /* of a varint */
    const uint8_t *bytes; /* of KHACH_WIRE_BYTES, borrowed */
    size_t bytes_count;
} khach_wire_field;

khach_wire khach__wire_open(const uint8_t *bytes, size_t bytes_count);

/* Reads the next field. False at the end, and where the bytes are broken. */
bool khach__wire_next(khach_wire *wire, khach_wire_field *field);

/* True when `bytes` are UTF-8 without NUL, as a string that C may borrow must be. */
bool khach__wire_is_text(const uint8_t *bytes, size_t bytes_count);

#endif
