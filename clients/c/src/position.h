#ifndef KHACH_SRC_POSITION_H
#define KHACH_SRC_POSITION_H

/* Positions as text: 32 hexadecimal digits of the generation, "-", a commit sequence. */

#include "envelope.h"

#define KHACH_GENERATION_BYTES 16

typedef struct khach_position {
    uint8_t generation[KHACH_GENERATION_BYTES];
    uint64_t seq;
} khach_position;

/* False when `text` is none. */
bool khach__position_read(khach_position *position, const char *text);

/* `out` has KHACH_POSITION_BYTES_MAX. */
void khach__position_write(char *out, const khach_position *position);

/* The generation that a cursor is of: whatever the version, a byte of it comes first, then this.
 * False for a cursor that is too short. */
bool khach__position_generation(
    uint8_t generation[KHACH_GENERATION_BYTES], const khach_bytes *cursor);

#endif
