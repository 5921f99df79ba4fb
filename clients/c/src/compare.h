#ifndef KHACH_SRC_COMPARE_H
#define KHACH_SRC_COMPARE_H

/* What a cache and its server compare, as bytes: requests out, digests and revisions in. No socket,
 * no file. */

#include "engine.h"

/* The digest of a page, as the server has it. */
typedef struct khach_page_digest {
    int64_t page; /* 0: the business and its pages */
    khach_digest sum;
    const uint8_t *slots; /* KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES, or NULL; borrowed */
} khach_page_digest;

/* A reply of GetDigests that was checked. `cursor` is borrowed; release `pages` with free(). */
typedef struct khach_digests {
    uint64_t seq;
    int64_t read_at_ms;
    const uint8_t *cursor;
    size_t cursor_bytes;
    khach_page_digest *pages; /* ascending */
    size_t pages_count;
} khach_digests;

/* Without pages: the sums of all; with some, the slots of those. */
khach_status khach__compare_digests_request(
    khach_bytes *out, const char *business_id, const int64_t *pages, size_t pages_count);
khach_status khach__compare_digests_read(
    khach_digests *out, const uint8_t *bytes, size_t bytes_count, khach_error **error);

/* `slots` has a byte for each, nonzero to list; `token` is that of the reply before. */
khach_status khach__compare_revisions_request(khach_bytes *out, const char *business_id,
    int64_t page, const uint8_t *slots, const char *token);
/* Adds to `list`. `token` has KHACH_COMPARE_TOKEN_BYTES_MAX and is empty after the last reply. */
#define KHACH_COMPARE_TOKEN_BYTES_MAX 512
khach_status khach__compare_revisions_read(khach_revisions *list, char *token, uint64_t *seq,
    const uint8_t *bytes, size_t bytes_count, khach_error **error);

/* Of ids, all of one letter. */
khach_status khach__compare_records_request(khach_bytes *out, const char *business_id, char letter,
    const int64_t *ids, size_t ids_count);

#endif
