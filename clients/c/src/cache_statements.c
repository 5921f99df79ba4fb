#include "cache.h"

#include <stdlib.h>
#include <string.h>

/* Statements of a cache, kept once they are prepared: to prepare one takes longer than most take
 * to run. One is lent to one borrower at a time. */

static uint32_t hash_of(const char *sql)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (; *sql != '\0'; sql++)
        hash = (hash ^ (uint8_t)*sql) * 16777619U;
    return hash;
}

/* A PRAGMA that sets does its work while it is prepared. */
static bool is_keepable(const char *sql)
{
    return sqlite3_strnicmp(sql, "PRAGMA", 6) != 0 || strchr(sql, '=') == NULL;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " ;\n")] == '\0';
}

/* The kept statement of a text that nobody has; NULL for none. */
static khach_kept_statement *find(khach_cache *cache, const char *sql, uint32_t hash)
{
    for (size_t i = 0; i < KHACH_CACHE_STATEMENTS_MAX; i++) {
        khach_kept_statement *kept = &cache->statements[i];

        if (kept->statement != NULL && kept->hash == hash && !kept->is_lent
            && strcmp(sqlite3_sql(kept->statement), sql) == 0)
            return kept;
    }
    return NULL;
}

/* The next place that nobody has borrowed from, emptied; NULL for none. */
static khach_kept_statement *place(khach_cache *cache)
{
    for (size_t i = 0; i < KHACH_CACHE_STATEMENTS_MAX; i++) {
        khach_kept_statement *kept = &cache->statements[cache->statements_next];

        cache->statements_next = (cache->statements_next + 1) % KHACH_CACHE_STATEMENTS_MAX;
        if (kept->is_lent)
            continue;
        (void)sqlite3_finalize(kept->statement);
        *kept = (khach_kept_statement){0};
        return kept;
    }
    return NULL;
}

khach_status khach__cache_prepare(
    khach_cache *cache, sqlite3_stmt **out, const char *sql, khach_error **error)
{
    uint32_t hash = hash_of(sql);
    khach_kept_statement *kept = find(cache, sql, hash);
    const char *rest = "";

    *out = NULL;
    if (kept == NULL) {
        if (sqlite3_prepare_v3(cache->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &rest)
            != SQLITE_OK)
            return khach__cache_failure(cache, error);
        if (!is_keepable(sql) || !is_blank(rest) || (kept = place(cache)) == NULL)
            return KHACH_OK;
        *kept = (khach_kept_statement){.hash = hash, .statement = *out};
    }
    kept->is_lent = true;
    *out = kept->statement;
    return KHACH_OK;
}

void khach__cache_done(khach_cache *cache, sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    for (size_t i = 0; i < KHACH_CACHE_STATEMENTS_MAX; i++) {
        if (cache->statements[i].statement != statement)
            continue;
        (void)sqlite3_reset(statement);
        (void)sqlite3_clear_bindings(statement);
        cache->statements[i].is_lent = false;
        return;
    }
    (void)sqlite3_finalize(statement);
}

khach_status khach__cache_run(khach_cache *cache, const char *sql, khach_error **error)
{
    if (sqlite3_exec(cache->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return khach__cache_failure(cache, error);
    return KHACH_OK;
}

khach_status khach__cache_step(khach_cache *cache, const char *sql, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, sql, error);

    if (status == KHACH_OK && sqlite3_step(statement) != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    return status;
}

void khach__cache_forget_statements(khach_cache *cache)
{
    for (size_t i = 0; i < KHACH_CACHE_STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(cache->statements[i].statement);
    memset(cache->statements, 0, sizeof(cache->statements));
}
