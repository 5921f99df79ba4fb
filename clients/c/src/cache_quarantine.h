#ifndef KHACH_SRC_CACHE_QUARANTINE_H
#define KHACH_SRC_CACHE_QUARANTINE_H

/*
 * Records that this library cannot read, put aside with the reason and the cursor of their page in
 * one transaction, so that one of them keeps no other from coming (docs/sync.md).
 */

#include "cache_apply.h"

/* A server of which so many cannot be read speaks another language: its page is refused. */
#define KHACH_QUARANTINE_ROWS_MAX 1000

/* Puts a change aside, unless the row that is there is newer. `expected` is what was not found. */
khach_status khach__quarantine_put(
    khach_apply *page, const khach_change *change, const char *expected);
/* Lets go what is put aside of a customer, up to `seq`: something newer came, or it is gone. */
khach_status khach__quarantine_clear(khach_apply *page, int64_t customer, uint64_t seq);
/* Tries those again that another version of the library has put aside, or all. */
khach_status khach__quarantine_retry(khach_cache *cache, bool is_all, khach_error **error);

khach_status khach__quarantine_count(khach_cache *cache, uint64_t *out, khach_error **error);
/* Records whose customer and page are known are compared by the bytes that came; of others nothing
 * can be said. */
khach_status khach__quarantine_sum(
    khach_cache *cache, khach_cache_sums *out, khach_error **error);
/* Adds those of a page's slots. */
khach_status khach__quarantine_rows(khach_cache *cache, int64_t page, const uint8_t *slots,
    khach_revisions *out, khach_error **error);

#endif
