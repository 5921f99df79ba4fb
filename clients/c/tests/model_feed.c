#include "model_feed.h"

#include "fixture.h"
#include "harness.h"

static void apply(khach_cache *cache, fixture_page *bytes, int has_more, uint64_t seq)
{
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char cursor[32];

    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)seq);
    fixture_end(bytes, cursor, has_more, seq);
    CHECK_INT(khach__sync_page_read(&page, bytes->bytes, bytes->count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    free(sync.cursor.bytes);
    fixture_free(bytes);
}

void model_feed(
    model *world, khach_cache *cache, size_t from, size_t to, int has_more, int is_snapshot)
{
    static uint64_t seq;
    fixture_page bytes = {0};

    if (is_snapshot) {
        fixture_business(&bytes, ++seq, "UTC");
        for (uint64_t i = 1; i <= MODEL_PAGES; i++)
            fixture_fan_page(&bytes, ++seq, i);
    }
    for (size_t i = from; i < to; i++) {
        model_change(world, i);
        if (world->customers[i].is_there)
            fixture_record(&bytes, ++seq, world->customers[i].record,
                world->customers[i].record_bytes);
        else
            fixture_tombstone(&bytes, ++seq, i + 1000);
    }
    apply(cache, &bytes, has_more, seq);
}
