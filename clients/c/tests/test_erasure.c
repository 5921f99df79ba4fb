/* What was erased leaves the files of a cache, however long another process reads. */

#include "cache.h"
#include "fixture.h"
#include "harness.h"

#include <stdlib.h>

#define NAME "Zzyzx Qu\303\241ch"

/* A cache with one customer, and another connection that may read it. */
typedef struct scene {
    char folder[64];
    char path[128];
    khach_cache *cache;
    sqlite3 *reader;
} scene;

/* Applies a page, which is released. */
static void apply(scene *at, fixture_page *bytes)
{
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;

    khach_sync_progress_init(&progress);
    CHECK_INT(khach__sync_page_read(&page, bytes->bytes, bytes->count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(at->cache, &sync, NULL), KHACH_OK);
    CHECK_INT(khach__cache_apply(at->cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    free(sync.cursor.bytes);
    fixture_free(bytes);
}

static void open_cache(scene *at)
{
    CHECK_INT(khach__cache_open(&at->cache, at->path, FIXTURE_BUSINESS, 1000, NULL), KHACH_OK);
}

static void reader_run(scene *at, const char *sql)
{
    CHECK_INT(sqlite3_exec(at->reader, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Whether a file of the cache holds the bytes of the name. */
static bool holds_name(const scene *at, const char *suffix)
{
    char path[160];
    char bytes[1 << 20];
    size_t count;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s%s", at->path, suffix);
    file = fopen(path, "rb");
    CHECK(file != NULL);
    count = fread(bytes, 1, sizeof(bytes), file);
    CHECK(count < sizeof(bytes));
    (void)fclose(file);
    return memmem(bytes, count, NAME, sizeof(NAME) - 1) != NULL;
}

static bool is_left(const scene *at)
{
    return holds_name(at, "") || holds_name(at, "-wal");
}

/* Opens a cache with a customer, and begins to read it. */
static void begin(scene *at)
{
    fixture_page page = {0};

    memset(at, 0, sizeof(*at));
    fixture_folder(at->folder, at->path);
    open_cache(at);
    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_customer(&page, 2, 100, 7, NAME, 5);
    fixture_customer(&page, 3, 101, 7, "An", 5);
    fixture_end(&page, "one", 0, 3);
    apply(at, &page);
    CHECK(is_left(at));
    CHECK(sqlite3_open(at->path, &at->reader) == SQLITE_OK);
    reader_run(at, "BEGIN; SELECT count(*) FROM base_customers");
}

/* The customer is erased while the other one reads. */
static void begin_erased(scene *at)
{
    fixture_page page = {0};

    begin(at);
    fixture_tombstone(&page, 4, 100);
    fixture_end(&page, "two", 0, 4);
    apply(at, &page);
    CHECK(is_left(at));
}

static void end(scene *at)
{
    khach__cache_close(at->cache);
    (void)sqlite3_close(at->reader);
    fixture_remove(at->folder);
}

/* The next page of changes, although it brings none. */
static void test_next_sync(void)
{
    scene at;
    fixture_page page = {0};

    begin_erased(&at);
    fixture_end(&page, "three", 0, 4);
    apply(&at, &page);
    CHECK(is_left(&at));
    reader_run(&at, "COMMIT");
    fixture_end(&page, "four", 0, 4);
    apply(&at, &page);
    CHECK(!is_left(&at));
    end(&at);
}

/* Opening, as often as it takes. */
static void test_opening(void)
{
    scene at;

    begin_erased(&at);
    khach__cache_close(at.cache);
    open_cache(&at);
    CHECK(is_left(&at));
    reader_run(&at, "COMMIT");
    khach__cache_close(at.cache);
    open_cache(&at);
    CHECK(!is_left(&at));
    end(&at);
}

/* A sync that does not get as far as a page. */
static void test_failed_sync(void)
{
    scene at;
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;

    begin_erased(&at);
    options.address = "unix:/tmp/khach-test-nobody.sock";
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = at.path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    reader_run(&at, "COMMIT");
    CHECK(is_left(&at));
    CHECK_INT(khach_sync_step(client, NULL, NULL), KHACH_E_NETWORK);
    CHECK(!is_left(&at));
    khach_client_close(client);
    end(&at);
}

/* Who is not in a new first pass is gone as well. */
static void test_sweep(void)
{
    scene at;
    fixture_page page = {0};

    begin(&at);
    CHECK_INT(khach__cache_restart(at.cache, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(at.cache, NULL), KHACH_OK);
    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_customer(&page, 3, 101, 7, "An", 5);
    fixture_end(&page, "new", 0, 4);
    apply(&at, &page);
    CHECK(is_left(&at));
    reader_run(&at, "COMMIT");
    khach__cache_close(at.cache);
    open_cache(&at);
    CHECK(!is_left(&at));
    end(&at);
}

int main(void)
{
    test_next_sync();
    test_opening();
    test_failed_sync();
    test_sweep();
    return 0;
}
