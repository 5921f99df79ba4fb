/* What was done on a day on a page, counted by how many days before the like was done: so a range
 * of days counts whom it has, each once, without a look at anybody (statistics.c). */

#include "daily.h"
#include "field.h"

#include <stdlib.h>
#include <string.h>

/* A number of LEB128, and both of a part. */
#define NUMBER_BYTES_MAX 10
#define PART_BYTES_MAX (2 * NUMBER_BYTES_MAX)

void khach__daily_free(daily *counted)
{
    free(counted->parts);
    *counted = (daily){0};
}

static bool make_room(daily *counted)
{
    size_t room = counted->room * 2 + 64;
    daily_part *grown;

    if (counted->count < counted->room)
        return true;
    grown = realloc(counted->parts, room * sizeof(*grown));
    if (grown == NULL)
        return false;
    counted->parts = grown;
    counted->room = room;
    return true;
}

khach_index_status khach__daily_read(daily *out, const uint8_t *bytes, size_t bytes_count)
{
    field_reader reader = field_open(bytes, bytes_count);
    uint64_t key = 0;
    uint64_t further = 0;
    uint64_t count = 0;

    out->count = 0;
    while (reader.at < reader.end) {
        if (!field_varint(&reader, &further) || !field_varint(&reader, &count))
            return KHACH_INDEX_CORRUPT;
        key += further;
        if (!make_room(out))
            return KHACH_INDEX_MEMORY;
        out->parts[out->count++] = (daily_part){key, count};
    }
    return KHACH_INDEX_OK;
}

static size_t write_number(uint8_t *out, uint64_t value)
{
    size_t count = 0;

    for (; value >= 0x80; value >>= 7)
        out[count++] = (uint8_t)(value | 0x80);
    out[count++] = (uint8_t)value;
    return count;
}

/* Adds to a part, which is gone at 0. */
static khach_index_status add(daily *counted, uint64_t key, int64_t by)
{
    size_t low = 0;
    size_t high = counted->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (counted->parts[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == counted->count || counted->parts[low].key != key) {
        if (!make_room(counted))
            return KHACH_INDEX_MEMORY;
        memmove(&counted->parts[low + 1], &counted->parts[low],
            (counted->count - low) * sizeof(*counted->parts));
        counted->parts[low] = (daily_part){key, 0};
        counted->count++;
    }
    counted->parts[low].count += (uint64_t)by;
    if (counted->parts[low].count != 0)
        return KHACH_INDEX_OK;
    counted->count--;
    memmove(&counted->parts[low], &counted->parts[low + 1],
        (counted->count - low) * sizeof(*counted->parts));
    return KHACH_INDEX_OK;
}

/* Adds what a customer did on a day, or with -1 takes it away. */
static khach_index_status add_day(daily *counted, const khach_index_day *day, int64_t by)
{
    static const struct {
        uint32_t kinds;
        int measure;
        int since;
    } distinct[] = {
        {KHACH_DAY_MESSAGED | KHACH_DAY_COMMENTED, DAILY_ACTIVE, SINCE_ANY},
        {KHACH_DAY_MESSAGED, DAILY_MESSAGING, SINCE_MESSAGE},
        {KHACH_DAY_COMMENTED, DAILY_COMMENTING, SINCE_COMMENT},
    };
    int64_t conversations[] = {(day->activity & KHACH_DAY_MESSAGE_CONVERSATION) != 0,
        day->activity >> KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT};
    khach_index_status status = KHACH_INDEX_OK;

    for (size_t i = 0; i < 3 && status == KHACH_INDEX_OK; i++) {
        int64_t before = since_day(day->since, distinct[i].since);

        if ((day->activity & distinct[i].kinds) != 0)
            status = add(
                counted, daily_key(distinct[i].measure, before == 0 ? 0 : day->day - before), by);
    }
    for (int i = 0; i < 2 && status == KHACH_INDEX_OK; i++) {
        if (conversations[i] != 0)
            status = add(counted, daily_key(DAILY_CONVERSATIONS, i), by * conversations[i]);
    }
    return status;
}

khach_index_status khach__daily_add(daily *counted, const khach_index_day *day)
{
    return add_day(counted, day, 1);
}

/* Writes the counts of a day and a page; of nothing, there is no row. */
static khach_index_status write_daily(
    khach_index *index, int64_t business_id, int64_t day, int64_t page_id, const daily *counted)
{
    sqlite3_stmt *statement =
        khach__index_statement(index, counted->count == 0 ? SQL_DAILY_DROP : SQL_DAILY_PUT);
    uint8_t *bytes = malloc(counted->count * PART_BYTES_MAX + 1);
    size_t count = 0;
    uint64_t key = 0;

    if (bytes == NULL)
        return KHACH_INDEX_MEMORY;
    if (statement == NULL) {
        free(bytes);
        return khach__index_failure(index->db);
    }
    for (size_t i = 0; i < counted->count; i++) {
        count += write_number(bytes + count, counted->parts[i].key - key);
        count += write_number(bytes + count, counted->parts[i].count);
        key = counted->parts[i].key;
    }
    (void)sqlite3_bind_int64(statement, 1, business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    (void)sqlite3_bind_int64(statement, 3, page_id);
    if (counted->count > 0)
        (void)sqlite3_bind_blob64(statement, 4, bytes, count, free);
    else
        free(bytes);
    return khach__index_run(index, statement);
}

static khach_index_status read_daily(
    khach_index *index, int64_t business_id, int64_t day, int64_t page_id, daily *out)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAILY_GET);
    khach_index_status status = KHACH_INDEX_OK;
    int result;

    if (statement == NULL)
        return khach__index_failure(index->db);
    (void)sqlite3_bind_int64(statement, 1, business_id);
    (void)sqlite3_bind_int64(statement, 2, day);
    (void)sqlite3_bind_int64(statement, 3, page_id);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        status = khach__daily_read(out, sqlite3_column_blob(statement, 0),
            (size_t)sqlite3_column_bytes(statement, 0));
    else if (result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

khach_index_status khach__daily_put(khach_index *index, const khach_index_customer *customer,
    const khach_index_day *before, const khach_index_day *after)
{
    const khach_index_day *either = before != NULL ? before : after;
    daily counted = {0};
    khach_index_status status;

    if (before != NULL && after != NULL && before->activity == after->activity
        && before->since == after->since)
        return KHACH_INDEX_OK;
    status = read_daily(index, customer->business_id, either->day, customer->page_id, &counted);
    if (status == KHACH_INDEX_OK && before != NULL)
        status = add_day(&counted, before, -1);
    if (status == KHACH_INDEX_OK && after != NULL)
        status = add_day(&counted, after, 1);
    if (status == KHACH_INDEX_OK)
        status = write_daily(
            index, customer->business_id, either->day, customer->page_id, &counted);
    khach__daily_free(&counted);
    return status;
}

khach_index_status khach__daily_fill(khach_index *index)
{
    sqlite3_stmt *statement = khach__index_statement(index, SQL_DAILY_FILL);
    daily counted = {0};
    int64_t at[3] = {0}; /* the business, the day, the page */
    khach_index_status status = KHACH_INDEX_OK;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return khach__index_failure(index->db);
    while (status == KHACH_INDEX_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t row[3] = {sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
        const void *bytes = sqlite3_column_blob(statement, 2);
        day_facts facts;
        khach_index_day day;

        if (!khach__day_facts_read(
                &facts, bytes, (size_t)sqlite3_column_bytes(statement, 2))) {
            status = KHACH_INDEX_CORRUPT;
            break;
        }
        row[2] = facts.page;
        day = (khach_index_day){
            .day = (int32_t)row[1], .activity = facts.activity, .since = facts.since};
        if (memcmp(row, at, sizeof(at)) != 0) {
            if (counted.count > 0)
                status = write_daily(index, at[0], at[1], at[2], &counted);
            memcpy(at, row, sizeof(at));
            counted.count = 0;
        }
        if (status == KHACH_INDEX_OK)
            status = add_day(&counted, &day, 1);
    }
    if (status == KHACH_INDEX_OK && result != SQLITE_DONE)
        status = khach__index_failure(index->db);
    if (status == KHACH_INDEX_OK && counted.count > 0)
        status = write_daily(index, at[0], at[1], at[2], &counted);
    (void)sqlite3_reset(statement);
    khach__daily_free(&counted);
    return status;
}
