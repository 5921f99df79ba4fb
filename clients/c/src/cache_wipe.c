/* Taking a cache away. SQLite is not asked: a file that it cannot open any more goes too. */

#define _GNU_SOURCE /* F_OFD_SETLK */

#include "cache.h"

#include <khach/look.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES 100
#define APPLICATION_ID_AT 68

static khach_status failed(khach_error **error, const char *path)
{
    return khach__error_set(
        error, KHACH_E_IO, "a cache that can be wiped expected, found at %s: %s", path,
        strerror(errno));
}

/* True for an empty file too: a cache that was made and never written. */
static bool is_cache(int fd)
{
    uint8_t header[HEADER_BYTES];
    ssize_t count = pread(fd, header, sizeof(header), 0);
    const uint8_t *id = header + APPLICATION_ID_AT;

    if (count != (ssize_t)sizeof(header))
        return count == 0;
    return memcmp(header, "SQLite format 3", 16) == 0
        && ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3])
        == KHACH_CACHE_APPLICATION_ID;
}

/* Unlinks, then overwrites: who still has it open finds that it is gone before it reads. It is not
 * made shorter, since others may have it in their memory. */
static khach_status overwrite(int fd, const char *path, khach_error **error)
{
    static const uint8_t zeros[65536];
    struct stat found;
    off_t at = 0;

    if (fstat(fd, &found) != 0 || unlink(path) != 0)
        return failed(error, path);
    while (at < found.st_size) {
        size_t left = (size_t)(found.st_size - at);
        ssize_t count = pwrite(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros), at);

        if (count <= 0)
            return failed(error, path);
        at += count;
    }
    return fsync(fd) == 0 ? KHACH_OK : failed(error, path);
}

static khach_status overwrite_file(const char *path, khach_error **error)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    khach_status status;

    if (fd < 0)
        return errno == ENOENT ? KHACH_OK : failed(error, path);
    status = overwrite(fd, path, error);
    (void)close(fd);
    return status;
}

/* All of the lock file: of writes, and of every lead. */
static khach_status lock_all(int fd, khach_error **error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return KHACH_OK;
    return khach__error_set(error, KHACH_E_CACHE_LOCKED,
        "a cache that nobody syncs expected, a process that writes or leads found");
}

static khach_status remove_all(const char *path, khach_error **error)
{
    static const char *const names[] = {"", "-wal"};
    khach_status status = KHACH_OK;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && status == KHACH_OK; i++) {
        char *name = khach__cache_join(path, names[i]);

        status = name == NULL ? khach__error_set(error, KHACH_E_MEMORY, "no memory to wipe")
                              : overwrite_file(name, error);
        free(name);
    }
    return status;
}

/* The index of the log is shared memory without content; the lock is the last to go. */
static void remove_rest(const char *path)
{
    static const char *const names[] = {"-shm", "-lock"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *name = khach__cache_join(path, names[i]);

        if (name != NULL)
            (void)unlink(name);
        free(name);
    }
}

khach_status khach_wipe(const char *cache_path, khach_error **error)
{
    char *lock_path = NULL;
    int lock = -1;
    int fd = -1;
    khach_status status = KHACH_OK;

    if (error != NULL)
        *error = NULL;
    if (cache_path == NULL || cache_path[0] == '\0')
        return khach__error_set(
            error, KHACH_E_INVALID, "cache_path expected, none found");
    fd = open(cache_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
            ? khach__error_set(error, KHACH_E_NOT_FOUND, "a cache expected, none found at %s",
                cache_path)
            : failed(error, cache_path);
    lock_path = khach__cache_join(cache_path, "-lock");
    if (!is_cache(fd))
        status = khach__error_set(
            error, KHACH_E_CACHE_FOREIGN, "a Khach cache expected, another file found");
    else if (lock_path == NULL)
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory to wipe");
    (void)close(fd);
    if (status == KHACH_OK) {
        lock = open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        status = lock < 0 ? failed(error, lock_path) : lock_all(lock, error);
    }
    if (status == KHACH_OK)
        status = remove_all(cache_path, error);
    if (status == KHACH_OK)
        remove_rest(cache_path);
    if (lock >= 0)
        (void)close(lock);
    free(lock_path);
    return status;
}
