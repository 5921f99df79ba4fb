/* Answers from the cache: one customer, lists in order, counts, pages. */

#include "cache.h"
#include "customer.h"
#include "decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char record_sql[] =
    "SELECT record, seq, EXISTS(SELECT 1 FROM overlays WHERE overlays.id = base_customers.id)"
    " FROM base_customers WHERE id = ?1";

static khach_customer_row row_of(sqlite3_stmt *statement)
{
    return (khach_customer_row){sqlite3_column_blob(statement, 0),
        (size_t)sqlite3_column_bytes(statement, 0), (uint64_t)sqlite3_column_int64(statement, 1)};
}

/* Reads the record that `statement` has for a customer into a list. */
static khach_status add_record(khach_cache *cache, khach_customer_list *list,
    sqlite3_stmt *statement, int64_t customer, khach_error **error)
{
    khach_customer_row row;
    khach_status status = KHACH_OK;

    (void)sqlite3_bind_int64(statement, 1, customer);
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        row = row_of(statement);
        status = khach__customer_list_add(list, &row, !cache->is_held, error);
        if (status == KHACH_OK)
            list->customers[list->count - 1].is_pending = sqlite3_column_int(statement, 2) != 0;
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
    khach_customer_row row;
    khach_status status;

    if (number < 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "a customer id like c0000000000001 expected, another found");
    status = khach__cache_sync_read(cache, &sync, error);
    free(sync.cursor.bytes);
    if (status == KHACH_OK)
        status = khach__cache_prepare(cache, &statement, record_sql, error);
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
        row = row_of(statement);
        status = khach__customer_fill(customer, &row, error);
        if (status != KHACH_OK) {
            free(customer);
            customer = NULL;
            break;
        }
        customer->is_pending = sqlite3_column_int(statement, 2) != 0;
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
    khach__cache_done(cache, statement);
    *out = customer;
    return status;
}

/* --- lists --- */

/* Reads the records of a list's rows; one row more tells whether there is another page. */
static khach_status fill_list(khach_cache *cache, khach_customer_list *list,
    const khach_cache_filter *filter, const khach_index_position *rows, size_t rows_count,
    khach_error **error)
{
    const khach_index_position *last;
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(cache, &statement, record_sql, error);

    list->seq = filter->sync.seq;
    list->is_complete = filter->sync.phase == KHACH_PHASE_COMPLETE;
    for (size_t i = 0; status == KHACH_OK && i < rows_count && i < filter->limit; i++)
        status = add_record(cache, list, statement, rows[i].id, error);
    khach__cache_done(cache, statement);
    if (status == KHACH_OK && rows_count > filter->limit) {
        last = &rows[filter->limit - 1];
        (void)snprintf(list->next, sizeof(list->next),
            "2.%" PRId32 ".%" PRId64 ".%" PRId64 ".%" PRIx64, last->rank, last->key, last->id,
            filter->hash);
    }
    return status;
}

khach_status khach__cache_search(khach_cache *cache, khach_customer_list **out, const char *text,
    const khach_query *query, khach_error **error)
{
    khach_cache_filter filter;
    khach_customer_list *list = NULL;
    khach_index_position *rows = NULL;
    khach_status status = khach__cache_filter_open(cache, &filter, query, text, error);
    size_t count = filter.limit + 1;

    if (status != KHACH_OK)
        goto done;
    list = khach__customer_list_new(filter.limit);
    rows = malloc(count * sizeof(*rows));
    if (list == NULL || rows == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for a list");
        goto done;
    }
    status = khach__cache_index_failure(cache,
        khach_index_list(cache->index, &filter.filter, filter.order,
            filter.has_after ? &filter.after : NULL, rows, &count),
        error);
    if (status == KHACH_OK)
        status = fill_list(cache, list, &filter, rows, count, error);

done:
    khach__cache_filter_close(cache, &filter);
    free(rows);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_customer_list_free(list);
    return status;
}

khach_status khach__cache_list(khach_cache *cache, khach_customer_list **out,
    const khach_query *query, khach_error **error)
{
    return khach__cache_search(cache, out, NULL, query, error);
}

khach_status khach__cache_count(
    khach_cache *cache, uint64_t *out, const khach_query *query, khach_error **error)
{
    khach_cache_filter filter;
    khach_status status = khach__cache_filter_open(cache, &filter, query, NULL, error);

    if (status == KHACH_OK)
        status = khach__cache_index_failure(
            cache, khach_index_count(cache->index, &filter.filter, UINT64_MAX, out), error);
    khach__cache_filter_close(cache, &filter);
    return status;
}

/* --- pages --- */

static khach_status read_business(
    khach_cache *cache, khach_page_list *list, sqlite3_stmt *statement, khach_error **error)
{
    int result = sqlite3_step(statement);
    khach_decoder decoder;

    if (result == SQLITE_DONE)
        return khach__error_set(
            error, KHACH_E_NOT_SYNCED, "a synced cache expected, one that never was found");
    if (result != SQLITE_ROW)
        return khach__cache_failure(cache, error);
    khach__decoder_open(&decoder);
    list->business = khach__v1__business__unpack(&decoder.allocator,
        (size_t)sqlite3_column_bytes(statement, 0), sqlite3_column_blob(statement, 0));
    return list->business != NULL
        ? KHACH_OK
        : khach__decoder_failure(&decoder, error, KHACH_E_CACHE_CORRUPT, "a business");
}

static khach_status read_page(
    khach_page_list *list, const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_decoder decoder;

    if (list->count == list->room) {
        size_t room = list->room * 2 + 16;
        Khach__V1__Page **grown = realloc(list->pages, room * sizeof(*grown));

        if (grown == NULL)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory for the pages");
        list->pages = grown;
        list->room = room;
    }
    khach__decoder_open(&decoder);
    list->pages[list->count] = khach__v1__page__unpack(&decoder.allocator, bytes_count, bytes);
    if (list->pages[list->count] == NULL)
        return khach__decoder_failure(&decoder, error, KHACH_E_CACHE_CORRUPT, "a page");
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
    khach__cache_done(cache, statement);
    statement = NULL;
    if (status == KHACH_OK)
        status = khach__cache_prepare(
            cache, &statement, "SELECT record FROM base_pages ORDER BY page", error);

    while (status == KHACH_OK && (result = sqlite3_step(statement)) == SQLITE_ROW)
        status = read_page(list, sqlite3_column_blob(statement, 0),
            (size_t)sqlite3_column_bytes(statement, 0), error);
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, statement);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_page_list_free(list);
    return status;
}
