#ifndef KHACH_SRC_OVERLAY_H
#define KHACH_SRC_OVERLAY_H

/*
 * What a record shows while edits of it wait in the outbox: base, and over it each edit in its
 * order. Values alone: no file, no clock. The rules are the server's (domain.md §4.4 to §4.8) as
 * far as a cache can know them; the server's outcome has the last word.
 */

#include "error.h"
#include "record.h"

#include "khach/v1/sync.pb-c.h"

/* What is known of the customer's page. */
typedef struct khach_overlay_page {
    bool has_gateway; /* blocks are settled by one, on a channel that can block */
} khach_overlay_page;

/* A record under construction. Everything it takes lies in `arena`, or in the mutations that were
 * applied, which have to live until it is written. */
typedef struct khach_overlay {
    khach_arena *arena;
    Khach__V1__Customer *customer;
    khach_overlay_page page;
} khach_overlay;

/* Begins with a record. False when its bytes are no customer, or there is no memory. */
bool khach__overlay_open(khach_overlay *overlay, khach_arena *arena, const uint8_t *record,
    size_t record_bytes, khach_overlay_page page);
/* Applies an edit. False when there is no memory. */
bool khach__overlay_apply(khach_overlay *overlay, const Khach__V1__ClientMutation *mutation);
/* Writes it; `out->bytes` is yours: free(). False when there is no memory. */
bool khach__overlay_write(const khach_overlay *overlay, uint8_t **out, size_t *out_bytes);

/* The contact of a record with this value; NULL when it has none. `kind` is 1 or 2. */
Khach__V1__ContactPoint *khach__overlay_contact(
    const Khach__V1__Customer *customer, uint32_t kind, const char *value);

#endif
