/* The lock of the cache, and what is refused before anything is read or written. */

#define _GNU_SOURCE /* F_OFD_SETLK, O_PATH */

#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define LOCK_SUFFIX "-lock"
#define LOCK_POLL_MS 10

/* --- opening --- */

/* File systems of other machines, where SQLite's log has no memory to share (statfs(2)). */
static bool is_elsewhere(uint32_t type)
{
    static const uint32_t types[] = {
        0x6969, 0x517B, 0xFE534D42, 0xFF534D42, 0x00C36400, 0x5346414F};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i] == type)
            return true;
    }
    return false;
}

khach_status khach__cache_lock_open(khach_cache *cache, const char *path, khach_error **error)
{
    char *lock_path = khach__cache_join(path, LOCK_SUFFIX);
    khach_status status = KHACH_OK;
    struct statfs system;

    if (lock_path == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
    cache->lock_fd = open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (cache->lock_fd < 0 && errno != EROFS && errno != EACCES)
        status = khach__error_set(error, KHACH_E_IO,
            "a lock beside the cache expected, found at %s: %s", lock_path, strerror(errno));
    else if (cache->lock_fd >= 0 && fstatfs(cache->lock_fd, &system) == 0
        && is_elsewhere((uint32_t)system.f_type))
        status = khach__error_set(error, KHACH_E_IO,
            "a disk of this machine expected for a cache, a network file system found at %s", path);
    else if (cache->lock_fd >= 0)
        status = khach__cache_make_private(lock_path, error);
    free(lock_path);
    return status;
}

khach_status khach__cache_make_private(const char *path, khach_error **error)
{
    /* O_PATH opens no file: closing it drops none of SQLite's locks in this process. */
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    char named[32];
    struct stat found;
    khach_status status = KHACH_OK;

    if (fd < 0 || fstat(fd, &found) != 0) {
        status = khach__error_set(error, KHACH_E_IO,
            "a file of the cache expected, found at %s: %s", path, strerror(errno));
    } else if ((found.st_mode & 077) != 0) {
        (void)snprintf(named, sizeof(named), "/proc/self/fd/%d", fd);
        if (chmod(named, 0600) != 0)
            status = khach__error_set(error, KHACH_E_IO,
                "a file that its owner alone may read expected, found at %s: mode %03o", path,
                (unsigned)found.st_mode & 0777);
    }
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* --- what is refused --- */

static khach_status read_number(
    khach_cache *cache, int32_t *out, const char *sql, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);

    if (status == KHACH_OK && sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int(statement, 0);
    else if (status == KHACH_OK)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__cache_data_version(khach_cache *cache, int32_t *out, khach_error **error)
{
    return read_number(cache, out, "PRAGMA data_version", error);
}

khach_status khach__cache_check(khach_cache *cache, khach_error **error)
{
    struct stat found;
    khach_status status;
    int32_t version = 0;

    if (getpid() != cache->owner)
        return khach__error_set(error, KHACH_E_INVALID,
            "the process that opened the client expected, a fork of it found");
    if (cache->lock_fd >= 0 && fstat(cache->lock_fd, &found) == 0 && found.st_nlink == 0)
        return khach__error_set(error, KHACH_E_CACHE_FOREIGN,
            "the cache that was opened expected, found that it was wiped");
    status = read_number(cache, &version, "PRAGMA user_version", error);
    if (status == KHACH_OK && version > KHACH_CACHE_SCHEMA_VERSION)
        status = khach__error_set(error, KHACH_E_CACHE_TOO_NEW,
            "layout %d of the cache expected, %d found", KHACH_CACHE_SCHEMA_VERSION, version);
    return status;
}

/* --- the lock --- */

/* Byte 0 of the lock file is the lock of writes, those after it are of leads (cache_lead.c). The
 * lock is of the open file, not of the process: two clients of one process keep each other out. */
static int lock_writes(const khach_cache *cache, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};

    return fcntl(cache->lock_fd, F_OFD_SETLK, &lock);
}

bool khach__cache_try_lock(khach_cache *cache)
{
    return cache->lock_fd >= 0 && getpid() == cache->owner && lock_writes(cache, F_WRLCK) == 0;
}

khach_status khach__cache_lock(khach_cache *cache, khach_error **error)
{
    const struct timespec pause = {0, LOCK_POLL_MS * 1000000L};
    khach_status status;

    if (cache->lock_fd < 0)
        return khach__error_set(error, KHACH_E_IO,
            "a folder that can be written expected for the cache, a read-only one found");
    if (getpid() != cache->owner)
        return khach__cache_check(cache, error);
    for (uint64_t waited_ms = 0; lock_writes(cache, F_WRLCK) != 0; waited_ms += LOCK_POLL_MS) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return khach__error_set(error, KHACH_E_IO, "locking the cache: %s", strerror(errno));
        if (waited_ms >= cache->lock_timeout_ms)
            return khach__error_set(error, KHACH_E_CACHE_LOCKED,
                "the lock of the cache expected within %u ms, another writer found",
                (unsigned)cache->lock_timeout_ms);
        (void)nanosleep(&pause, NULL);
    }
    status = khach__cache_check(cache, error);
    if (status != KHACH_OK)
        (void)lock_writes(cache, F_UNLCK);
    return status;
}

void khach__cache_unlock(khach_cache *cache)
{
    /* Whoever waits for changes watches this file (client_changes.c). */
    (void)!pwrite(cache->lock_fd, "", 1, 0);
    khach__cache_release(cache);
}

void khach__cache_release(khach_cache *cache)
{
    (void)lock_writes(cache, F_UNLCK);
}
