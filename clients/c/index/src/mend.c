/* Derived rows that are not those of their records are made anew, and no others. */

#include "check.h"
#include "put.h"

#include <stdlib.h>

/* khach_due(customer_id): whether the customer is of a part that differs. */
static void is_due(sqlite3_context *context, int count, sqlite3_value **values)
{
    const khach_index *index = sqlite3_user_data(context);

    (void)count;
    sqlite3_result_int(context,
        index->check->parts[khach__check_part(sqlite3_value_int64(values[0]))] != 0);
}

khach_index_status khach__mend_register(khach_index *index)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;

    if (sqlite3_create_function_v2(
            index->db, "khach_due", 1, flags, index, is_due, NULL, NULL, NULL)
        != SQLITE_OK)
        return khach__index_failure(index->db);
    return KHACH_INDEX_OK;
}

/* --- rows that go, and what counts them --- */

static khach_index_status count_token(khach_index *index, sqlite3_stmt *row)
{
    return khach__token_count_put(index, SQL_TOKEN_COUNT_TAKE, sqlite3_column_int64(row, 0),
        (const char *)sqlite3_column_text(row, 1), (size_t)sqlite3_column_bytes(row, 1));
}

static khach_index_status count_day(khach_index *index, sqlite3_stmt *row)
{
    khach_index_customer customer = {.business_id = sqlite3_column_int64(row, 0)};
    day_facts facts;
    khach_index_day day;

    /* It is in no count. */
    if (!khach__day_facts_read(
            &facts, sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2)))
        return KHACH_INDEX_OK;
    customer.page_id = facts.page;
    day = (khach_index_day){.day = sqlite3_column_int(row, 1),
        .activity = facts.activity,
        .since = facts.since};
    return khach__daily_put(index, &customer, &day, NULL);
}

static khach_index_status mark_contact(khach_index *index, sqlite3_stmt *row)
{
    const khach_index_customer customer = {.business_id = sqlite3_column_int64(row, 0),
        .page_id = sqlite3_column_int64(row, 1)};
    const khach_index_contact contact = {.kind = sqlite3_column_int(row, 2),
        .value = (const char *)sqlite3_column_text(row, 3),
        .value_bytes = (size_t)sqlite3_column_bytes(row, 3)};

    return khach__contact_mark(index, &customer, &contact);
}

static khach_index_status drop_rows(khach_index *index, khach_index_sql sql,
    khach_index_status (*gone)(khach_index *, sqlite3_stmt *))
{
    sqlite3_stmt *row = khach__index_statement(index, sql);
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (row == NULL)
        return khach__index_failure(index->db);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(row)) == SQLITE_ROW)
        status = gone(index, row);
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(row);
    return status;
}

/* --- rows that come --- */

static khach_index_status put_record(
    khach_index *index, void *context, const khach_index_customer *customer)
{
    (void)context;
    return khach__rows_put(index, NULL, customer);
}

static khach_index_status mend_rows(khach_index *index)
{
    sqlite3_stmt *blocks = khach__index_statement(index, SQL_MEND_BLOCKS);
    khach_index_status status;

    if (blocks == NULL)
        return khach__index_failure(index->db);
    status = khach__index_run(index, blocks);
    if (status == KHACH_INDEX_OK)
        status = drop_rows(index, SQL_MEND_TOKENS, count_token);
    if (status == KHACH_INDEX_OK)
        status = drop_rows(index, SQL_MEND_DAYS, count_day);
    if (status == KHACH_INDEX_OK)
        status = drop_rows(index, SQL_MEND_CONTACTS, mark_contact);
    return status != KHACH_INDEX_OK
        ? status
        : khach__check_each(index, SQL_MEND_RECORDS, put_record, NULL);
}

/* --- counts that count something else --- */

/* A count cannot be narrowed to customers: its table is made anew, by one walk. */
static khach_index_status mend_counts(khach_index *index, const derived_sums *found)
{
    khach_index_status status = KHACH_INDEX_OK;

    if (found->customers != 0)
        status = khach__index_execute(index->db, index->table,
            "DELETE FROM customer_counts;"
            "INSERT INTO customer_counts"
            " SELECT business_id, page_id, traits, count(*) FROM $ GROUP BY 1, 2, 3");
    if (status == KHACH_INDEX_OK && found->tokens != 0)
        status = khach__index_execute(index->db, index->table,
            "DELETE FROM token_counts;"
            "INSERT INTO token_counts"
            " SELECT business_id, token, count(*) FROM name_tokens GROUP BY 1, 2");
    if (status == KHACH_INDEX_OK && found->days != 0)
        status = khach__index_execute(index->db, index->table, "DELETE FROM day_counts");
    if (status == KHACH_INDEX_OK && found->days != 0)
        status = khach__daily_fill(index);
    return status;
}

static khach_index_status mend(khach_index *index, const derived_sums *found, bool *is_rebuilt)
{
    khach_index_status status = KHACH_INDEX_OK;

    *is_rebuilt = found->parts_count > KHACH_INDEX_MEND_PARTS_MAX;
    if (*is_rebuilt) {
        status = khach_index_clear(index);
        return status != KHACH_INDEX_OK ? status : khach_index_rebuild(index);
    }
    index->check = found;
    /* Counts that are wrong, or none, are not to be gone on from. */
    if (found->days != 0)
        status = khach__index_execute(index->db, index->table, "DELETE FROM day_counts");
    if (status == KHACH_INDEX_OK && found->parts_count > 0)
        status = mend_rows(index);
    index->check = NULL;
    return status != KHACH_INDEX_OK ? status : mend_counts(index, found);
}

static khach_index_mended found_of(const derived_sums *found, bool is_rebuilt)
{
    return (khach_index_mended){.parts_count = (uint32_t)found->parts_count,
        .has_counts = found->customers != 0 || found->tokens != 0 || found->days != 0,
        .is_rebuilt = is_rebuilt};
}

khach_index_status khach_index_check(khach_index *index, khach_index_mended *out)
{
    derived_sums *found = malloc(sizeof(*found));
    khach_index_status status;

    if (found == NULL)
        return KHACH_INDEX_MEMORY;
    status = khach__check_run(index, found);
    if (status == KHACH_INDEX_OK)
        *out = found_of(found, false);
    free(found);
    return status;
}

khach_index_status khach_index_mend(khach_index *index, khach_index_mended *out)
{
    derived_sums *found = malloc(sizeof(*found));
    khach_index_status status;
    bool is_rebuilt = false;

    if (found == NULL)
        return KHACH_INDEX_MEMORY;
    status = khach__check_run(index, found);
    if (status == KHACH_INDEX_OK)
        status = mend(index, found, &is_rebuilt);
    if (status == KHACH_INDEX_OK && out != NULL)
        *out = found_of(found, is_rebuilt);
    free(found);
    return status;
}
