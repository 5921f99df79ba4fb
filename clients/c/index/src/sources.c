/* Where customers are few that may answer: a token, the beginning of a name, a range of creation,
 * runs. Each is judged by its row: rows.c. */

#include "index.h"

#include <string.h>

/* Above every folded text: the last code point. */
#define LAST_CODE_POINT "\xF4\x8F\xBF\xBF"

/* Binds the business to 1, and to 2 and 3 the texts from `text` up to `beyond` behind it. */
static void bind_texts(const khach_index *index, sqlite3_stmt *statement, const char *text,
    size_t bytes, const char *beyond)
{
    char end[TOKEN_BYTES_MAX + sizeof(LAST_CODE_POINT)];

    if (bytes > TOKEN_BYTES_MAX)
        bytes = TOKEN_BYTES_MAX;
    memcpy(end, text, bytes);
    memcpy(end + bytes, beyond, strlen(beyond) + 1);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    (void)sqlite3_bind_text(statement, 2, end, (int)bytes, SQLITE_TRANSIENT);
    (void)sqlite3_bind_text(statement, 3, end, -1, SQLITE_TRANSIENT);
}

khach_index_status khach__source_scan(khach_index *index, verdict *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_SCAN);

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    return khach__source_read(index, statement, out);
}

/* Counts the rows of a token, and keeps it when they are the fewest. */
static khach_index_status weigh_token(khach_index *index, const char *text, size_t bytes)
{
    judge *asked = &index->judge;
    sqlite3_stmt *statement = khach__index_statement(index, SQL_TOKENS_SIZE);
    int64_t found = 0;
    khach_index_status status;

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_texts(index, statement, text, bytes, LAST_CODE_POINT);
    (void)sqlite3_bind_int64(statement, 4, SIZE_ROWS_MAX);
    status = khach__index_number(index, statement, &found);
    asked->matches *= (double)found;
    if (status == KHACH_INDEX_OK && found < asked->token_rows) {
        asked->token = text;
        asked->token_bytes = bytes;
        asked->token_rows = found;
    }
    return status;
}

/* Finds the token that the fewest rows have, of a flower the sign. */
static khach_index_status find_rarest(khach_index *index)
{
    judge *asked = &index->judge;
    const khach_name_query *name = asked->filter->name;
    size_t count = khach_name_query_token_count(name);
    size_t plain_bytes = 0;
    const char *plain = khach_name_query_plain(name, &plain_bytes);
    size_t bytes = 0;
    khach_index_status status = KHACH_INDEX_OK;

    if (asked->token != NULL)
        return KHACH_INDEX_OK;
    asked->token_rows = INT64_MAX;
    asked->matches = 1;
    for (size_t i = 0; status == KHACH_INDEX_OK && i < count; i++) {
        const char *text = khach_name_query_token(name, i, &bytes);

        status = weigh_token(index, text, bytes);
    }
    for (size_t at = 0; status == KHACH_INDEX_OK && count == 0
         && (bytes = khach_text_find_sign(plain, plain_bytes, &at)) > 0;
         at += bytes)
        status = weigh_token(index, plain + at, bytes);
    if (count == 0)
        asked->matches = (double)asked->token_rows;
    return status;
}

khach_index_status khach__size_of_tokens(
    khach_index *index, int64_t *rows, double customers, double *matches)
{
    khach_index_status status = find_rarest(index);

    *rows = index->judge.token_rows;
    *matches = index->judge.matches;
    /* As if words came and went without each other. */
    for (size_t i = 1; i < khach_name_query_token_count(index->judge.filter->name); i++)
        *matches /= customers > 1 ? customers : 1;
    return status;
}

/* Opens a statement over the rows of the rarest token. */
static khach_index_status open_tokens(
    khach_index *index, khach_index_sql sql, sqlite3_stmt **statement)
{
    khach_index_status status = find_rarest(index);

    *statement = khach__index_statement(index, sql);
    if (status != KHACH_INDEX_OK)
        return status;
    if (*statement == NULL || index->judge.token == NULL)
        return khach__index_failure(index->db);
    bind_texts(index, *statement, index->judge.token, index->judge.token_bytes, LAST_CODE_POINT);
    return KHACH_INDEX_OK;
}

khach_index_status khach__source_tokens(khach_index *index, verdict *out)
{
    sqlite3_stmt *statement;
    khach_index_status status = open_tokens(index, SQL_BY_TOKEN, &statement);

    return status != KHACH_INDEX_OK ? status : khach__source_read(index, statement, out);
}

/* Adds the ids that a statement gives. */
static khach_index_status read_ids(khach_index *index, sqlite3_stmt *statement, id_set *out)
{
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!khach__id_set_add(out, sqlite3_column_int64(statement, 0)))
            status = KHACH_INDEX_MEMORY;
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

khach_index_status khach__ids_of_tokens(khach_index *index, id_set *out)
{
    sqlite3_stmt *statement;
    khach_index_status status = open_tokens(index, SQL_IDS_BY_TOKEN, &statement);

    return status != KHACH_INDEX_OK ? status : read_ids(index, statement, out);
}

static void bind_names(const khach_index *index, sqlite3_stmt *statement, bool is_prefix)
{
    size_t bytes;
    const char *folded = khach_name_query_folded(index->judge.filter->name, &bytes);

    bind_texts(index, statement, folded, bytes, is_prefix ? LAST_CODE_POINT : "\x01");
}

khach_index_status khach__size_of_names(khach_index *index, bool is_prefix, int64_t *rows)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_NAMES_SIZE);

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_names(index, statement, is_prefix);
    (void)sqlite3_bind_int64(statement, 4, NAMES_SIZE_MAX);
    return khach__index_number(index, statement, rows);
}

khach_index_status khach__source_names(khach_index *index, bool is_prefix, verdict *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_BY_NAME);

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_names(index, statement, is_prefix);
    return khach__source_read(index, statement, out);
}

static void bind_created(const khach_index *index, sqlite3_stmt *statement, int first)
{
    const khach_index_filter *filter = index->judge.filter;

    (void)sqlite3_bind_int64(statement, first, filter->created_from);
    (void)sqlite3_bind_int64(statement, first + 1, index->judge.created_before);
}

khach_index_status khach__source_created(khach_index *index, verdict *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_BY_CREATED);

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    bind_created(index, statement, 2);
    return khach__source_read(index, statement, out);
}

khach_index_status khach__ids_of_created(khach_index *index, id_set *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_IDS_BY_CREATED);

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, index->judge.filter->business_id);
    bind_created(index, statement, 2);
    return read_ids(index, statement, out);
}

khach_index_status khach__source_runs(khach_index *index, const run_list *runs, verdict *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_BY_RUN);
    khach_index_status status = KHACH_INDEX_OK;

    if (statement == NULL)
        return khach__index_failure(index->db);
    for (size_t i = 0; status == KHACH_INDEX_OK && i < runs->count; i++) {
        (void)sqlite3_bind_int64(statement, 1, runs->runs[i].page);
        (void)sqlite3_bind_int64(statement, 2, runs->runs[i].traits);
        bind_created(index, statement, 3);
        status = khach__source_read(index, statement, out);
    }
    return status;
}
