#ifndef KHACH_SRC_CACHE_APPLY_H
#define KHACH_SRC_CACHE_APPLY_H

/* Changes into rows, in the transaction of whoever calls. */

#include "cache.h"

/* What one page has done so far. */
typedef struct khach_apply {
    khach_cache *cache;
    khach_cache_sync sync;
    uint64_t upserts_count;
    uint64_t tombstones_count;
    bool is_noting; /* what customers were before is kept (cache_since.h) */
    bool has_quarantine; /* something is put aside, which newer states take the place of */
    bool is_forced; /* what comes replaces what is there, whatever its sequence */
    bool has_overlays; /* some customers show edits that wait */
    khach_error **error;
} khach_apply;

/* `may_be_broken`: its record was not checked. */
khach_status khach__apply_change(
    khach_apply *page, const khach_change *change, bool may_be_broken);
khach_status khach__apply_changes(khach_apply *page, const khach_sync_page *bytes);
/* Takes out a customer, unless its row is newer than `seq`. */
khach_status khach__apply_remove(khach_apply *page, int64_t customer, uint64_t seq);

#endif
