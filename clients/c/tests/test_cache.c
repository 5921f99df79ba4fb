/* Which files are opened, which are refused untouched, and what a full disk does. */

#include "client.h"
#include "fixture.h"
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OTHER_BUSINESS "b0000000000002"

static khach_status try_open(const char *path, const char *business)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_error *error = NULL;
    khach_status status;

    options.business_id = business;
    options.cache_path = path;
    status = khach_client_open(&client, &options, &error);
    CHECK((client == NULL) == (status != KHACH_OK));
    CHECK_INT(khach_error_status(error), status);
    khach_error_free(error);
    khach_client_close(client);
    return status;
}

static void write_file(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK(fwrite(bytes, 1, count, file) == count);
    CHECK(fclose(file) == 0);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    (void)sqlite3_close(db);
}

static void test_opening(void)
{
    char folder[64];
    char path[128];
    char link_path[160];
    struct stat found;

    fixture_folder(folder, path);
    (void)umask(0);
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_OK);
    CHECK(stat(path, &found) == 0);
    CHECK_INT(found.st_mode & 0777, 0600);
    CHECK(chmod(path, 0644) == 0);
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_OK);
    CHECK(stat(path, &found) == 0);
    CHECK_INT(found.st_mode & 0777, 0600);
    CHECK_INT(try_open(path, OTHER_BUSINESS), KHACH_E_SCOPE_MISMATCH);
    (void)snprintf(link_path, sizeof(link_path), "%s/link.db", folder);
    CHECK(symlink(path, link_path) == 0);
    CHECK(try_open(link_path, FIXTURE_BUSINESS) != KHACH_OK);
    CHECK_INT(try_open("/tmp/no/such/folder/cache.db", FIXTURE_BUSINESS), KHACH_E_IO);
    CHECK(try_open(folder, FIXTURE_BUSINESS) != KHACH_OK);
    run_sql(path, "PRAGMA user_version = 99");
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_E_CACHE_TOO_NEW);
    run_sql(path, "PRAGMA user_version = 1");
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_E_CACHE_CORRUPT);
    fixture_remove(folder);
}

/* The business of a cache that is there need not be said; a new one needs it. */
static void test_own_business(void)
{
    char folder[64];
    char path[128];
    char lock_path[160];
    struct stat found;

    fixture_folder(folder, path);
    (void)snprintf(lock_path, sizeof(lock_path), "%s-lock", path);
    CHECK_INT(try_open(path, NULL), KHACH_E_INVALID);
    CHECK_INT(try_open(path, ""), KHACH_E_INVALID);
    CHECK(stat(path, &found) != 0 && stat(lock_path, &found) != 0);
    write_file(path, "", 0);
    CHECK_INT(try_open(path, NULL), KHACH_E_INVALID);
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_OK);
    CHECK_INT(try_open(path, NULL), KHACH_OK);
    CHECK_INT(try_open(path, ""), KHACH_OK);
    CHECK_INT(try_open(path, OTHER_BUSINESS), KHACH_E_SCOPE_MISMATCH);
    run_sql(path, "UPDATE sync_state SET business_id = 'x'");
    CHECK_INT(try_open(path, NULL), KHACH_E_CACHE_CORRUPT);
    fixture_remove(folder);
}

/* A held lock keeps writers out for as long as they wait, and readers not at all. */
static void test_lock(void)
{
    char folder[64];
    char path[128];
    char lock_path[160];
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_client *other = NULL;
    khach_cache_state state;
    khach_error *error = NULL;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    struct timespec begin;
    struct timespec end;
    int fd;

    fixture_folder(folder, path);
    (void)snprintf(lock_path, sizeof(lock_path), "%s-lock", path);
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = path;
    options.lock_timeout_ms = 50;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    fd = open(lock_path, O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0);

    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK_INT(khach_sync_restart(client, &error), KHACH_E_CACHE_LOCKED);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK(khach_error_is_retryable(error));
    CHECK_TEXT(khach_error_message(error),
        "the lock of the cache expected within 50 ms, another writer found");
    khach_error_free(error);
    error = NULL;
    CHECK((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 50);
    CHECK(end.tv_sec - begin.tv_sec < 5);
    CHECK_INT(khach_client_open(&other, &options, NULL), KHACH_OK);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(other, &state, NULL), KHACH_OK);
    khach_client_close(other);

    lock.l_type = F_UNLCK;
    CHECK(fcntl(fd, F_OFD_SETLK, &lock) == 0);
    CHECK_INT(khach_sync_restart(client, NULL), KHACH_OK);
    (void)close(fd);
    khach_client_close(client);
    fixture_remove(folder);
}

static void test_foreign_files(void)
{
    char folder[64];
    char path[128];
    char garbage[8192];
    char after[8192];
    FILE *file;

    fixture_folder(folder, path);
    memset(garbage, 'x', sizeof(garbage));
    write_file(path, garbage, sizeof(garbage));
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_E_CACHE_FOREIGN);
    file = fopen(path, "rb");
    CHECK(file != NULL && fread(after, 1, sizeof(after), file) == sizeof(after));
    (void)fclose(file);
    CHECK(memcmp(garbage, after, sizeof(after)) == 0);
    (void)unlink(path);

    run_sql(path, "CREATE TABLE notes(text TEXT)");
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_E_CACHE_FOREIGN);
    (void)unlink(path);
    write_file(path, "", 0);
    CHECK_INT(try_open(path, FIXTURE_BUSINESS), KHACH_OK);
    fixture_remove(folder);
}

static void test_not_synced(void)
{
    char folder[64];
    char path[128];
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_customer_list *list = NULL;
    khach_page_list *pages = NULL;
    khach_customer *customer = NULL;
    khach_error *error = NULL;
    uint64_t count = 7;

    fixture_folder(folder, path);
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    CHECK_INT(khach_list(&list, client, NULL, &error), KHACH_E_NOT_SYNCED);
    khach_error_free(error);
    CHECK(list == NULL);
    CHECK_INT(khach_count(&count, client, NULL, NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(count, 0);
    CHECK_INT(khach_search(&list, client, "an", NULL, NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(khach_get(&customer, client, "c0000000000001", NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(khach_pages(&pages, client, NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(khach_sync_once(client, NULL, NULL), KHACH_E_OFFLINE);
    khach_client_close(client);
    fixture_remove(folder);
}

/* A page that does not fit is rolled back; with room, the same cursor goes on. */
static void test_disk_full(void)
{
    char folder[64];
    char path[128];
    fixture_page bytes = {0};
    khach_sync_page page;
    khach_cache *cache = NULL;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    khach_error *error = NULL;

    fixture_folder(folder, path);
    fixture_business(&bytes, 1, "Asia/Ho_Chi_Minh");
    for (uint64_t i = 0; i < 900; i++)
        fixture_customer(&bytes, i + 2, i, 7, "Nguyễn Văn An", (int64_t)i);
    fixture_end(&bytes, "one", 0, 901);
    CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);

    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    CHECK_INT(khach__cache_run(cache, "PRAGMA max_page_count = 20", NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    CHECK_INT(
        khach__cache_apply(cache, &page, &sync.cursor, &progress, &error), KHACH_E_DISK_FULL);
    khach_error_free(error);
    free(sync.cursor.bytes);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    CHECK_INT(sync.cursor.count, 0);
    CHECK_INT(sync.customers_count, 0);

    CHECK_INT(khach__cache_run(cache, "PRAGMA max_page_count = 100000", NULL), KHACH_OK);
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    CHECK_INT(progress.customers_count, 900);

    /* The same page for the same cursor comes too late: dropped, and no failure. */
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    CHECK_INT(progress.upserts_count, 0);
    CHECK(progress.has_more);
    free(sync.cursor.bytes);
    khach__cache_close(cache);
    fixture_free(&bytes);
    fixture_remove(folder);
}

#define LOG_BYTES 1000000
#define LOG_PAGES 400

/* Applies the page of customers behind those that there are. */
static khach_status apply_more(khach_cache *cache, uint64_t *done, khach_error **error)
{
    fixture_page bytes = {0};
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char cursor[32];
    khach_status status;

    if (*done == 0) {
        fixture_business(&bytes, 1, "Asia/Ho_Chi_Minh");
        fixture_fan_page(&bytes, 2, 7);
    }
    for (uint64_t i = *done; i < *done + 100; i++)
        fixture_customer(&bytes, i + 3, i + 1, 7, "Nguyễn Thị Minh Khai", (int64_t)i);
    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)*done + 100);
    fixture_end(&bytes, cursor, 1, *done + 102);
    CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    status = khach__cache_apply(cache, &page, &sync.cursor, &progress, error);
    if (status == KHACH_OK) {
        *done += 100;
        CHECK_INT(progress.customers_count, *done);
    }
    free(sync.cursor.bytes);
    fixture_free(&bytes);
    return status;
}

static int64_t log_bytes(const char *path)
{
    char log[160];
    struct stat found;

    (void)snprintf(log, sizeof(log), "%s-wal", path);
    CHECK(stat(log, &found) == 0);
    return found.st_size;
}

/* A sync that waits for a reader, as another thread. */
typedef struct waiting_sync {
    khach_cache *cache;
    _Atomic(bool) is_done;
} waiting_sync;

static void *sync_once(void *context)
{
    waiting_sync *work = context;

    CHECK_INT(khach__lead_begin(work->cache, NULL), KHACH_E_CACHE_LOCKED);
    work->is_done = true;
    return NULL;
}

/* While the sync waits for a reader, another client's writes come through. */
static void check_edits_go_on(khach_cache *cache, const char *path)
{
    waiting_sync work = {.cache = cache};
    khach_cache *writer = NULL;
    pthread_t thread;

    CHECK_INT(khach__cache_open(&writer, path, "", 500, NULL), KHACH_OK);
    cache->lock_timeout_ms = 2000;
    CHECK(pthread_create(&thread, NULL, sync_once, &work) == 0);
    while (!work.is_done) {
        CHECK_INT(khach__cache_lock(writer, NULL), KHACH_OK);
        CHECK_INT(khach__cache_step(writer, "BEGIN IMMEDIATE", NULL), KHACH_OK);
        CHECK_INT(khach__cache_step(writer, "COMMIT", NULL), KHACH_OK);
        khach__cache_unlock(writer);
        (void)poll(NULL, 0, 10);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    cache->lock_timeout_ms = 0;
    khach__cache_close(writer);
}

/* Who waited for another's lead and has it was not refused. */
static void test_waiting_for_the_lead(void)
{
    char folder[64];
    char path[128];
    khach_cache *first = NULL;
    khach_cache *second = NULL;
    khach_error *error = NULL;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&first, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    CHECK_INT(khach__cache_open(&second, path, FIXTURE_BUSINESS, 60000, NULL), KHACH_OK);
    first->lease_ms = 200;
    CHECK_INT(khach__lead_take(first, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(second, &error), KHACH_OK);
    CHECK(error == NULL);
    khach__cache_close(second);
    khach__cache_close(first);
    fixture_remove(folder);
}

/* Somebody reads for as long as a sync of many pages takes: the log has a bound, the sync says why
 * it does not go on, and goes on from where it was once the reader is gone. */
static void test_long_reader(void)
{
    char folder[64];
    char path[128];
    khach_cache *cache = NULL;
    khach_cache *reader = NULL;
    khach_cache_sync seen = {0};
    khach_error *error = NULL;
    struct pollfd heard = {.events = POLLIN};
    uint64_t done = 0;
    uint64_t applied;
    int64_t most;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    cache->log_bytes_max = LOG_BYTES;
    CHECK_INT(khach__lead_take(cache, NULL), KHACH_OK);
    CHECK_INT(apply_more(cache, &done, NULL), KHACH_OK);
    CHECK_INT(khach__cache_open(&reader, path, "", 1000, NULL), KHACH_OK);
    CHECK_INT(khach__cache_step(reader, "BEGIN", NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(reader, &seen, NULL), KHACH_OK);
    free(seen.cursor.bytes);

    while (done < LOG_PAGES * 100 && apply_more(cache, &done, &error) == KHACH_OK)
        ;
    CHECK_INT(khach_error_status(error), KHACH_E_CACHE_LOCKED);
    CHECK(khach_error_is_retryable(error));
    CHECK(strstr(khach_error_message(error), "somebody reads the cache for long") != NULL);
    khach_error_free(error);
    most = log_bytes(path);
    CHECK(most >= LOG_BYTES && most < LOG_BYTES * 2);
    /* However often it is tried nothing more is written, and nobody told of it. */
    applied = done;
    CHECK_INT(khach__changes_open(&heard.fd, reader, NULL), KHACH_OK);
    for (int i = 0; i < 20; i++)
        CHECK_INT(apply_more(cache, &done, NULL), KHACH_E_CACHE_LOCKED);
    CHECK_INT(poll(&heard, 1, 0), 0);
    CHECK_INT(log_bytes(path), most);
    check_edits_go_on(cache, path);
    CHECK_INT(poll(&heard, 1, 0), 1);
    (void)close(heard.fd);
    /* Somebody leads, so that edits that were accepted are sent. */
    for (int i = 0; i < 20; i++) {
        khach__lead_leave(cache);
        CHECK_INT(khach__lead_take(cache, NULL), KHACH_OK);
        CHECK_INT(apply_more(cache, &done, NULL), KHACH_E_CACHE_LOCKED);
    }
    CHECK(log_bytes(path) < LOG_BYTES * 2);
    /* The reader still has its snapshot, and others read what is there. */
    CHECK_INT(khach__cache_sync_read(reader, &seen, NULL), KHACH_OK);
    CHECK_INT(seen.customers_count, 100);
    free(seen.cursor.bytes);
    CHECK_INT(khach__cache_sync_read(cache, &seen, NULL), KHACH_OK);
    CHECK_INT(seen.customers_count, applied);
    free(seen.cursor.bytes);

    khach__cache_rollback(reader);
    CHECK_INT(khach__lead_take(cache, NULL), KHACH_OK);
    for (int i = 0; i < LOG_PAGES; i++) {
        CHECK_INT(apply_more(cache, &done, NULL), KHACH_OK);
        CHECK(log_bytes(path) < LOG_BYTES * 2);
    }
    CHECK_INT(done, applied + LOG_PAGES * 100);
    khach__cache_close(reader);
    khach__cache_close(cache);
    fixture_remove(folder);
}

/* While a cache is live, a log that was long once is not moved behind each page: that syncs the
 * disk twice. */
static void test_live_log(void)
{
    static const char filler[] = "CREATE TABLE filler AS SELECT randomblob(20000000) AS bytes";
    char folder[64];
    char path[128];
    khach_cache *cache = NULL;
    uint64_t done = 0;
    struct stat before;
    struct stat after;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    khach__cache_set_live(cache, true);
    CHECK_INT(khach__cache_run(cache, filler, NULL), KHACH_OK);
    khach__cache_checkpoint(cache, false);
    CHECK_INT(apply_more(cache, &done, NULL), KHACH_OK);
    CHECK(log_bytes(path) >= 16777216);
    CHECK(stat(path, &before) == 0);
    for (int i = 0; i < 5; i++)
        CHECK_INT(apply_more(cache, &done, NULL), KHACH_OK);
    CHECK(stat(path, &after) == 0);
    CHECK(before.st_mtim.tv_sec == after.st_mtim.tv_sec
        && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    /* One that has grown is. */
    CHECK_INT(khach__cache_run(cache, "INSERT INTO filler SELECT randomblob(20000000)", NULL),
        KHACH_OK);
    CHECK_INT(apply_more(cache, &done, NULL), KHACH_OK);
    CHECK(stat(path, &after) == 0);
    CHECK(after.st_size > 40000000);
    khach__cache_close(cache);
    fixture_remove(folder);
}

int main(void)
{
    test_opening();
    test_own_business();
    test_lock();
    test_foreign_files();
    test_not_synced();
    test_disk_full();
    test_waiting_for_the_lead();
    test_long_reader();
    test_live_log();
    return 0;
}
