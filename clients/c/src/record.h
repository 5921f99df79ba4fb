#ifndef KHACH_SRC_RECORD_H
#define KHACH_SRC_RECORD_H

/* Records: the encoded messages that the server stored and the cache keeps byte for byte. */

#include "khach/v1/customer.pb-c.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most memory that one record may cost to decode. */
#define KHACH_RECORD_ARENA_BYTES 262144
/* Most fields that one record may have, its parts included. */
#define KHACH_RECORD_FIELDS_MAX 4096
/* How deep the parts of a record may lie in each other. */
#define KHACH_RECORD_DEPTH_MAX 8

/* Memory for one decoded record; khach__arena_clear() makes it empty again. */
typedef struct khach_arena {
    ProtobufCAllocator allocator;
    size_t used;
    uint8_t *bytes;
} khach_arena;

/* False when there is no memory. The arena must not move afterwards. */
bool khach__arena_open(khach_arena *arena);
void khach__arena_clear(khach_arena *arena);
void khach__arena_close(khach_arena *arena);

/* True when `bytes` are a message of this kind within the bounds above, each string in it UTF-8.
 * protobuf-c checks neither. Allocates nothing. */
bool khach__record_check(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t bytes_count);

/* The number in an identifier's text, -1 when it is not one of the kind that `letter` names. */
int64_t khach__record_number(char letter, const char *id);

/* The text of an identifier: a letter, 13 digits and a NUL. */
#define KHACH_RECORD_ID_BYTES 15
void khach__record_id(char *out, char letter, int64_t number);

/* Milliseconds since 1970; 0 for NULL or what cannot be. */
int64_t khach__record_ms(const Google__Protobuf__Timestamp *timestamp);

#endif
