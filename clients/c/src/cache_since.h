#ifndef KHACH_SRC_CACHE_SINCE_H
#define KHACH_SRC_CACHE_SINCE_H

/*
 * What has changed since the cache was last offline: of each customer that was touched since, the
 * traits that it had before. A customer that changes twice is told of once, and one that changes
 * back is not.
 */

#include "cache_apply.h"

#include <khach/look.h>

/* A cache that was without its server for longer has been away. */
#define KHACH_SINCE_AWAY_MS INT64_C(600000)
/* The traits of a customer that was not there. */
#define KHACH_SINCE_NOBODY (-1)

/* Before a page of the feed: begins anew when the cache was away. */
khach_status khach__since_begin(khach_apply *page, int64_t read_at_ms);
/* Keeps what a customer was, the first time that it is touched. */
khach_status khach__since_note(khach_apply *page, int64_t customer, int64_t traits);
/* After the first pass: what comes now is new. */
khach_status khach__since_complete(khach_apply *page);

khach_status khach__since_read(
    khach_cache *cache, khach_difference *out, khach_error **error);

#endif
