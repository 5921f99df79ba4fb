/* Answers from the cache: one customer, lists in order, counts, pages. */

#include "cache.h"
#include "customer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A place in the order of lists. */
typedef struct place {
    int64_t created_at_ms;
    int64_t customer;
} place;

/* The first places of a list, best first. */
typedef struct top {
    place *places;
    size_t count;
    size_t room;
} top;

static bool is_before(place left, place right)
{
    if (left.created_at_ms != right.created_at_ms)
        return left.created_at_ms > right.created_at_ms;
    return left.customer > right.customer;
}

/* Adds a place; false when it comes after a full list. */
static bool top_add(top *list, place added)
{
    size_t at = list->count;

    if (list->count == list->room && !is_before(added, list->places[list->count - 1]))
        return false;
    if (list->count < list->room)
        list->count++;
    else
        at--;
    while (at > 0 && is_before(added, list->places[at - 1])) {
        list->places[at] = list->places[at - 1];
        at--;
    }
    list->places[at] = added;
    return true;
}

const char khach__cache_record_sql[] = "SELECT record, seq FROM base_customers WHERE customer = ?1";

khach_status khach__cache_record_add(khach_cache *cache, khach_customer_list *list,
    sqlite3_stmt *statement, int64_t customer, khach_error **error)
{
    khach_status status = KHACH_OK;

    (void)sqlite3_bind_int64(statement, 1, customer);
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        if (!khach__customer_list_add(list, sqlite3_column_blob(statement, 0),
                (size_t)sqlite3_column_bytes(statement, 0),
                (uint64_t)sqlite3_column_int64(statement, 1), !cache->is_held))
            status = khach__error_set(
                error, KHACH_E_CACHE_CORRUPT, "a customer expected, other bytes found");
        break;
    case SQLITE_DONE:
        status = khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "the row of a customer expected, none found");
        break;
    default:
        status = khach__cache_failure(cache, error);
        break;
    }
    (void)sqlite3_reset(statement);
    return status;
}

khach_status khach__cache_get(
    khach_cache *cache, khach_customer **out, const char *id, khach_error **error)
{
    int64_t number = khach__record_number('c', id);
    khach_cache_sync sync = {0};
    sqlite3_stmt *statement = NULL;
    khach_customer *customer = NULL;
    khach_status status;

    if (number < 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "a customer id like c0000000000001 expected, another found");
    status = khach__cache_sync_read(cache, &sync, error);
    free(sync.cursor.bytes);
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &statement, khach__cache_record_sql, error);
    if (status != KHACH_OK)
        return status;

    (void)sqlite3_bind_int64(statement, 1, number);
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        customer = calloc(1, sizeof(*customer));
        if (customer == NULL) {
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory for a customer");
            break;
        }
        if (!khach__customer_fill(customer, sqlite3_column_blob(statement, 0),
                (size_t)sqlite3_column_bytes(statement, 0),
                (uint64_t)sqlite3_column_int64(statement, 1))) {
            free(customer);
            customer = NULL;
            status = khach__error_set(
                error, KHACH_E_CACHE_CORRUPT, "a customer expected, other bytes found");
        }
        break;
    case SQLITE_DONE:
        status = sync.phase == KHACH_PHASE_COMPLETE
            ? khach__error_set(error, KHACH_E_NOT_FOUND, "customer %s expected, none found", id)
            : khach__error_set(error, KHACH_E_NOT_SYNCED,
                  "a complete cache expected, the first pass found under way");
        break;
    default:
        status = khach__cache_failure(cache, error);
        break;
    }
    (void)sqlite3_finalize(statement);
    *out = customer;
    return status;
}

/* --- lists --- */

static const char all_sql[] =
    "SELECT created_at_ms, customer FROM base_customers"
    " WHERE created_at_ms BETWEEN ?1 AND ?2 AND (created_at_ms < ?3 OR customer < ?4)"
    " ORDER BY created_at_ms DESC, customer DESC LIMIT ?5";
static const char page_sql[] =
    "SELECT created_at_ms, customer FROM base_customers WHERE page = ?6"
    " AND created_at_ms BETWEEN ?1 AND ?2 AND (created_at_ms < ?3 OR customer < ?4)"
    " ORDER BY created_at_ms DESC, customer DESC LIMIT ?5";

/* Adds what a bound statement gives, until it cannot get better. */
static khach_status collect(
    khach_cache *cache, top *list, sqlite3_stmt *statement, khach_error **error)
{
    for (;;) {
        int result = sqlite3_step(statement);
        place found;

        if (result == SQLITE_DONE)
            return KHACH_OK;
        if (result != SQLITE_ROW)
            return khach__cache_failure(cache, error);
        found.created_at_ms = sqlite3_column_int64(statement, 0);
        found.customer = sqlite3_column_int64(statement, 1);
        if (!top_add(list, found))
            return KHACH_OK;
    }
}

/* The first places of the filter. Each page's index is read from its newest on, and left as soon
 * as it cannot better what was found: the cost is in what is shown, not in what there is. */
static khach_status collect_all(
    khach_cache *cache, top *list, const khach_cache_filter *filter, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    int64_t last_ms = filter->created_to_ms == INT64_MAX ? INT64_MAX : filter->created_to_ms - 1;
    size_t turns = filter->pages == NULL ? 1 : filter->pages_count;
    khach_status status = khach__cache_prepare(
        cache, &statement, filter->pages == NULL ? all_sql : page_sql, error);

    if (filter->has_after && filter->after_ms < last_ms)
        last_ms = filter->after_ms;
    for (size_t i = 0; status == KHACH_OK && i < turns; i++) {
        (void)sqlite3_bind_int64(statement, 1, filter->created_from_ms);
        (void)sqlite3_bind_int64(statement, 2, last_ms);
        (void)sqlite3_bind_int64(statement, 3, filter->has_after ? filter->after_ms : INT64_MAX);
        (void)sqlite3_bind_int64(
            statement, 4, filter->has_after ? filter->after_customer : INT64_MAX);
        (void)sqlite3_bind_int64(statement, 5, (int64_t)list->room);
        if (filter->pages != NULL)
            (void)sqlite3_bind_int64(statement, 6, filter->pages[i]);
        status = collect(cache, list, statement, error);
        (void)sqlite3_reset(statement);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

khach_status khach__cache_list(khach_cache *cache, khach_customer_list **out,
    const khach_query *query, khach_error **error)
{
    khach_cache_filter filter;
    khach_customer_list *list = NULL;
    sqlite3_stmt *statement = NULL;
    top places = {NULL, 0, 0};
    khach_status status = khach__cache_filter_open(cache, &filter, query, error);

    if (status != KHACH_OK)
        goto done;
    list = khach__customer_list_new(filter.limit);
    places.room = filter.limit + 1; /* One more tells whether there is another page. */
    places.places = malloc(places.room * sizeof(place));
    if (list == NULL || places.places == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for a list");
        goto done;
    }
    list->seq = filter.sync.seq;
    list->is_complete = filter.sync.phase == KHACH_PHASE_COMPLETE;

    status = collect_all(cache, &places, &filter, error);
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &statement, khach__cache_record_sql, error);
    for (size_t i = 0; status == KHACH_OK && i < places.count && i < filter.limit; i++)
        status = khach__cache_record_add(cache, list, statement, places.places[i].customer, error);
    if (status == KHACH_OK && places.count > filter.limit)
        (void)snprintf(list->next, sizeof(list->next), "1.%" PRId64 ".%" PRId64 ".%" PRIx64,
            places.places[filter.limit - 1].created_at_ms, places.places[filter.limit - 1].customer,
            filter.hash);

done:
    (void)sqlite3_finalize(statement);
    khach__cache_filter_close(cache, &filter);
    free(places.places);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_customer_list_free(list);
    return status;
}

khach_status khach__cache_count(
    khach_cache *cache, uint64_t *out, const khach_query *query, khach_error **error)
{
    static const char all[] = "SELECT count(*) FROM base_customers"
                              " WHERE created_at_ms >= ?1 AND created_at_ms < ?2";
    static const char one[] = "SELECT count(*) FROM base_customers"
                              " WHERE created_at_ms >= ?1 AND created_at_ms < ?2 AND page = ?3";
    khach_cache_filter filter;
    sqlite3_stmt *statement = NULL;
    uint64_t count = 0;
    khach_status status = khach__cache_filter_open(cache, &filter, query, error);
    size_t turns;

    if (status != KHACH_OK)
        goto done;
    if (filter.pages == NULL && filter.created_from_ms == INT64_MIN
        && filter.created_to_ms == INT64_MAX) {
        *out = filter.sync.customers_count;
        goto done;
    }
    turns = filter.pages == NULL ? 1 : filter.pages_count;
    status = khach__cache_prepare(cache, &statement, filter.pages == NULL ? all : one, error);
    for (size_t i = 0; status == KHACH_OK && i < turns; i++) {
        (void)sqlite3_bind_int64(statement, 1, filter.created_from_ms);
        (void)sqlite3_bind_int64(statement, 2, filter.created_to_ms);
        if (filter.pages != NULL)
            (void)sqlite3_bind_int64(statement, 3, filter.pages[i]);
        if (sqlite3_step(statement) == SQLITE_ROW)
            count += (uint64_t)sqlite3_column_int64(statement, 0);
        else
            status = khach__cache_failure(cache, error);
        (void)sqlite3_reset(statement);
    }
    if (status == KHACH_OK)
        *out = count;

done:
    (void)sqlite3_finalize(statement);
    khach__cache_filter_close(cache, &filter);
    return status;
}

/* --- pages --- */

static khach_status read_business(
    khach_cache *cache, khach_page_list *list, sqlite3_stmt *statement, khach_error **error)
{
    int result = sqlite3_step(statement);

    if (result == SQLITE_DONE)
        return khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a synced cache expected, one that never was found");
    if (result != SQLITE_ROW)
        return khach__cache_failure(cache, error);
    list->business = khach__v1__business__unpack(
        NULL, (size_t)sqlite3_column_bytes(statement, 0), sqlite3_column_blob(statement, 0));
    if (list->business == NULL)
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "a business expected, other bytes found");
    return KHACH_OK;
}

static khach_status read_page(
    khach_page_list *list, const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    if (list->count == list->room) {
        size_t room = list->room * 2 + 16;
        Khach__V1__Page **grown = realloc(list->pages, room * sizeof(*grown));

        if (grown == NULL)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory for the pages");
        list->pages = grown;
        list->room = room;
    }
    list->pages[list->count] = khach__v1__page__unpack(NULL, bytes_count, bytes);
    if (list->pages[list->count] == NULL)
        return khach__error_set(
            error, KHACH_E_CACHE_CORRUPT, "a page expected, other bytes found");
    list->count++;
    return KHACH_OK;
}

khach_status khach__cache_pages(khach_cache *cache, khach_page_list **out, khach_error **error)
{
    sqlite3_stmt *statement = NULL;
    khach_page_list *list = calloc(1, sizeof(*list));
    khach_status status;
    int result = SQLITE_ROW;

    if (list == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for the pages");
    status = khach__cache_prepare(cache, &statement, "SELECT record FROM base_business", error);
    if (status == KHACH_OK)
        status = read_business(cache, list, statement, error);
    (void)sqlite3_finalize(statement);
    statement = NULL;
    if (status == KHACH_OK)
        status = khach__cache_prepare(
            cache, &statement, "SELECT record FROM base_pages ORDER BY page", error);

    while (status == KHACH_OK && (result = sqlite3_step(statement)) == SQLITE_ROW)
        status = read_page(list, sqlite3_column_blob(statement, 0),
            (size_t)sqlite3_column_bytes(statement, 0), error);
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    (void)sqlite3_finalize(statement);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_page_list_free(list);
    return status;
}
