#ifndef KHACH_SRC_DECODE_H
#define KHACH_SRC_DECODE_H

/* Decoding of messages that live longer than a record's arena: protobuf-c gives NULL for bytes that
 * are no message and for want of memory alike; here the two are told apart. */

#include "error.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

typedef struct khach_decoder {
    ProtobufCAllocator allocator; /* malloc(): what it made is freed with a NULL allocator */
    bool has_no_memory;
} khach_decoder;

/* Makes a decoder ready; it must not move afterwards. */
void khach__decoder_open(khach_decoder *decoder);

/* Tells of a decoding that gave NULL: KHACH_E_MEMORY, or `otherwise` when the bytes are not what
 * was expected, `what` in words such as "a page". */
khach_status khach__decoder_failure(const khach_decoder *decoder, khach_error **error,
    khach_status otherwise, const char *what);

#endif
