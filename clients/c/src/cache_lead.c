/*
 * Who syncs. Any process reads; one leads the sync at a time.
 *
 * Each lead has a number, its epoch, which is in the cache. The leader locks the byte of its epoch
 * in the lock file, so that the kernel says when its process is gone; and it has a lease, so that a
 * process that stands still does not lead for ever. What it writes begins with a look at the epoch,
 * in the transaction of the write: a leader that slept beyond its lease, and was replaced, finds
 * another epoch there and writes nothing.
 */

#define _GNU_SOURCE /* F_OFD_SETLK */

#include "cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEAD_POLL_MS 20
/* Of the fields of /proc/PID/stat behind the name, the one with the start of the process. */
#define STAT_FIELDS_BEFORE_START 19

/* --- this process --- */

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first line of a file of the kernel's; empty when there is none. */
static void read_line(char *out, size_t room, const char *path)
{
    FILE *file = fopen(path, "re");

    out[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(out, (int)room, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    (void)fclose(file);
}

static int64_t process_started(void)
{
    char line[1024];
    const char *at;

    read_line(line, sizeof(line), "/proc/self/stat");
    at = strrchr(line, ')'); /* the name before it may hold anything */
    for (int i = 0; at != NULL && i <= STAT_FIELDS_BEFORE_START; i++) {
        at = strchr(at, ' ');
        at = at == NULL ? NULL : at + 1;
    }
    return at == NULL ? 0 : strtoll(at, NULL, 10);
}

void khach__lead_prepare(khach_cache *cache)
{
    cache->owner = getpid();
    cache->owner_started = process_started();
    read_line(cache->boot_id, sizeof(cache->boot_id), "/proc/sys/kernel/random/boot_id");
}

/* --- the byte of a lead --- */

static bool lock_epoch(const khach_cache *cache, int64_t epoch, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = epoch, .l_len = 1};

    return fcntl(cache->lock_fd, F_OFD_SETLK, &lock) == 0;
}

/* True when another open file has it; who cannot be asked is thought to be there. */
static bool is_locked(const khach_cache *cache, int64_t epoch)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = epoch, .l_len = 1};

    return fcntl(cache->lock_fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool khach__lead_is_held(const khach_cache *cache, const khach_leader *leader)
{
    return leader->epoch > 0 && strcmp(cache->boot_id, leader->boot_id) == 0
        && leader->lease_until_ms > now_ms() && is_locked(cache, leader->epoch);
}

/* --- the row --- */

khach_status khach__lead_read(khach_cache *cache, khach_leader *leader, khach_error **error)
{
    static const char sql[] = "SELECT epoch, boot_id, pid, started, lease_until_ms FROM leader";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);

    *leader = (khach_leader){0};
    if (status == KHACH_OK && sqlite3_step(row) != SQLITE_ROW) {
        status = khach__cache_failure(cache, error);
    } else if (status == KHACH_OK) {
        leader->epoch = sqlite3_column_int64(row, 0);
        (void)snprintf(leader->boot_id, sizeof(leader->boot_id), "%s",
            (const char *)sqlite3_column_text(row, 1));
        leader->pid = sqlite3_column_int64(row, 2);
        leader->started = sqlite3_column_int64(row, 3);
        leader->lease_until_ms = sqlite3_column_int64(row, 4);
    }
    khach__cache_done(cache, row);
    return status;
}

static khach_status write_leader(
    khach_cache *cache, const khach_leader *leader, khach_error **error)
{
    static const char sql[] = "UPDATE leader SET epoch = ?1, boot_id = ?2, pid = ?3, started = ?4,"
                              " lease_until_ms = ?5";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);

    if (status != KHACH_OK)
        return status;
    (void)sqlite3_bind_int64(row, 1, leader->epoch);
    (void)sqlite3_bind_text(row, 2, leader->boot_id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(row, 3, leader->pid);
    (void)sqlite3_bind_int64(row, 4, leader->started);
    (void)sqlite3_bind_int64(row, 5, leader->lease_until_ms);
    if (sqlite3_step(row) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    return status;
}

static khach_status is_led(const khach_leader *leader, khach_error **error)
{
    return khach__error_set(error, KHACH_E_CACHE_LOCKED,
        "the lead of the sync expected, process %lld found to have it", (long long)leader->pid);
}

/* --- taking and leaving --- */

/* Refuses when somebody leads; who waits for that keeps no writer waiting. */
static khach_status look(khach_cache *cache, khach_error **error)
{
    khach_leader leader;
    khach_status status = khach__cache_check(cache, error);

    if (status == KHACH_OK)
        status = khach__lead_read(cache, &leader, error);
    if (status == KHACH_OK && khach__lead_is_held(cache, &leader))
        status = is_led(&leader, error);
    return status;
}

/* In a transaction under the lock. */
static khach_status take(khach_cache *cache, khach_error **error)
{
    khach_leader leader;
    khach_status status = khach__lead_read(cache, &leader, error);
    int64_t epoch = leader.epoch;

    if (status != KHACH_OK)
        return status;
    if (khach__lead_is_held(cache, &leader))
        return is_led(&leader, error);
    while (!lock_epoch(cache, ++epoch, F_WRLCK)) {
        if (epoch > leader.epoch + UINT8_MAX)
            return khach__error_set(error, KHACH_E_IO,
                "a lock beside the cache that can be had expected, none found");
    }
    leader.epoch = epoch;
    leader.pid = cache->owner;
    leader.started = cache->owner_started;
    leader.lease_until_ms = now_ms() + cache->lease_ms;
    memcpy(leader.boot_id, cache->boot_id, sizeof(leader.boot_id));
    status = write_leader(cache, &leader, error);
    if (status == KHACH_OK)
        status = khach__cache_step(cache, "COMMIT", error);
    if (status == KHACH_OK)
        cache->lead_epoch = epoch;
    else
        (void)lock_epoch(cache, epoch, F_UNLCK);
    return status;
}

static khach_status try_take(khach_cache *cache, khach_error **error)
{
    khach_status status = khach__cache_lock(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_step(cache, "BEGIN IMMEDIATE", error);
    if (status == KHACH_OK)
        status = take(cache, error);
    if (status == KHACH_OK) {
        khach__cache_unlock(cache);
    } else {
        khach__cache_rollback(cache);
        khach__cache_release(cache);
    }
    return status;
}

/* What refused an attempt is not told of one that came through. */
static void forget(khach_error **error)
{
    if (error == NULL)
        return;
    khach_error_free(*error);
    *error = NULL;
}

khach_status khach__lead_take(khach_cache *cache, khach_error **error)
{
    const struct timespec pause = {0, LEAD_POLL_MS * 1000000L};

    khach__lead_leave(cache);
    for (uint64_t waited_ms = 0;; waited_ms += LEAD_POLL_MS) {
        khach_status status = look(cache, error);

        if (status == KHACH_OK)
            status = try_take(cache, error);
        if (status == KHACH_OK)
            forget(error);
        if (status != KHACH_E_CACHE_LOCKED || waited_ms >= cache->lock_timeout_ms)
            return status;
        (void)nanosleep(&pause, NULL);
    }
}

void khach__lead_leave(khach_cache *cache)
{
    if (cache->lead_epoch != 0 && getpid() == cache->owner)
        (void)lock_epoch(cache, cache->lead_epoch, F_UNLCK);
    cache->lead_epoch = 0;
}

/* In the transaction of a write: still the leader, and for a while. */
static khach_status confirm(khach_cache *cache, khach_error **error)
{
    khach_leader leader;
    khach_status status = khach__lead_read(cache, &leader, error);

    if (status != KHACH_OK)
        return status;
    if (leader.epoch != cache->lead_epoch)
        return is_led(&leader, error);
    if (leader.epoch == 0 || leader.lease_until_ms - now_ms() > cache->lease_ms / 2)
        return KHACH_OK;
    leader.lease_until_ms = now_ms() + cache->lease_ms;
    return write_leader(cache, &leader, error);
}

/* Takes the lock once the log has room. Who reads for long keeps it from having any: the lock is
 * free between attempts, for edits wait for no reader. */
static khach_status lock_bounded(khach_cache *cache, khach_error **error)
{
    const struct timespec pause = {0, LEAD_POLL_MS * 1000000L};

    for (uint64_t waited_ms = 0;; waited_ms += LEAD_POLL_MS) {
        khach_status status = khach__cache_lock(cache, error);

        if (status != KHACH_OK)
            return status;
        status = khach__cache_bound_log(cache, error);
        if (status == KHACH_OK) {
            forget(error);
            return KHACH_OK;
        }
        khach__cache_release(cache);
        if (waited_ms >= cache->lock_timeout_ms)
            return status;
        (void)nanosleep(&pause, NULL);
    }
}

khach_status khach__lead_begin(khach_cache *cache, khach_error **error)
{
    khach_status status = lock_bounded(cache, error);

    if (status != KHACH_OK)
        return status;
    status = khach__cache_step(cache, "BEGIN IMMEDIATE", error);
    if (status == KHACH_OK)
        status = confirm(cache, error);
    if (status != KHACH_OK) {
        khach__cache_rollback(cache);
        khach__cache_release(cache);
    }
    return status;
}
