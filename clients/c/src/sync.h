#ifndef KHACH_SRC_SYNC_H
#define KHACH_SRC_SYNC_H

/* The change feed as bytes: requests out, pages in. No socket, no file. */

#include "envelope.h"
#include "record.h"
#include "wire.h"

/* Most changes that one page may hold; more than was asked for, since a server may round up. */
#define KHACH_SYNC_CHANGES_MAX 4096
#define KHACH_SYNC_CURSOR_BYTES_MAX 4096

typedef enum khach_change_kind {
    KHACH_CHANGE_NONE, /* of a kind that this library does not know: skipped */
    KHACH_CHANGE_BUSINESS,
    KHACH_CHANGE_PAGE,
    KHACH_CHANGE_CUSTOMER,
    KHACH_CHANGE_TOMBSTONE
} khach_change_kind;

typedef struct khach_change {
    uint64_t seq;
    khach_change_kind kind;
    const uint8_t *bytes; /* the record, borrowed from the page */
    size_t bytes_count;
} khach_change;

/* A page that was checked. Everything is borrowed from the bytes it was read from. */
typedef struct khach_sync_page {
    const uint8_t *bytes;
    size_t bytes_count;
    const uint8_t *cursor;
    size_t cursor_bytes;
    size_t changes_count;
    size_t broken_count; /* changes whose records cannot be read: they are put aside */
    bool has_more;
    uint64_t seq;
    uint64_t head_seq;
    int64_t read_at_ms;
    uint64_t customers_estimate;
    uint64_t tombstone_horizon; /* not 0: deletions up to here are not told */
} khach_sync_page;

/* Encodes a PullChangesRequest. */
khach_status khach__sync_request(khach_bytes *out, const char *business_id,
    const khach_bytes *cursor, uint32_t page_rows, uint32_t page_bytes);

/* Reads and checks a whole page, so that what is applied later cannot be broken. */
khach_status khach__sync_page_read(
    khach_sync_page *page, const uint8_t *bytes, size_t bytes_count, khach_error **error);

/* The same of a reply of BatchGetRecords, whose changes are in the same place; it has no cursor.
 * `*ids_done` is how many ids of the request it answers. */
khach_status khach__sync_records_read(khach_sync_page *page, uint64_t *ids_done,
    const uint8_t *bytes, size_t bytes_count, khach_error **error);

/* True when the record can be read; of one of a kind that is not known nothing is asked. */
bool khach__sync_change_is_whole(const khach_change *change);
/* The seconds and nanoseconds of a Timestamp, as milliseconds. */
int64_t khach__sync_ms(const uint8_t *bytes, size_t bytes_count);

/* The changes of a page, in order: begin with khach__wire_open(page->bytes, ...). */
bool khach__sync_change_next(khach_wire *wire, khach_change *change);

#endif
