/* The days of a customer, as rows of customer_days, follow it from one state to the next. */

#include "daily.h"
#include "put.h"

#include <string.h>

static void bind_day(sqlite3_stmt *statement, const khach_index_customer *customer,
    const khach_index_day *day)
{
    (void)sqlite3_bind_int64(statement, 1, customer->business_id);
    (void)sqlite3_bind_int64(statement, 2, day->day);
    (void)sqlite3_bind_int64(statement, 3, customer->created_at);
    (void)sqlite3_bind_int64(statement, 4, customer->id);
}

static khach_index_status drop_day(
    khach_index *index, const khach_index_customer *customer, const khach_index_day *day)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAY_DROP);

    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_day(statement, customer, day);
    return khach__index_run(index, statement);
}

/* A customer whose days are written; the mask of its name is known once one was. */
typedef struct days_owner {
    const khach_index_customer *customer;
    uint64_t mask;
    bool is_masked;
} days_owner;

static khach_index_status mask_name(days_owner *owner)
{
    const khach_index_customer *customer = owner->customer;
    char *folded = NULL;
    size_t bytes = 0;

    if (owner->is_masked)
        return KHACH_INDEX_OK;
    if (khach_text_fold(&folded, &bytes, customer->name, customer->name_bytes) != 0)
        return KHACH_INDEX_MEMORY;
    owner->mask = khach_text_name_mask(customer->name, customer->name_bytes, folded, bytes);
    owner->is_masked = true;
    khach_text_free(folded);
    return KHACH_INDEX_OK;
}

static khach_index_status put_day(
    khach_index *index, days_owner *owner, const khach_index_day *day)
{
    khach_index_status status = mask_name(owner);
    const day_facts facts = {owner->customer->page_id, owner->customer->traits, day->activity,
        day->since, owner->mask};
    uint8_t bytes[DAY_FACTS_BYTES];
    sqlite3_stmt *statement;

    if (status != KHACH_INDEX_OK)
        return status;
    statement = khach__index_statement(index, SQL_DAY_PUT);
    if (statement == NULL)
        return khach__index_failure(index->db);
    bind_day(statement, owner->customer, day);
    khach__day_facts_write(bytes, &facts);
    (void)sqlite3_bind_blob(statement, 5, bytes, sizeof(bytes), SQLITE_STATIC);
    return khach__index_run(index, statement);
}

/* Two ascending lists side by side. */
khach_index_status khach__days_put(
    khach_index *index, const khach_index_customer *before, const khach_index_customer *after)
{
    size_t old_count = before == NULL ? 0 : before->days_count;
    size_t new_count = after == NULL ? 0 : after->days_count;
    bool has_moved = before != NULL && after != NULL
        && (before->page_id != after->page_id || before->created_at != after->created_at);
    bool has_turned = before != NULL && after != NULL
        && (before->traits != after->traits || !khach__is_same_name(before, after));
    days_owner owner = {.customer = after};
    khach_index_status status = KHACH_INDEX_OK;
    size_t i = 0;
    size_t j = 0;

    while (status == KHACH_INDEX_OK && (i < old_count || j < new_count)) {
        const khach_index_day *old_day = i < old_count ? &before->days[i] : NULL;
        const khach_index_day *new_day = j < new_count ? &after->days[j] : NULL;
        bool is_gone =
            old_day != NULL && (new_day == NULL || old_day->day < new_day->day || has_moved);
        bool is_known;

        if (is_gone) {
            status = drop_day(index, before, old_day);
            if (status == KHACH_INDEX_OK)
                status = khach__daily_put(index, before, old_day, NULL);
            i++;
            continue;
        }
        is_known = old_day != NULL && old_day->day == new_day->day;
        if (!is_known || has_turned || memcmp(old_day, new_day, sizeof(*old_day)) != 0)
            status = put_day(index, &owner, new_day);
        if (status == KHACH_INDEX_OK)
            status = khach__daily_put(index, after, is_known ? old_day : NULL, new_day);
        i += is_known;
        j++;
    }
    return status;
}
