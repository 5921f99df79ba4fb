#ifndef KHACH_TESTS_MODEL_FEED_H
#define KHACH_TESTS_MODEL_FEED_H

#include "cache.h"
#include "index_model.h"

/* Changes customers of a range of the model, and applies to the cache what became of them: one page
 * of the feed, of a snapshot with the business and its fan pages before it. */
void model_feed(
    model *world, khach_cache *cache, size_t from, size_t to, int has_more, int is_snapshot);

#endif
