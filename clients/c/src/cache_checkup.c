#define _GNU_SOURCE

#include "cache_look.h"

#include "cache_quarantine.h"

#include <khach/version.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite that can damage a log which two connections write and empty at once ends before this. */
#define SQLITE_WITHOUT_RESET_BUG 3051003
/* Four times what the log has when it is moved into the file (cache.c). */
#define LOG_BYTES_MAX (4L * 4096 * 4096)

void khach__checkup_add(khach_checkup *checkup, const char *name, khach_finding finding,
    const char *format, ...)
{
    khach_checkup_line *line = &checkup->lines[checkup->count];
    va_list arguments;

    if (checkup->count == KHACH_CHECKUP_FINDINGS_MAX)
        return;
    line->name = name;
    line->finding = finding;
    va_start(arguments, format);
    (void)vsnprintf(line->text, sizeof(line->text), format, arguments);
    va_end(arguments);
    checkup->count++;
}

/* --- files --- */

static void look_at_file(khach_checkup *checkup, const char *name, const char *path, bool is_needed)
{
    struct stat found;

    if (lstat(path, &found) != 0) {
        if (is_needed)
            khach__checkup_add(checkup, name, KHACH_FINDING_BAD, "none found at %s", path);
        return;
    }
    khach__checkup_add(checkup, name,
        (found.st_mode & 077) != 0 || found.st_uid != geteuid() ? KHACH_FINDING_BAD
                                                                : KHACH_FINDING_GOOD,
        "%lld bytes, mode %03o%s", (long long)found.st_size, (unsigned)found.st_mode & 0777,
        found.st_uid == geteuid() ? "" : ", of another user");
}

/* A log that grew: somebody reads for so long that it cannot be moved into the file. */
static void look_at_log(khach_checkup *checkup, const char *path)
{
    struct stat found;

    look_at_file(checkup, "log", path, false);
    if (lstat(path, &found) == 0 && found.st_size > LOG_BYTES_MAX)
        khach__checkup_add(checkup, "reader", KHACH_FINDING_NOTE,
            "the log has grown: a process that reads for long keeps it from being emptied");
}

static khach_status look_at_files(
    khach_cache *cache, khach_checkup *checkup, khach_error **error)
{
    const char *path = sqlite3_db_filename(cache->db, "main");
    char *log = khach__cache_join(path, "-wal");
    char *lock = khach__cache_join(path, "-lock");
    khach_status status = KHACH_OK;

    if (log == NULL || lock == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory to look");
    } else {
        look_at_file(checkup, "file", path, true);
        look_at_log(checkup, log);
        look_at_file(checkup, "lock file", lock, true);
    }
    free(log);
    free(lock);
    return status;
}

/* --- locks --- */

static khach_status look_at_leader(
    khach_cache *cache, khach_checkup *checkup, khach_error **error)
{
    khach_leader leader;
    khach_status status = khach__lead_read(cache, &leader, error);

    if (status != KHACH_OK)
        return status;
    if (khach__lead_is_held(cache, &leader))
        khach__checkup_add(checkup, "leader", KHACH_FINDING_GOOD, "process %lld syncs, lead %lld",
            (long long)leader.pid, (long long)leader.epoch);
    else
        khach__checkup_add(checkup, "leader", KHACH_FINDING_GOOD,
            "nobody syncs; %lld leads so far", (long long)leader.epoch);
    if (khach__cache_try_lock(cache)) {
        khach__cache_release(cache);
        khach__checkup_add(checkup, "lock", KHACH_FINDING_GOOD, "free");
    } else {
        khach__checkup_add(checkup, "lock", cache->lock_fd < 0 ? KHACH_FINDING_BAD
                                                               : KHACH_FINDING_NOTE,
            cache->lock_fd < 0 ? "the folder cannot be written" : "another process writes");
    }
    return KHACH_OK;
}

/* --- the database --- */

static khach_status look_at_pages(
    khach_cache *cache, khach_checkup *checkup, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_status status =
        khach__cache_prepare(cache, &row, "PRAGMA integrity_check(1)", error);
    const char *said = "damage that has no name";

    if (status == KHACH_OK && sqlite3_step(row) == SQLITE_ROW)
        said = (const char *)sqlite3_column_text(row, 0);
    if (said == NULL || (sqlite3_errcode(cache->db) & 0xFF) == SQLITE_NOMEM)
        status = khach__cache_failure(cache, error);
    if (status == KHACH_OK)
        khach__checkup_add(checkup, "database",
            strcmp(said, "ok") == 0 ? KHACH_FINDING_GOOD : KHACH_FINDING_BAD, "%s",
            strcmp(said, "ok") == 0 ? "whole" : said);
    khach__cache_done(cache, row);
    khach__checkup_add(checkup, "sqlite", KHACH_FINDING_GOOD, "%s%s", sqlite3_libversion(),
        sqlite3_libversion_number() < SQLITE_WITHOUT_RESET_BUG
            ? ": every write and every checkpoint of it must be this library's"
            : "");
    return status;
}

static khach_status look_at_rows(
    khach_cache *cache, khach_checkup *checkup, uint64_t told, khach_error **error)
{
    static const char sql[] = "SELECT " ROW_COLUMNS ", page_id IN (SELECT page FROM base_pages)"
                              " FROM base_customers";
    sqlite3_stmt *row = NULL;
    khach_status status = khach__cache_prepare(cache, &row, sql, error);
    uint64_t count = 0;
    uint64_t damaged = 0;
    uint64_t homeless = 0;
    int result = SQLITE_DONE;

    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
        count++;
        damaged += !khach__cache_row_is_whole(cache, row);
        homeless += !sqlite3_column_int(row, ROW_COUNT);
    }
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    if (status != KHACH_OK)
        return status;
    khach__checkup_add(checkup, "customers",
        count != told || damaged > 0 ? KHACH_FINDING_BAD : KHACH_FINDING_GOOD,
        "%llu; %llu damaged, %llu counted: %s", (unsigned long long)count,
        (unsigned long long)damaged, (unsigned long long)told,
        count != told || damaged > 0 ? "repair" : "as it should be");
    if (homeless > 0)
        khach__checkup_add(checkup, "pages", KHACH_FINDING_NOTE,
            "%llu customers of pages that the cache does not have", (unsigned long long)homeless);
    return KHACH_OK;
}

/* --- the sync --- */

static khach_status look_at_sync(
    khach_cache *cache, khach_checkup *checkup, const khach_cache_sync *sync, khach_error **error)
{
    uint64_t aside = 0;
    khach_status status = khach__quarantine_count(cache, &aside, error);

    khach__checkup_add(checkup, "sync",
        sync->phase == KHACH_PHASE_COMPLETE ? KHACH_FINDING_GOOD : KHACH_FINDING_NOTE,
        sync->phase == KHACH_PHASE_COMPLETE ? "everything as of seq %llu"
            : sync->phase == KHACH_PHASE_SNAPSHOT
            ? "the first pass is under way, as of seq %llu"
            : "never synced, as of seq %llu",
        (unsigned long long)sync->seq);
    if (sync->last_status != KHACH_OK)
        khach__checkup_add(checkup, "last sync", KHACH_FINDING_NOTE, "failed: %s",
            khach_status_name((khach_status)sync->last_status));
    if (sync->repairing != KHACH_REPAIRING_NOT)
        khach__checkup_add(checkup, "repair", KHACH_FINDING_NOTE,
            "one was interrupted, and goes on with the next sync");
    if (sync->is_unverified)
        khach__checkup_add(checkup, "comparison", KHACH_FINDING_BAD,
            "the server's digests, or a record put aside, leave it unverified");
    else if (sync->verified_at_ms == 0)
        khach__checkup_add(
            checkup, "comparison", KHACH_FINDING_NOTE, "never found equal to its server");
    else
        khach__checkup_add(checkup, "comparison", KHACH_FINDING_GOOD,
            "equal to its server at seq %llu", (unsigned long long)sync->verified_seq);
    if (aside > 0)
        khach__checkup_add(checkup, "put aside", KHACH_FINDING_BAD,
            "%llu records that version %s cannot read", (unsigned long long)aside,
            khach_version_string());
    if (sync->has_erased)
        khach__checkup_add(checkup, "erasure", KHACH_FINDING_NOTE,
            "the log may hold what was erased, and is emptied by the next sync");
    return status;
}

khach_status khach__cache_checkup(
    khach_cache *cache, khach_checkup *checkup, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status = khach__cache_sync_read(cache, &sync, error);

    if (status == KHACH_OK)
        status = look_at_files(cache, checkup, error);
    if (status == KHACH_OK)
        status = look_at_pages(cache, checkup, error);
    if (status == KHACH_OK)
        status = look_at_rows(cache, checkup, sync.customers_count, error);
    if (status == KHACH_OK)
        status = look_at_leader(cache, checkup, error);
    if (status == KHACH_OK)
        status = look_at_sync(cache, checkup, &sync, error);
    free(sync.cursor.bytes);
    return status;
}
