/*
 * Preloaded under a server: while the file that FAIL_SYNC names is there, writing the log of a
 * store through to its disk fails with EIO. Built by FailStopTests.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_to_fail(int fd)
{
    static const char log[] = "khach.db-wal";
    const char *trigger = getenv("FAIL_SYNC");
    char link[64];
    char path[4096];
    ssize_t count;

    if (trigger == NULL || access(trigger, F_OK) != 0)
        return 0;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    count = readlink(link, path, sizeof(path));
    return count >= (ssize_t)strlen(log)
        && memcmp(path + count - strlen(log), log, strlen(log)) == 0;
}

static int next(const char *name, int fd)
{
    int (*real)(int);

    if (is_to_fail(fd)) {
        errno = EIO;
        return -1;
    }
    *(void **)&real = dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fdatasync(int fd)
{
    return next("fdatasync", fd);
}

int fsync(int fd)
{
    return next("fsync", fd);
}
