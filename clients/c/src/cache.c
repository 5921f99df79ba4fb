#define _GNU_SOURCE /* O_NOFOLLOW, O_CLOEXEC */

#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pages of the write-ahead log after which it is moved into the file. */
#define LOG_PAGES_MAX 4096
/* Of the file, at its beginning, what questions read as it is mapped. */
#define MAPPED_BYTES_MAX "1073741824"

/* --- failing --- */

khach_status khach__cache_failure(khach_cache *cache, khach_error **error)
{
    int code = sqlite3_extended_errcode(cache->db);
    const char *message = sqlite3_errmsg(cache->db);

    switch (code == SQLITE_IOERR_NOMEM ? SQLITE_NOMEM : code & 0xFF) {
    case SQLITE_NOMEM:
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for the cache");
    case SQLITE_FULL:
        return khach__error_set(error, KHACH_E_DISK_FULL, "room on the disk expected, none found");
    case SQLITE_NOTADB:
        return khach__error_set(
            error, KHACH_E_CACHE_FOREIGN, "a Khach cache expected, another file found");
    case SQLITE_CORRUPT:
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "a whole cache expected, damage found: %s", message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return khach__error_set(
            error, KHACH_E_CACHE_LOCKED, "a free cache expected, one in use found: %s", message);
    default:
        return khach__error_set(error, KHACH_E_IO, "the cache: %s (%d)", message, code);
    }
}

khach_status khach__cache_index_failure(
    khach_cache *cache, khach_index_status result, khach_error **error)
{
    switch (result) {
    case KHACH_INDEX_OK:
        return KHACH_OK;
    case KHACH_INDEX_MEMORY:
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for the cache");
    case KHACH_INDEX_CORRUPT:
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "the row of a customer expected, none found");
    default:
        return khach__cache_failure(cache, error);
    }
}

bool khach__cache_has_row(
    khach_cache *cache, sqlite3_stmt *row, khach_status *status, khach_error **error)
{
    int result = *status == KHACH_OK ? sqlite3_step(row) : SQLITE_DONE;

    if (result != SQLITE_ROW && result != SQLITE_DONE)
        *status = khach__cache_failure(cache, error);
    return result == SQLITE_ROW;
}

void khach__cache_rollback(khach_cache *cache)
{
    (void)sqlite3_step(cache->rollback);
    (void)sqlite3_reset(cache->rollback);
}

/* --- the log --- */

/* Bytes of the log; 0 when there is none. */
static int64_t log_bytes(const khach_cache *cache)
{
    char path_of_log[4096];
    const char *path = sqlite3_db_filename(cache->db, "main");
    struct stat log;

    if (path == NULL || strlen(path) + sizeof("-wal") > sizeof(path_of_log))
        return 0;
    memcpy(path_of_log, path, strlen(path));
    memcpy(path_of_log + strlen(path), "-wal", sizeof("-wal"));
    return stat(path_of_log, &log) == 0 ? (int64_t)log.st_size : 0;
}

/* How much of the log is in use; its file stays as large as it was. */
static int note_log(void *context, sqlite3 *db, const char *name, int pages)
{
    khach_cache *cache = context;

    (void)db;
    (void)name;
    cache->log_pages = pages;
    return SQLITE_OK;
}

void khach__cache_checkpoint(khach_cache *cache, bool is_forced)
{
    static const char sql[] = "PRAGMA wal_checkpoint(PASSIVE)";

    if (is_forced || cache->log_pages >= LOG_PAGES_MAX)
        (void)sqlite3_exec(cache->db, sql, NULL, NULL, NULL);
}

void khach__cache_set_live(khach_cache *cache, bool is_live)
{
    cache->is_live = is_live;
    if (is_live || khach__cache_lock(cache, NULL) != KHACH_OK)
        return;
    khach__cache_checkpoint(cache, true);
    khach__cache_release(cache);
}

/* SQLite's own waiting, in milliseconds. */
static int busy_ms(const khach_cache *cache)
{
    return cache->lock_timeout_ms > INT_MAX ? INT_MAX : (int)cache->lock_timeout_ms;
}

khach_status khach__cache_bound_log(khach_cache *cache, khach_error **error)
{
    int64_t bytes = log_bytes(cache);
    int result = SQLITE_OK;

    if (bytes < cache->log_bytes_max)
        return KHACH_OK;
    (void)sqlite3_busy_timeout(cache->db, 0);
    result =
        sqlite3_wal_checkpoint_v2(cache->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(cache->db, busy_ms(cache));
    if ((result & 0xFF) != SQLITE_BUSY)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_CACHE_LOCKED,
        "a log of less than %lld bytes expected, %lld found: somebody reads the cache for long",
        (long long)cache->log_bytes_max, (long long)bytes);
}

bool khach__cache_empty_log(khach_cache *cache)
{
    int result;

    /* Readers are not waited for: the next sync, or whoever opens the cache, tries again. */
    (void)sqlite3_busy_timeout(cache->db, 0);
    result =
        sqlite3_wal_checkpoint_v2(cache->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(cache->db, busy_ms(cache));
    if (result == SQLITE_OK)
        (void)sqlite3_exec(cache->db, "UPDATE sync_state SET has_erased = 0", NULL, NULL, NULL);
    return result == SQLITE_OK;
}

void khach__cache_empty_log_if_free(khach_cache *cache)
{
    if (!khach__cache_try_lock(cache))
        return;
    (void)khach__cache_empty_log(cache);
    khach__cache_unlock(cache);
}

/* --- opening --- */

char *khach__cache_join(const char *text, const char *suffix)
{
    size_t text_bytes = strlen(text);
    char *joined = malloc(text_bytes + strlen(suffix) + 1);

    if (joined == NULL)
        return NULL;
    memcpy(joined, text, text_bytes);
    memcpy(joined + text_bytes, suffix, strlen(suffix) + 1);
    return joined;
}

/* Makes the file, private to its owner, when there is none. A file that is there is never opened
 * here: closing it would drop the locks that SQLite holds on it in this process. */
static khach_status make_file(const khach_cache *cache, const char *path, khach_error **error)
{
    struct stat found;
    int fd;

    if (lstat(path, &found) == 0) {
        if (!S_ISREG(found.st_mode))
            return khach__error_set(
                error, KHACH_E_CACHE_FOREIGN, "a Khach cache expected, no regular file found");
        return khach__cache_make_private(path, error);
    }
    if (errno != ENOENT)
        return khach__error_set(error, KHACH_E_IO,
            "a cache expected, found at %s: %s", path, strerror(errno));
    if (cache->business_id[0] == '\0')
        return khach__error_set(error, KHACH_E_INVALID, KHACH_CACHE_BUSINESS_EXPECTED);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return KHACH_OK; /* Another process was first. */
    if (fd < 0)
        return khach__error_set(error, KHACH_E_IO,
            "a cache that can be made expected, found at %s: %s", path, strerror(errno));
    (void)close(fd);
    return KHACH_OK;
}

static khach_status open_database(khach_cache *cache, const char *path, khach_error **error)
{
    /* Nothing here writes to the file, so that a foreign one stays as it was. */
    static const char settings[] = "PRAGMA cache_size = -12288; PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA synchronous = NORMAL;"
                                   "PRAGMA journal_size_limit = 16777216;"
                                   "PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
    khach_status status;

    if (sqlite3_open_v2(path, &cache->db, flags, NULL) != SQLITE_OK) {
        if (cache->db == NULL)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
        return khach__cache_failure(cache, error);
    }
    (void)sqlite3_extended_result_codes(cache->db, 1);
    (void)sqlite3_busy_timeout(cache->db, busy_ms(cache));
    (void)sqlite3_db_config(cache->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(cache->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* A checkpoint happens under the lock or not at all. */
    (void)sqlite3_db_config(cache->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_prepare_v3(cache->db, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &cache->rollback,
            NULL) != SQLITE_OK)
        return khach__cache_failure(cache, error);
    status = khach__cache_run(cache, settings, error);
    /* Behind the settings: to have no automatic checkpoints takes the hook away. */
    (void)sqlite3_wal_hook(cache->db, note_log, cache);
    return status;
}

khach_status khach__cache_map(khach_cache *cache, khach_error **error)
{
    khach_status status = KHACH_OK;

    if (!cache->is_mapped)
        status = khach__cache_run(cache, "PRAGMA mmap_size = " MAPPED_BYTES_MAX, error);
    cache->is_mapped = status == KHACH_OK;
    return status;
}

/* Empties the log when an erasure could not. */
static khach_status finish_erasure(khach_cache *cache, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_sync_read(cache, &sync, error);

    if (status == KHACH_OK && sync.has_erased)
        khach__cache_empty_log_if_free(cache);
    free(sync.cursor.bytes);
    return status;
}

khach_status khach__cache_open(khach_cache **out, const char *path, const char *business_id,
    uint32_t lock_timeout_ms, khach_error **error)
{
    khach_cache *cache = calloc(1, sizeof(*cache));
    khach_status status;

    *out = NULL;
    if (cache == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
    cache->lock_fd = -1;
    cache->notice_fd = -1;
    khach__lead_prepare(cache);
    cache->lease_ms = KHACH_CACHE_LEASE_MS;
    cache->log_bytes_max = KHACH_CACHE_LOG_BYTES_MAX;
    cache->lock_timeout_ms = lock_timeout_ms;
    cache->business_id = khach__cache_join(business_id, "");
    if (!khach__arena_open(&cache->arena) || cache->business_id == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
        goto done;
    }

    /* Without the lock: a reader need not wait for another process's long write. */
    status = make_file(cache, path, error);
    if (status == KHACH_OK)
        status = khach__cache_lock_open(cache, path, error);
    if (status == KHACH_OK)
        status = open_database(cache, path, error);
    if (status == KHACH_OK)
        status = khach__cache_schema_prepare(cache, error);
    if (status == KHACH_OK)
        status = finish_erasure(cache, error);
    if (status == KHACH_OK)
        status = khach__cache_data_version(cache, &cache->data_version, error);
    if (status == KHACH_OK)
        status = khach__cache_index_failure(
            cache, khach_index_open(&cache->index, cache->db, "base_customers"), error);

done:
    if (status == KHACH_OK)
        *out = cache;
    else
        khach__cache_close(cache);
    return status;
}

void khach__cache_close(khach_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < KHACH_WRITE_COUNT; i++)
        (void)sqlite3_finalize(cache->writes[i]);
    (void)sqlite3_finalize(cache->rollback);
    khach__cache_forget_statements(cache);
    khach_index_close(cache->index);
    khach_index_customer_free(&cache->before);
    khach_index_customer_free(&cache->after);
    (void)sqlite3_close_v2(cache->db);
    if (cache->lock_fd >= 0)
        (void)close(cache->lock_fd);
    if (cache->notice_fd >= 0)
        (void)close(cache->notice_fd);
    khach__arena_close(&cache->arena);
    free(cache->business_id);
    free(cache);
}
