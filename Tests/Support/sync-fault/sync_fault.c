/*
 * Preloaded under a program: what becomes of its fsync and fdatasync of some files. Built by
 * SyncFault.swift.
 *
 * SYNC_OF    the files: those whose path has this in it
 * SYNC_DO    `fail`: EIO; `skip`: nothing is written through, and 0
 * SYNC_WHILE while this file is there; or
 * SYNC_AT    the n-th of them, from 1, and no other
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long syncs_count;

static int is_one_of_them(int fd)
{
    const char *name = getenv("SYNC_OF");
    char link[64];
    char path[4096];
    ssize_t count;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    count = readlink(link, path, sizeof(path) - 1);
    if (name == NULL || count < 0)
        return 0;
    path[count] = '\0';
    return strstr(path, name) != NULL;
}

static int is_now(void)
{
    const char *trigger = getenv("SYNC_WHILE");
    const char *number = getenv("SYNC_AT");

    if (number != NULL)
        return atomic_fetch_add(&syncs_count, 1) + 1 == atol(number);
    return trigger != NULL && access(trigger, F_OK) == 0;
}

static int next(const char *name, int fd)
{
    const char *action = getenv("SYNC_DO");
    int (*real)(int);

    if (action != NULL && is_one_of_them(fd) && is_now()) {
        if (strcmp(action, "skip") == 0)
            return 0;
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
