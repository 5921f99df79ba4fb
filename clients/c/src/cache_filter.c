/* What a query means: days as instants, pages as numbers, a token as a place in the order. */

#include "cache.h"

#include "khach_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_SEED UINT64_C(14695981039346656037)
#define HASH_PRIME UINT64_C(1099511628211)

/* FNV-1a: ties a token to its filter against mistakes, not against malice. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * HASH_PRIME;
    return hash;
}

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

/* Opens the time zone of the business. */
static khach_status open_zone(khach_cache *cache, khach_zone **zone, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    Khach__V1__Business *business = NULL;
    khach_status status =
        khach__cache_prepare(cache, &statement, "SELECT record FROM base_business", error);
    int result;

    if (status != KHACH_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW) {
        status = khach__error_set(
            error, KHACH_E_NOT_SYNCED, "the business expected in the cache, none found yet");
        goto done;
    }
    khach__arena_clear(&cache->arena);
    business = khach__v1__business__unpack(&cache->arena.allocator,
        (size_t)sqlite3_column_bytes(statement, 0), sqlite3_column_blob(statement, 0));
    if (business == NULL) {
        status = khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "a business expected, other bytes found");
        goto done;
    }
    result = khach_zone_open(zone, business->time_zone);
    if (result != 0)
        status = khach__error_set(error, result == -2 ? KHACH_E_MEMORY : KHACH_E_IO,
            "time zone %s expected on this system, none found", business->time_zone);

done:
    (void)sqlite3_finalize(statement);
    return status;
}

static khach_status read_days(
    khach_cache *cache, khach_cache_filter *filter, const khach_query *query, khach_error **error)
{
    khach_zone *zone = NULL;
    int32_t from = 0;
    int32_t to = 0;
    khach_status status;

    filter->created_from_ms = INT64_MIN;
    filter->created_to_ms = INT64_MAX;
    if (is_empty(query->created_from) && is_empty(query->created_to))
        return KHACH_OK;
    if ((!is_empty(query->created_from) && khach_day_parse(&from, query->created_from) != 0)
        || (!is_empty(query->created_to) && khach_day_parse(&to, query->created_to) != 0))
        return khach__error_set(
            error, KHACH_E_INVALID, "a day as YYYY-MM-DD expected, another text found");
    if (!is_empty(query->created_from) && !is_empty(query->created_to) && from > to)
        return khach__error_set(error, KHACH_E_INVALID,
            "created_from on or before created_to expected, a later day found");

    status = open_zone(cache, &zone, error);
    if (status != KHACH_OK)
        return status;
    if (!is_empty(query->created_from))
        filter->created_from_ms = khach_zone_day_start(zone, from);
    if (!is_empty(query->created_to))
        filter->created_to_ms = khach_zone_day_start(zone, to + 1);
    khach_zone_free(zone);
    return KHACH_OK;
}

static int compare_pages(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static khach_status read_pages(
    khach_cache *cache, khach_cache_filter *filter, const khach_query *query, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status;
    size_t count = 0;

    if (query->page_id_count == 0)
        return KHACH_OK;
    if (query->page_id_count > KHACH_QUERY_PAGES_MAX || query->page_ids == NULL)
        return khach__error_set(error, KHACH_E_INVALID,
            "at most %d pages expected, %zu%s found", KHACH_QUERY_PAGES_MAX, query->page_id_count,
            query->page_ids == NULL ? " at NULL" : "");
    filter->pages = malloc(query->page_id_count * sizeof(*filter->pages));
    if (filter->pages == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a query");
    status = khach__cache_prepare(
        cache, &statement, "SELECT 1 FROM base_pages WHERE page = ?1", error);

    for (size_t i = 0; status == KHACH_OK && i < query->page_id_count; i++) {
        int64_t page = khach__record_number('p', query->page_ids[i]);

        (void)sqlite3_bind_int64(statement, 1, page);
        if (page < 0)
            status = khach__error_set(
                error, KHACH_E_INVALID, "a page id like p0000000000001 expected, another found");
        else if (sqlite3_step(statement) != SQLITE_ROW)
            status = khach__error_set(error,
                filter->sync.phase == KHACH_PHASE_COMPLETE ? KHACH_E_NOT_FOUND : KHACH_E_NOT_SYNCED,
                "a page of the business expected, %s found", query->page_ids[i]);
        (void)sqlite3_reset(statement);
        filter->pages[i] = page;
    }
    (void)sqlite3_finalize(statement);
    if (status != KHACH_OK)
        return status;

    qsort(filter->pages, query->page_id_count, sizeof(*filter->pages), compare_pages);
    for (size_t i = 0; i < query->page_id_count; i++) {
        if (count == 0 || filter->pages[i] != filter->pages[count - 1])
            filter->pages[count++] = filter->pages[i];
    }
    filter->pages_count = count;
    return KHACH_OK;
}

static khach_status read_after(
    khach_cache_filter *filter, const khach_query *query, khach_error **error)
{
    uint64_t hash = hash_bytes(HASH_SEED, &filter->created_from_ms, sizeof(int64_t));
    uint64_t given = 0;
    int used = 0;

    hash = hash_bytes(hash, &filter->created_to_ms, sizeof(int64_t));
    filter->hash = hash_bytes(hash, filter->pages, filter->pages_count * sizeof(int64_t));
    if (is_empty(query->after))
        return KHACH_OK;
    if (strlen(query->after) > 90
        || sscanf(query->after, "1.%" SCNd64 ".%" SCNd64 ".%" SCNx64 "%n", &filter->after_ms,
               &filter->after_customer, &given, &used)
            != 3
        || query->after[used] != '\0' || given != filter->hash)
        return khach__error_set(
            error, KHACH_E_INVALID, "a token of this query's lists expected, another found");
    filter->has_after = true;
    return KHACH_OK;
}

khach_status khach__cache_filter_open(khach_cache *cache, khach_cache_filter *filter,
    const khach_query *query, khach_error **error)
{
    khach_query all;
    khach_status status;

    *filter = (khach_cache_filter){0};
    khach_query_init(&all);
    if (query == NULL)
        query = &all;
    if (query->struct_size != sizeof(khach_query))
        return khach__error_set(error, KHACH_E_INVALID,
            "a query of %zu bytes expected, %zu found", sizeof(khach_query), query->struct_size);
    if (query->limit > KHACH_QUERY_LIMIT_MAX)
        return khach__error_set(error, KHACH_E_INVALID, "a limit of at most %d expected, %u found",
            KHACH_QUERY_LIMIT_MAX, (unsigned)query->limit);
    filter->limit = query->limit == 0 ? KHACH_QUERY_LIMIT_DEFAULT : query->limit;

    status = cache->is_held ? KHACH_OK : khach__cache_run(cache, "BEGIN", error);
    if (status == KHACH_OK)
        status = khach__cache_sync_read(cache, &filter->sync, error);
    if (status == KHACH_OK && filter->sync.phase == KHACH_PHASE_EMPTY)
        status = khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a synced cache expected, one that never was found");
    if (status == KHACH_OK)
        status = read_days(cache, filter, query, error);
    if (status == KHACH_OK)
        status = read_pages(cache, filter, query, error);
    if (status == KHACH_OK)
        status = read_after(filter, query, error);
    return status;
}

void khach__cache_filter_close(khach_cache *cache, khach_cache_filter *filter)
{
    if (!cache->is_held && sqlite3_get_autocommit(cache->db) == 0)
        (void)sqlite3_exec(cache->db, "ROLLBACK", NULL, NULL, NULL);
    free(filter->pages);
    free(filter->sync.cursor.bytes);
    filter->pages = NULL;
    filter->sync.cursor.bytes = NULL;
}
