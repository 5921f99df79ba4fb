#ifndef KHACH_FUZZ_FUZZ_H
#define KHACH_FUZZ_FUZZ_H

/* What every target has: one function, which is given bytes, and must be right about them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A longer input says nothing that a shorter one does not. */
#define FUZZ_INPUT_BYTES_MAX 65536

/* What must hold of every input; where it does not, the program says so and aborts. */
#define HOLDS(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: this must hold: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* libFuzzer's name for it, so that any driver can call it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

/* Whether `part` lies within `whole`. */
static inline bool fuzz_is_within(
    const uint8_t *part, size_t part_count, const uint8_t *whole, size_t whole_count)
{
    return part_count == 0
        || (part >= whole && part_count <= whole_count
            && (size_t)(part - whole) <= whole_count - part_count);
}

#endif
