#ifndef KHACH_SRC_NOTICE_H
#define KHACH_SRC_NOTICE_H

/* The request and the messages of WatchChanges. No sockets. */

#include "envelope.h"

/* A poke or a bookmark: the server has `head_seq`. */
typedef struct khach_notice {
    uint64_t head_seq;
    int64_t read_at_ms; /* of a bookmark, by the server's clock; 0 of a poke */
} khach_notice;

khach_status khach__notice_request(
    khach_bytes *out, const char *business_id, const khach_bytes *cursor);

/* False when the bytes are none. An event that is not known is one of nothing new. */
bool khach__notice_read(khach_notice *notice, const uint8_t *bytes, size_t bytes_count);

#endif
