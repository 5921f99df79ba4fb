/* Customers by name (domain.md §4.8), through the index of name tokens. */

#include "cache.h"
#include "customer.h"

#include "khach_text.h"

#include <stdlib.h>
#include <string.h>

/* Field number of Customer.name. */
#define CUSTOMER_NAME 5
/* Above every folded text: the last code point. */
#define LAST_CODE_POINT "\xF4\x8F\xBF\xBF"

/* A name that answers, and its place. */
typedef struct answer {
    int rank;
    int64_t last_inbound_at_ms;
    int64_t customer;
} answer;

typedef struct search {
    khach_cache *cache;
    khach_cache_filter filter;
    khach_name_query *query;
    sqlite3_stmt *row;
    answer *answers; /* best first */
    size_t count;
    size_t looked_at;
    bool is_capped;
    khach_error **error;
} search;

/* Negative when `left` comes first; 0 for the same customer. */
static int compare(const answer *left, const answer *right)
{
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->last_inbound_at_ms != right->last_inbound_at_ms)
        return left->last_inbound_at_ms > right->last_inbound_at_ms ? -1 : 1;
    if (left->customer != right->customer)
        return left->customer > right->customer ? -1 : 1;
    return 0;
}

static void keep(search *work, const answer *added)
{
    size_t low = 0;
    size_t high = work->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(added, &work->answers[middle]);

        if (order == 0)
            return; /* Two words of one name begin with the same token. */
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (low == work->filter.limit)
        return;
    if (work->count < work->filter.limit)
        work->count++;
    memmove(&work->answers[low + 1], &work->answers[low],
        (work->count - 1 - low) * sizeof(*work->answers));
    work->answers[low] = *added;
}

/* The name in a record, in place. */
static void find_name(
    const uint8_t *bytes, size_t bytes_count, const char **name, size_t *name_bytes)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    *name = "";
    *name_bytes = 0;
    while (khach__wire_next(&wire, &field)) {
        if (field.number == CUSTOMER_NAME && field.type == KHACH_WIRE_BYTES) {
            *name = (const char *)field.bytes;
            *name_bytes = field.bytes_count;
        }
    }
}

static bool has_page(const khach_cache_filter *filter, int64_t page)
{
    size_t low = 0;
    size_t high = filter->pages_count;

    if (filter->pages == NULL)
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (filter->pages[middle] == page)
            return true;
        if (filter->pages[middle] < page)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Judges the row that `statement` stands on: customer, page, created, inbound, folded, record. */
static void judge(search *work, sqlite3_stmt *statement)
{
    int64_t created_at_ms = sqlite3_column_int64(statement, 2);
    const char *folded = (const char *)sqlite3_column_text(statement, 4);
    const char *name;
    size_t name_bytes;
    answer found;

    if (folded == NULL || created_at_ms < work->filter.created_from_ms
        || created_at_ms >= work->filter.created_to_ms
        || !has_page(&work->filter, sqlite3_column_int64(statement, 1)))
        return;
    find_name(sqlite3_column_blob(statement, 5), (size_t)sqlite3_column_bytes(statement, 5), &name,
        &name_bytes);
    found.rank = khach_name_query_rank(
        work->query, name, name_bytes, folded, (size_t)sqlite3_column_bytes(statement, 4));
    if (found.rank == 0)
        return;
    found.customer = sqlite3_column_int64(statement, 0);
    found.last_inbound_at_ms = sqlite3_column_int64(statement, 3);
    keep(work, &found);
}

#define TOKEN_COLUMNS "customer, name_folded, last_inbound_at_ms"
#define ROW_COLUMNS "customer, page, created_at_ms, last_inbound_at_ms, name_folded, record"

/* Looks at every name: before names are indexed, and for a query without letters. */
static khach_status search_all(search *work)
{
    sqlite3_stmt *statement = NULL;
    khach_status status = khach__cache_prepare(
        work->cache, &statement, "SELECT " ROW_COLUMNS " FROM base_customers", work->error);
    int result;

    if (status != KHACH_OK)
        return status;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        judge(work, statement);
    if (result != SQLITE_DONE)
        status = khach__cache_failure(work->cache, work->error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* Binds a token, and the first text after all that begin with it. */
static void bind_range(sqlite3_stmt *statement, const char *token, size_t bytes)
{
    char end[KHACH_SEARCH_TEXT_BYTES_MAX * 18 + sizeof(LAST_CODE_POINT)];

    if (bytes > sizeof(end) - sizeof(LAST_CODE_POINT))
        bytes = sizeof(end) - sizeof(LAST_CODE_POINT);
    memcpy(end, token, bytes);
    memcpy(end + bytes, LAST_CODE_POINT, sizeof(LAST_CODE_POINT));
    (void)sqlite3_bind_text(statement, 1, token, (int)bytes, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 2, end, -1, SQLITE_TRANSIENT);
}

/* The query's token that the fewest names have; counting stops at the cap. */
static khach_status find_rarest(search *work, const char **token, size_t *token_bytes)
{
    static const char sql[] = "SELECT count(*) FROM (SELECT 1 FROM name_tokens"
                              " WHERE token >= ?1 AND token < ?2 LIMIT ?3)";
    sqlite3_stmt *statement = NULL;
    int64_t fewest = INT64_MAX;
    khach_status status = khach__cache_prepare(work->cache, &statement, sql, work->error);

    for (size_t i = 0;
         status == KHACH_OK && i < khach_name_query_token_count(work->query); i++) {
        size_t bytes = 0;
        const char *at = khach_name_query_token(work->query, i, &bytes);

        bind_range(statement, at, bytes);
        (void)sqlite3_bind_int64(statement, 3, KHACH_SEARCH_NAMES_MAX + 1);
        if (sqlite3_step(statement) != SQLITE_ROW) {
            status = khach__cache_failure(work->cache, work->error);
        } else if (sqlite3_column_int64(statement, 0) < fewest) {
            fewest = sqlite3_column_int64(statement, 0);
            *token = at;
            *token_bytes = bytes;
        }
        (void)sqlite3_reset(statement);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

/* False when the customer of this token cannot be among the answers: its row stays unread. */
static bool may_answer(const search *work, sqlite3_stmt *statement)
{
    const char *folded = (const char *)sqlite3_column_text(statement, 1);
    answer best;

    if (folded == NULL)
        return false;
    best.rank = khach_name_query_rank_best(
        work->query, folded, (size_t)sqlite3_column_bytes(statement, 1));
    best.last_inbound_at_ms = sqlite3_column_int64(statement, 2);
    best.customer = sqlite3_column_int64(statement, 0);
    return best.rank != 0
        && (work->count < work->filter.limit
            || compare(&best, &work->answers[work->count - 1]) < 0);
}

/* Judges the customers that `statement` names, up to the cap. */
static khach_status judge_each(search *work, sqlite3_stmt *statement)
{
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (++work->looked_at > KHACH_SEARCH_NAMES_MAX) {
            work->is_capped = true;
            return KHACH_OK;
        }
        if (!may_answer(work, statement))
            continue;
        (void)sqlite3_bind_int64(work->row, 1, sqlite3_column_int64(statement, 0));
        result = sqlite3_step(work->row);
        if (result == SQLITE_ROW)
            judge(work, work->row);
        (void)sqlite3_reset(work->row);
        if (result != SQLITE_ROW && result != SQLITE_DONE)
            break;
    }
    return result == SQLITE_DONE ? KHACH_OK : khach__cache_failure(work->cache, work->error);
}

/* First those whose word is the token itself, newest first; then those whose word begins so. */
static khach_status search_indexed(search *work)
{
    static const char equal[] = "SELECT " TOKEN_COLUMNS " FROM name_tokens WHERE token = ?1"
                                " ORDER BY customer DESC";
    static const char longer[] =
        "SELECT " TOKEN_COLUMNS " FROM name_tokens WHERE token > ?1 AND token < ?2"
        " ORDER BY token, customer DESC";
    const char *token = "";
    size_t token_bytes = 0;
    sqlite3_stmt *statement = NULL;
    khach_status status = find_rarest(work, &token, &token_bytes);

    if (status == KHACH_OK)
        status = khach__cache_prepare(work->cache, &work->row,
            "SELECT " ROW_COLUMNS " FROM base_customers WHERE customer = ?1", work->error);
    if (status == KHACH_OK)
        status = khach__cache_prepare(work->cache, &statement, equal, work->error);
    if (status != KHACH_OK)
        return status;

    (void)sqlite3_bind_text(statement, 1, token, (int)token_bytes, SQLITE_STATIC);
    status = judge_each(work, statement);
    (void)sqlite3_finalize(statement);
    statement = NULL;
    if (status != KHACH_OK || work->is_capped)
        return status;
    status = khach__cache_prepare(work->cache, &statement, longer, work->error);
    if (status != KHACH_OK)
        return status;
    bind_range(statement, token, token_bytes);
    status = judge_each(work, statement);
    (void)sqlite3_finalize(statement);
    return status;
}

static khach_status search_open(
    search *work, const char *text, const khach_query *query, khach_error **error)
{
    khach_status status = khach__cache_filter_open(work->cache, &work->filter, query, error);
    size_t text_bytes = strlen(text);
    int result;

    if (status != KHACH_OK)
        return status;
    if (work->filter.has_after)
        return khach__error_set(error, KHACH_E_INVALID, "no token expected in a search, one found");
    if (text_bytes > KHACH_SEARCH_TEXT_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "a text of at most %d bytes expected, %zu found", KHACH_SEARCH_TEXT_BYTES_MAX,
            text_bytes);
    result = khach_name_query_open(&work->query, text, text_bytes);
    if (result == -1)
        return khach__error_set(
            error, KHACH_E_INVALID, "a few words to search for expected, none or too many found");
    work->answers = malloc((work->filter.limit + 1) * sizeof(*work->answers));
    if (result != 0 || work->answers == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a search");
    return KHACH_OK;
}

khach_status khach__cache_search(khach_cache *cache, khach_customer_list **out, const char *text,
    const khach_query *query, khach_error **error)
{
    search work = {.cache = cache, .error = error};
    khach_customer_list *list = NULL;
    sqlite3_stmt *statement = NULL;
    khach_status status = search_open(&work, text, query, error);

    if (status != KHACH_OK)
        goto done;
    if (work.filter.sync.is_search_indexed && khach_name_query_token_count(work.query) > 0)
        status = search_indexed(&work);
    else
        status = search_all(&work);
    if (status != KHACH_OK)
        goto done;

    list = khach__customer_list_new(work.count);
    if (list == NULL) {
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory for a list");
        goto done;
    }
    list->seq = work.filter.sync.seq;
    list->is_complete = work.filter.sync.phase == KHACH_PHASE_COMPLETE;
    list->is_capped = work.is_capped;
    status = khach__cache_prepare(cache, &statement, khach__cache_record_sql, error);
    for (size_t i = 0; status == KHACH_OK && i < work.count; i++)
        status = khach__cache_record_add(cache, list, statement, work.answers[i].customer, error);

done:
    (void)sqlite3_finalize(statement);
    (void)sqlite3_finalize(work.row);
    khach__cache_filter_close(cache, &work.filter);
    khach_name_query_free(work.query);
    free(work.answers);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_customer_list_free(list);
    return status;
}
