/* The index of names answers what a look at every name answers, also after names changed. */

#include "cache.h"
#include "fixture.h"
#include "harness.h"

#define CUSTOMERS 1200
#define FAN_PAGE 7

static const char *const names[] = {"Nguyễn Văn An", "Nguyen Van An", "Nguyễn Thị Lan",
    "Trần Ngọc Hạ", "An Nguyễn", "Lê Văn Anh", "Le Anh Van", "Đặng Thị Đào", "Dang Dao", "An",
    "Ánh", "Lan Anh Lan", "Hà Lan", NULL};
static const char *const texts[] = {"a", "an", "ánh", "nguyen", "nguyễn", "Nguyễn", "nguyen an",
    "an nguyen", "van an", "văn an", "lan", "lan lan", "dao", "đào", "thi", "thị đ", "nobody",
    "le van anh", "n a"};

static uint64_t mixed(uint64_t number)
{
    number *= UINT64_C(6364136223846793005);
    return number ^ number >> 29;
}

/* A page that names every `step`th customer by `salt`. */
static void apply(khach_cache *cache, uint64_t step, uint64_t salt, uint64_t *seq)
{
    fixture_page bytes = {0};
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char cursor[32];

    if (*seq == 0) {
        fixture_business(&bytes, ++*seq, "Asia/Ho_Chi_Minh");
        fixture_fan_page(&bytes, ++*seq, FAN_PAGE);
    }
    for (uint64_t i = 0; i < CUSTOMERS / step; i++) {
        uint64_t random = mixed(i * step + salt);

        /* Also the time of the last message; some have the same. */
        fixture_customer(&bytes, ++*seq, i * step, FAN_PAGE,
            names[random % (sizeof(names) / sizeof(names[0]))], (int64_t)(random / 64 % 300));
    }
    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)*seq);
    fixture_end(&bytes, cursor, 0, *seq);
    CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    CHECK_INT(progress.upserts_count, CUSTOMERS / step);
    free(sync.cursor.bytes);
    fixture_free(&bytes);
}

static void check_same(khach_cache *cache, const char *text, uint32_t limit)
{
    khach_customer_list *indexed = NULL;
    khach_customer_list *whole = NULL;
    khach_query query;

    khach_query_init(&query);
    query.limit = limit;
    CHECK_INT(khach__cache_search(cache, &indexed, text, &query, NULL), KHACH_OK);
    CHECK_INT(khach__cache_run(cache, "UPDATE sync_state SET search_indexed = 0", NULL), KHACH_OK);
    CHECK_INT(khach__cache_search(cache, &whole, text, &query, NULL), KHACH_OK);
    CHECK_INT(khach__cache_run(cache, "UPDATE sync_state SET search_indexed = 1", NULL), KHACH_OK);
    CHECK_INT(khach_customer_list_count(indexed), khach_customer_list_count(whole));
    for (size_t i = 0; i < khach_customer_list_count(whole); i++)
        CHECK_TEXT(khach_customer_id(khach_customer_list_at(indexed, i)),
            khach_customer_id(khach_customer_list_at(whole, i)));
    khach_customer_list_free(indexed);
    khach_customer_list_free(whole);
}

static void check_all(khach_cache *cache)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_same(cache, texts[i], 1);
        check_same(cache, texts[i], 20);
        check_same(cache, texts[i], 1000);
    }
}

int main(void)
{
    char folder[64];
    char path[128];
    khach_cache *cache = NULL;
    uint64_t seq = 0;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    apply(cache, 2, 1, &seq);
    check_all(cache);
    /* Others come, and those that are there change their names and their last messages. */
    apply(cache, 3, 2, &seq);
    check_all(cache);
    apply(cache, 2, 3, &seq);
    check_all(cache);
    khach__cache_close(cache);
    fixture_remove(folder);
    return 0;
}
