/* Hearing of what other processes do to the cache. */

#define _GNU_SOURCE

#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

khach_status khach__changes_open(int *out, khach_cache *cache, khach_error **error)
{
    char lock[32];
    int fd;

    *out = -1;
    if (cache->lock_fd < 0)
        return khach__error_set(error, KHACH_E_IO,
            "a folder that can be written expected for the cache, a read-only one found");
    fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    /* A writer touches its lock once it has committed; one that is killed closes it. */
    (void)snprintf(lock, sizeof(lock), "/proc/self/fd/%d", cache->lock_fd);
    if (fd < 0 || inotify_add_watch(fd, lock, IN_MODIFY | IN_CLOSE_WRITE) < 0) {
        khach_status status =
            khach__error_set(error, KHACH_E_IO, "watching the cache: %s", strerror(errno));

        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    *out = fd;
    return KHACH_OK;
}

void khach__changes_drain(int fd)
{
    char events[4096];

    while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
        continue;
}

khach_status khach_changes_fd(int *out, khach_client *client, khach_error **error)
{
    khach_status status = KHACH_OK;

    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = -1;
    if (client == NULL)
        return khach__missing(error);
    if (client->cache->notice_fd < 0)
        status = khach__changes_open(&client->cache->notice_fd, client->cache, error);
    *out = client->cache->notice_fd;
    return status;
}

khach_status khach_changes_take(int32_t *out, khach_client *client, khach_error **error)
{
    int32_t version = 0;
    khach_status status;

    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = 0;
    if (client == NULL)
        return khach__missing(error);
    /* First the notices, then the question: what comes in between is told once more. */
    khach__changes_drain(client->cache->notice_fd);
    status = khach__cache_check(client->cache, error);
    if (status == KHACH_OK)
        status = khach__cache_data_version(client->cache, &version, error);
    if (status != KHACH_OK)
        return status;
    *out = version != client->cache->data_version;
    client->cache->data_version = version;
    return KHACH_OK;
}
