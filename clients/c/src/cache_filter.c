/* What a query means: days as instants, pages as numbers, a token as a place in the order. */

#include "cache.h"

#include "record.h"

#include "khach_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The size of a query of version 0.1. */
#define QUERY_BYTES_FIRST offsetof(khach_query, channels)

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

khach_status khach__cache_zone(khach_cache *cache, khach_zone **zone, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    Khach__V1__Business *business = NULL;
    khach_status status =
        khach__cache_prepare(cache, &statement, "SELECT record FROM base_business", error);
    int result;

    if (status != KHACH_OK)
        return status;
    if (!khach__cache_has_row(cache, statement, &status, error)) {
        status = status != KHACH_OK ? status : khach__error_set(
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
    khach__cache_done(cache, statement);
    return status;
}

khach_status khach__cache_day(
    int32_t *out, const char *field, const char *text, khach_error **error)
{
    if (khach_day_parse(out, text) != 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "%s: a day as YYYY-MM-DD expected, another text found", field);
    return KHACH_OK;
}

/* Two days of a range, either of which may be open. */
static khach_status read_range(int32_t *from, int32_t *to, const char *const *fields,
    const char *from_text, const char *to_text, khach_error **error)
{
    khach_status status = KHACH_OK;

    *from = INT32_MIN;
    *to = INT32_MAX;
    if (!is_empty(from_text))
        status = khach__cache_day(from, fields[0], from_text, error);
    if (status == KHACH_OK && !is_empty(to_text))
        status = khach__cache_day(to, fields[1], to_text, error);
    if (status == KHACH_OK && *from > *to)
        return khach__error_set(error, KHACH_E_INVALID,
            "%s: a day on or before %s expected, %s found", fields[0], to_text, from_text);
    return status;
}

static khach_status read_days(
    khach_cache *cache, khach_index_filter *filter, const khach_query *query, khach_error **error)
{
    static const char *const created[] = {"created_from", "created_to"};
    static const char *const messaged[] = {"messaged_from", "messaged_to"};
    khach_zone *zone = NULL;
    int32_t from;
    int32_t to;
    khach_status status =
        read_range(&from, &to, created, query->created_from, query->created_to, error);

    if (status == KHACH_OK)
        status = read_range(&filter->messaged_from, &filter->messaged_to, messaged,
            query->messaged_from, query->messaged_to, error);
    if (status == KHACH_OK && (query->messaged_kind < 0 || query->messaged_kind > 3))
        status = khach__error_set(error, KHACH_E_INVALID,
            "messaged_kind: 0 to 3 expected, %d found", (int)query->messaged_kind);
    if (status != KHACH_OK)
        return status;
    if (!is_empty(query->messaged_from) || !is_empty(query->messaged_to))
        filter->messaged_kinds = query->messaged_kind == KHACH_ACTIVITY_MESSAGES
            ? KHACH_DAY_MESSAGED
            : query->messaged_kind == KHACH_ACTIVITY_COMMENTS
            ? KHACH_DAY_COMMENTED
            : KHACH_DAY_MESSAGED | KHACH_DAY_COMMENTED;
    if (from == INT32_MIN && to == INT32_MAX && filter->messaged_kinds == 0)
        return KHACH_OK;

    status = khach__cache_zone(cache, &zone, error);
    if (status != KHACH_OK)
        return status;
    if (from != INT32_MIN)
        filter->created_from = khach_zone_day_start(zone, from);
    if (to != INT32_MAX)
        filter->created_before = khach_zone_day_start(zone, to + 1);
    if (filter->messaged_kinds != 0 && filter->messaged_from != INT32_MIN)
        filter->messaged_begins_at = khach_zone_day_start(zone, filter->messaged_from);
    if (filter->messaged_kinds != 0 && filter->messaged_to != INT32_MAX)
        filter->messaged_ends_at = khach_zone_day_start(zone, filter->messaged_to + 1);
    khach_zone_free(zone);
    return KHACH_OK;
}

/* --- pages and numbers --- */

static int compare_pages(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Ascending, without repetition. */
static size_t sort_pages(int64_t *pages, size_t pages_count)
{
    size_t count = 0;

    qsort(pages, pages_count, sizeof(*pages), compare_pages);
    for (size_t i = 0; i < pages_count; i++) {
        if (count == 0 || pages[i] != pages[count - 1])
            pages[count++] = pages[i];
    }
    return count;
}

khach_status khach__cache_read_pages(khach_cache *cache, const khach_cache_sync *sync,
    const char *const *ids, size_t ids_count, int64_t **pages, size_t *count, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_status status;

    *pages = NULL;
    *count = 0;
    if (ids_count == 0)
        return KHACH_OK;
    if (ids_count > KHACH_QUERY_PAGES_MAX || ids == NULL)
        return khach__error_set(error, KHACH_E_INVALID,
            "page_ids: at most %d pages expected, %zu%s found", KHACH_QUERY_PAGES_MAX, ids_count,
            ids == NULL ? " at NULL" : "");
    *pages = malloc(ids_count * sizeof(**pages));
    if (*pages == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a query");
    status = khach__cache_prepare(
        cache, &statement, "SELECT 1 FROM base_pages WHERE page = ?1", error);

    for (size_t i = 0; status == KHACH_OK && i < ids_count; i++) {
        int64_t page = khach__record_number('p', ids[i]);

        (void)sqlite3_bind_int64(statement, 1, page);
        if (page < 0)
            status = khach__error_set(error, KHACH_E_INVALID,
                "page_ids[%zu]: a page id like p0000000000001 expected, another found", i);
        else if (!khach__cache_has_row(cache, statement, &status, error) && status == KHACH_OK)
            status = khach__error_set(error,
                sync->phase == KHACH_PHASE_COMPLETE ? KHACH_E_NOT_FOUND : KHACH_E_NOT_SYNCED,
                "page_ids[%zu]: a page of the business expected, %s found", i, ids[i]);
        (void)sqlite3_reset(statement);
        (*pages)[i] = page;
    }
    khach__cache_done(cache, statement);
    if (status == KHACH_OK)
        *count = sort_pages(*pages, ids_count);
    return status;
}

khach_status khach__cache_bits(uint32_t *out, const char *field, const int32_t *values,
    size_t values_count, int32_t most, khach_error **error)
{
    *out = 0;
    if (values_count > (size_t)most || (values_count > 0 && values == NULL))
        return khach__error_set(error, KHACH_E_INVALID, "%s: at most %d expected, %zu%s found",
            field, (int)most, values_count, values == NULL ? " at NULL" : "");
    for (size_t i = 0; i < values_count; i++) {
        if (values[i] < 1 || values[i] > most)
            return khach__error_set(error, KHACH_E_INVALID, "%s[%zu]: 1 to %d expected, %d found",
                field, i, (int)most, (int)values[i]);
        *out |= UINT32_C(1) << (values[i] < 15 ? values[i] : 15);
    }
    return KHACH_OK;
}

static khach_status read_ternary(
    int32_t *out, const char *field, int32_t value, khach_error **error)
{
    if (value < KHACH_TERNARY_ANY || value > KHACH_TERNARY_NO)
        return khach__error_set(
            error, KHACH_E_INVALID, "%s: 0 to 2 expected, %d found", field, (int)value);
    *out = value == KHACH_TERNARY_ANY ? -1 : value == KHACH_TERNARY_YES;
    return KHACH_OK;
}

static khach_status read_traits(
    khach_index_filter *filter, const khach_query *query, khach_error **error)
{
    khach_status status = khach__cache_bits(&filter->channels, "channels", query->channels,
        query->channel_count, KHACH_QUERY_CHANNELS_MAX, error);

    if (status == KHACH_OK)
        status = khach__cache_bits(&filter->name_statuses, "name_statuses", query->name_statuses,
            query->name_status_count, KHACH_QUERY_NAME_STATUSES_MAX, error);
    if (status == KHACH_OK)
        status = read_ternary(&filter->has_phone, "has_phone", query->has_phone, error);
    if (status == KHACH_OK)
        status = read_ternary(&filter->has_email, "has_email", query->has_email, error);
    if (status == KHACH_OK)
        status = read_ternary(&filter->blocked, "blocked", query->blocked, error);
    return status;
}

static khach_status read_name(khach_cache_filter *filter, const char *name, khach_error **error)
{
    size_t bytes;
    int result;

    if (name == NULL)
        return KHACH_OK;
    bytes = strlen(name);
    if (bytes > KHACH_SEARCH_TEXT_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "name: a text of at most %d bytes expected, %zu found", KHACH_SEARCH_TEXT_BYTES_MAX,
            bytes);
    result = khach_name_query_open(&filter->name, name, bytes);
    filter->filter.name = filter->name;
    if (result == -1)
        return khach__error_set(error, KHACH_E_INVALID,
            "name: a few words to search for expected, none or too many found");
    if (result != 0)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a search");
    return KHACH_OK;
}

static khach_status read_order(
    khach_cache_filter *filter, const khach_query *query, khach_error **error)
{
    if (query->order < KHACH_ORDER_UNSPECIFIED || query->order > KHACH_ORDER_RELEVANCE)
        return khach__error_set(
            error, KHACH_E_INVALID, "order: 0 to 4 expected, %d found", (int)query->order);
    if (query->order == KHACH_ORDER_RELEVANCE && filter->name == NULL)
        return khach__error_set(error, KHACH_E_INVALID,
            "order: a name to search for expected with relevance, none found");
    filter->order = (khach_index_order)query->order;
    if (query->order == KHACH_ORDER_UNSPECIFIED)
        filter->order =
            filter->name != NULL ? KHACH_INDEX_RELEVANCE : KHACH_INDEX_CREATED_DESCENDING;
    return KHACH_OK;
}

/* --- tokens --- */

static uint64_t hash_filter(const khach_cache_filter *made, const char *name)
{
    const khach_index_filter *filter = &made->filter;
    const int64_t numbers[] = {filter->created_from, filter->created_before, filter->channels,
        filter->name_statuses, filter->has_phone, filter->has_email, filter->blocked,
        filter->messaged_kinds, filter->messaged_from, filter->messaged_to, made->order};
    uint64_t hash = hash_bytes(HASH_SEED, numbers, sizeof(numbers));

    hash = hash_bytes(hash, made->pages, filter->pages_count * sizeof(int64_t));
    return name == NULL ? hash : hash_bytes(hash, name, strlen(name));
}

static khach_status read_after(
    khach_cache_filter *filter, const khach_query *query, khach_error **error)
{
    khach_index_position *after = &filter->after;
    uint64_t given = 0;
    int used = 0;

    if (is_empty(query->after))
        return KHACH_OK;
    if (strlen(query->after) > 90
        || sscanf(query->after, "2.%" SCNd32 ".%" SCNd64 ".%" SCNd64 ".%" SCNx64 "%n",
               &after->rank, &after->key, &after->id, &given, &used)
            != 4
        || query->after[used] != '\0' || given != filter->hash)
        return khach__error_set(
            error, KHACH_E_INVALID, "after: a token of this query's lists expected, another found");
    filter->has_after = true;
    return KHACH_OK;
}

/* Takes what the caller's header knew; the rest asks nothing. */
static khach_status resolve(khach_query *whole, const khach_query *given, khach_error **error)
{
    khach_query_init(whole);
    if (given == NULL)
        return KHACH_OK;
    if (given->struct_size != QUERY_BYTES_FIRST && given->struct_size != sizeof(*whole))
        return khach__error_set(error, KHACH_E_INVALID,
            "struct_size: a query of %zu or %zu bytes expected, %zu found", QUERY_BYTES_FIRST,
            sizeof(*whole), given->struct_size);
    memcpy(whole, given, given->struct_size);
    if (whole->limit > KHACH_QUERY_LIMIT_MAX)
        return khach__error_set(error, KHACH_E_INVALID, "limit: at most %d expected, %u found",
            KHACH_QUERY_LIMIT_MAX, (unsigned)whole->limit);
    return KHACH_OK;
}

khach_status khach__cache_filter_open(khach_cache *cache, khach_cache_filter *filter,
    const khach_query *query, const char *text, khach_error **error)
{
    khach_query whole;
    khach_status status = resolve(&whole, query, error);
    const char *name = text != NULL ? text : is_empty(whole.name) ? NULL : whole.name;

    *filter = (khach_cache_filter){0};
    khach_index_filter_init(&filter->filter, 0);
    if (status != KHACH_OK)
        return status;
    filter->limit = whole.limit == 0 ? KHACH_QUERY_LIMIT_DEFAULT : whole.limit;

    /* A walk over everything would have the whole file in this process. */
    if (!cache->is_held)
        status = khach__cache_map(cache, error);
    if (status == KHACH_OK && !cache->is_held)
        status = khach__cache_step(cache, "BEGIN", error);
    if (status == KHACH_OK)
        status = khach__cache_sync_read(cache, &filter->sync, error);
    if (status == KHACH_OK && filter->sync.phase == KHACH_PHASE_EMPTY)
        status = khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a synced cache expected, one that never was found");
    if (status == KHACH_OK)
        status = read_days(cache, &filter->filter, &whole, error);
    if (status == KHACH_OK)
        status = read_traits(&filter->filter, &whole, error);
    if (status == KHACH_OK)
        status = khach__cache_read_pages(cache, &filter->sync, whole.page_ids,
            whole.page_id_count, &filter->pages, &filter->filter.pages_count, error);
    filter->filter.pages = filter->pages;
    if (status == KHACH_OK)
        status = read_name(filter, name, error);
    if (status == KHACH_OK)
        status = read_order(filter, &whole, error);
    filter->hash = hash_filter(filter, name);
    if (status == KHACH_OK)
        status = read_after(filter, &whole, error);
    khach_index_set_ready(cache->index, filter->sync.is_search_indexed);
    return status;
}

void khach__cache_filter_close(khach_cache *cache, khach_cache_filter *filter)
{
    if (!cache->is_held && sqlite3_get_autocommit(cache->db) == 0)
        khach__cache_rollback(cache);
    free(filter->pages);
    khach_name_query_free(filter->name);
    free(filter->sync.cursor.bytes);
    *filter = (khach_cache_filter){0};
}
