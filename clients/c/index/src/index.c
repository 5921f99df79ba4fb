/* Opening an index, and its statements. */

#include "index.h"

#include <stdlib.h>
#include <string.h>

/* What rows.c judges. */
#define KEY "c.id, c.page_id, c.traits, c.created_at, c.last_inbound_at, c.name_folded"
#define ROW KEY ", c.record"
#define ACCEPTED "khach_accept(c.page_id, c.traits, c.created_at, c.id)"
#define DAY_ACCEPTED "khach_day(facts)"
/* The rows at one end of a range of creation, and from which to which instant they are. */
#define CREATED_SAMPLE(order)                                                                      \
    "SELECT count(*), min(created_at), max(created_at) FROM (SELECT created_at FROM $"             \
    " INDEXED BY $_by_created WHERE business_id = ?1 AND created_at >= ?2 AND created_at < ?3"     \
    " ORDER BY created_at" order " LIMIT ?4)"

/* $ stands for the table of customers. */
static const char *const statements_sql[SQL_CURSORS] = {
    [SQL_COUNT_ADD] = "INSERT INTO customer_counts VALUES (?1, ?2, ?3, 1)"
                      " ON CONFLICT DO UPDATE SET customers = customers + 1",
    [SQL_COUNT_TAKE] = "UPDATE customer_counts SET customers = customers - 1"
                       " WHERE business_id = ?1 AND page_id = ?2 AND traits = ?3",
    [SQL_TOKEN_ADD] = "INSERT INTO name_tokens VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [SQL_TOKEN_DROP] =
        "DELETE FROM name_tokens WHERE business_id = ?1 AND token = ?2 AND customer_id = ?3",
    [SQL_TOKEN_COUNT_ADD] = "INSERT INTO token_counts VALUES (?1, ?2, 1)"
                            " ON CONFLICT DO UPDATE SET customers = customers + 1",
    [SQL_TOKEN_COUNT_TAKE] = "UPDATE token_counts SET customers = customers - 1"
                             " WHERE business_id = ?1 AND token = ?2",
    [SQL_TOKEN_COUNT_DROP] = "DELETE FROM token_counts WHERE business_id = ?1 AND token = ?2"
                             " AND customers <= 1",
    [SQL_DAY_PUT] = "INSERT OR REPLACE INTO customer_days VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_DAY_DROP] = "DELETE FROM customer_days WHERE business_id = ?1 AND day = ?2"
                     " AND created_at = ?3 AND customer_id = ?4",
    [SQL_DAILY_GET] = "SELECT counts FROM day_counts WHERE business_id = ?1 AND day = ?2"
                      " AND page_id = ?3",
    [SQL_DAILY_ALL] = "SELECT counts FROM day_counts WHERE business_id = ?1 AND day = ?2",
    [SQL_DAILY_PUT] = "INSERT OR REPLACE INTO day_counts VALUES (?1, ?2, ?3, ?4)",
    [SQL_DAILY_DROP] = "DELETE FROM day_counts WHERE business_id = ?1 AND day = ?2"
                       " AND page_id = ?3",
    [SQL_DAILY_FILL] = "SELECT business_id, day, facts FROM customer_days"
                       " ORDER BY business_id, day, facts",
    [SQL_CONTACT_FIRST] = "SELECT first_seen_at, customer_id, is_first FROM contact_values"
                          " WHERE page_id = ?1 AND kind = ?2 AND value = ?3 LIMIT 1",
    [SQL_CONTACT_MARK] = "UPDATE contact_values SET is_first = ?6 WHERE page_id = ?1 AND kind = ?2"
                         " AND value = ?3 AND first_seen_at = ?4 AND customer_id = ?5",
    [SQL_CONTACT_ADD] = "INSERT INTO contact_values VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                        " ON CONFLICT DO NOTHING",
    [SQL_CONTACT_DROP] = "DELETE FROM contact_values WHERE page_id = ?1 AND kind = ?2"
                         " AND value = ?3 AND first_seen_at = ?4 AND customer_id = ?5",
    [SQL_BLOCK_ADD] = "INSERT INTO block_events VALUES (?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT DO NOTHING",
    [SQL_BLOCK_DROP] = "DELETE FROM block_events"
                       " WHERE business_id = ?1 AND at = ?2 AND customer_id = ?3 AND kind = ?4",
    [SQL_ROW] = "SELECT " ROW " FROM $ AS c WHERE c.id = ?1",
    [SQL_KEY] = "SELECT " KEY " FROM $ AS c WHERE c.id = ?1",
    [SQL_RECORD] = "SELECT record FROM $ WHERE id = ?1",
    [SQL_SCAN] = "SELECT " ROW " FROM $ AS c NOT INDEXED WHERE c.business_id = ?1 AND " ACCEPTED,
    [SQL_BY_TOKEN] = "SELECT " ROW " FROM name_tokens AS t CROSS JOIN $ AS c"
                     " ON c.id = t.customer_id"
                     " WHERE t.business_id = ?1 AND t.token >= ?2 AND t.token < ?3"
                     " AND khach_rank(t.name_folded)",
    [SQL_IDS_BY_TOKEN] = "SELECT customer_id FROM name_tokens WHERE business_id = ?1"
                         " AND token >= ?2 AND token < ?3 AND khach_wanted(customer_id)"
                         " AND khach_rank(name_folded)",
    [SQL_BY_NAME] = "SELECT " KEY " FROM $ AS c INDEXED BY $_by_name"
                    " WHERE c.business_id = ?1 AND c.name_folded >= ?2 AND c.name_folded < ?3"
                    " AND khach_rank(c.name_folded)",
    [SQL_BY_CREATED] = "SELECT " ROW " FROM $ AS c INDEXED BY $_by_created"
                       " WHERE c.business_id = ?1 AND c.created_at >= ?2 AND c.created_at < ?3"
                       " AND " ACCEPTED,
    [SQL_IDS_BY_CREATED] = "SELECT c.id FROM $ AS c INDEXED BY $_by_created"
                           " WHERE c.business_id = ?1 AND c.created_at >= ?2"
                           " AND c.created_at < ?3 AND " ACCEPTED,
    [SQL_BY_RUN] = "SELECT " ROW " FROM $ AS c INDEXED BY $_by_page_created"
                   " WHERE c.page_id = ?1 AND c.traits = ?2"
                   " AND c.created_at >= ?3 AND c.created_at < ?4",
    [SQL_TOKENS_SIZE] = "SELECT coalesce(sum(customers), 0) FROM (SELECT customers"
                        " FROM token_counts WHERE business_id = ?1 AND token >= ?2 AND token < ?3"
                        " LIMIT ?4)",
    [SQL_NAMES_SIZE] = "SELECT count(*) FROM (SELECT 1 FROM $ INDEXED BY $_by_name"
                       " WHERE business_id = ?1 AND name_folded >= ?2 AND name_folded < ?3"
                       " LIMIT ?4)",
    [SQL_CREATED_SIZE] = "SELECT count(*) FROM (SELECT 1 FROM $ INDEXED BY $_by_created"
                         " WHERE business_id = ?1 AND created_at >= ?2 AND created_at < ?3"
                         " LIMIT ?4)",
    [SQL_CREATED_FIRST] = CREATED_SAMPLE(""),
    [SQL_CREATED_LAST] = CREATED_SAMPLE(" DESC"),
    [SQL_RUN_SIZE] = "SELECT count(*) FROM (SELECT 1 FROM $ INDEXED BY $_by_page_created"
                     " WHERE page_id = ?1 AND traits = ?2 AND created_at >= ?3 AND created_at < ?4"
                     " LIMIT ?5)",
    [SQL_TRAITS_OF_BUSINESS] =
        "SELECT page_id, traits, customers FROM customer_counts WHERE business_id = ?1",
    [SQL_TRAITS_OF_PAGE] = "SELECT page_id, traits, customers FROM customer_counts"
                           " WHERE business_id = ?1 AND page_id = ?2",
    [SQL_DAYS_SIZE] = "SELECT count(*) FROM (SELECT 1 FROM customer_days"
                      " WHERE business_id = ?1 AND day = ?2 AND created_at >= ?3"
                      " AND created_at < ?4 LIMIT ?5)",
    [SQL_DAY_CREATED] = "SELECT customer_id FROM customer_days WHERE business_id = ?1"
                        " AND day = ?2 AND created_at >= ?3 AND created_at < ?4"
                        " AND " DAY_ACCEPTED,
    [SQL_DAYS_FIRST] = "SELECT coalesce(min(day), 0) FROM customer_days WHERE business_id = ?1",
    [SQL_DAYS_LAST] = "SELECT coalesce(max(day), -1) FROM customer_days WHERE business_id = ?1",
    [SQL_COUNT_RUN] = "SELECT count(*) FROM (SELECT 1 FROM $ AS c INDEXED BY $_by_page_inbound"
                      " WHERE c.page_id = ?1 AND c.traits = ?2 AND " ACCEPTED " LIMIT ?3)",
    [SQL_COUNT_NAMES] = "SELECT count(*) FROM (SELECT 1 FROM $ AS c INDEXED BY $_by_page_inbound"
                        " WHERE c.page_id = ?1 AND c.traits = ?2 AND " ACCEPTED
                        " AND khach_rank(c.name_folded) LIMIT ?3)",
    [SQL_TALLY_DAYS] = "SELECT day, page_id, counts FROM day_counts WHERE business_id = ?1"
                       " AND day >= ?2 AND day <= ?3",
    /* Statements that give no rows: the function takes each. */
    [SQL_TALLY_CREATED] = "SELECT 1 FROM $ INDEXED BY $_by_created WHERE business_id = ?1"
                          " AND created_at >= ?2 AND created_at < ?3"
                          " AND khach_tally(2, page_id, created_at)",
    [SQL_TALLY_RECORDED] = "SELECT 1 FROM $ INDEXED BY $_by_first_recorded WHERE business_id = ?1"
                           " AND first_recorded_at >= ?2 AND first_recorded_at < ?3"
                           " AND khach_tally(2, page_id, first_recorded_at)",
    [SQL_TALLY_INBOUND] = "SELECT 1 FROM $ INDEXED BY $_by_first_inbound WHERE business_id = ?1"
                          " AND first_inbound_at >= ?2 AND first_inbound_at < ?3"
                          " AND khach_tally(2, page_id, first_inbound_at)",
    [SQL_TALLY_CONTACTS] = "SELECT 1 FROM contact_values INDEXED BY contact_values_by_first"
                           " WHERE is_first = 1 AND business_id = ?1 AND first_seen_at >= ?2"
                           " AND first_seen_at < ?3 AND khach_tally(3, page_id, first_seen_at,"
                           " kind)",
    [SQL_TALLY_BLOCKS] = "SELECT 1 FROM block_events WHERE business_id = ?1 AND at >= ?2"
                         " AND at < ?3 AND khach_tally(4, page_id, at, kind)",
    [SQL_CHECK_RECORDS] = "SELECT business_id, id, record FROM $ NOT INDEXED",
    [SQL_CHECK_TOKEN] = "SELECT business_id, token, customer_id, name_folded FROM name_tokens",
    [SQL_CHECK_TOKENS] = "SELECT business_id, token, customers FROM token_counts",
    [SQL_CHECK_DAY] = "SELECT business_id, day, created_at, customer_id, facts FROM customer_days",
    [SQL_CHECK_DAYS] = "SELECT business_id, day, page_id, counts FROM day_counts",
    /* In the order of the key, in which a value's first row comes first. */
    [SQL_CHECK_CONTACT] = "SELECT business_id, page_id, kind, value, first_seen_at, customer_id,"
                          " is_first FROM contact_values"
                          " ORDER BY page_id, kind, value, first_seen_at, customer_id",
    [SQL_CHECK_BLOCK] = "SELECT business_id, at, customer_id, kind, page_id FROM block_events",
    [SQL_CHECK_CUSTOMERS] = "SELECT business_id, page_id, traits, customers FROM customer_counts",
    [SQL_MEND_TOKENS] = "DELETE FROM name_tokens WHERE khach_due(customer_id)"
                        " RETURNING business_id, token",
    [SQL_MEND_DAYS] = "DELETE FROM customer_days WHERE khach_due(customer_id)"
                      " RETURNING business_id, day, facts",
    [SQL_MEND_CONTACTS] = "DELETE FROM contact_values WHERE khach_due(customer_id)"
                          " RETURNING business_id, page_id, kind, value",
    [SQL_MEND_BLOCKS] = "DELETE FROM block_events WHERE khach_due(customer_id)",
    [SQL_MEND_RECORDS] = "SELECT business_id, id, record FROM $ NOT INDEXED"
                         " WHERE khach_due(id)",
};

/* Parts of a cursor's SQL: a key, and the way along the index. */
static const char *const order_keys[] = {"created_at", "created_at", "last_inbound_at"};
static const char *const order_directions[] = {"DESC", "ASC", "DESC"};
/* By kind, and for the last order; what a row is judged by follows its key and its id. */
static const char *const cursor_columns[][2] = {
    {"", ""}, {"", ", created_at, name_folded"}, {"", ""}};
static const char *const cursor_sources[][2] = {
    {"$ INDEXED BY $_by_created WHERE business_id = ?1", ""},
    {"$ INDEXED BY $_by_page_created WHERE page_id = ?1 AND traits = ?2",
        "$ INDEXED BY $_by_page_inbound WHERE page_id = ?1 AND traits = ?2"},
    {"customer_days WHERE business_id = ?1 AND day = ?2", ""}};

/* A keyset in two halves, so that each is one range of its index: the rest of the customers of one
 * millisecond, and then everyone behind. */
static char *cursor_sql(sqlite3 *db, size_t number)
{
    size_t kind = number / 6;
    size_t order = number / 2 % 3;
    bool is_inbound = order == 2;
    bool is_ties = number % 2 == 0;
    const char *key = order_keys[order];
    const char *id = kind == CURSOR_DAYS ? "customer_id" : "id";
    const char *direction = order_directions[order];
    sqlite3_str *text = sqlite3_str_new(db);

    sqlite3_str_appendf(text, "SELECT %s, %s%s FROM %s", key, id, cursor_columns[kind][is_inbound],
        cursor_sources[kind][is_inbound]);
    if (is_ties)
        sqlite3_str_appendf(text, " AND %s = ?3 AND %s %s ?4", key, id, order == 1 ? ">" : "<");
    else
        sqlite3_str_appendf(text, " AND %s >= ?3 AND %s <= ?4", key, key);
    if (kind == CURSOR_WALK)
        sqlite3_str_appendall(text, " AND khach_accept(page_id, traits, created_at, id)");
    if (kind == CURSOR_DAYS)
        sqlite3_str_appendall(text, " AND " DAY_ACCEPTED);
    sqlite3_str_appendf(text, " ORDER BY %s %s, %s %s", key, direction, id, direction);
    if (kind != CURSOR_WALK)
        sqlite3_str_appendall(text, " LIMIT ?5");
    return sqlite3_str_finish(text);
}

static sqlite3_stmt *prepare(khach_index *index, const char *sql)
{
    sqlite3_str *text = sqlite3_str_new(index->db);
    sqlite3_stmt *statement = NULL;
    char *whole;

    for (const char *at = sql; *at != '\0'; at++) {
        if (*at == '$')
            sqlite3_str_appendall(text, index->table);
        else
            sqlite3_str_appendchar(text, 1, *at);
    }
    whole = sqlite3_str_finish(text);
    if (whole != NULL)
        (void)sqlite3_prepare_v3(
            index->db, whole, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    sqlite3_free(whole);
    return statement;
}

sqlite3_stmt *khach__index_statement(khach_index *index, khach_index_sql sql)
{
    char *text;

    if (index->statements[sql] != NULL) {
        (void)sqlite3_reset(index->statements[sql]);
        return index->statements[sql];
    }
    if (sql < SQL_CURSORS) {
        index->statements[sql] = prepare(index, statements_sql[sql]);
        return index->statements[sql];
    }
    text = cursor_sql(index->db, (size_t)(sql - SQL_CURSORS));
    if (text != NULL)
        index->statements[sql] = prepare(index, text);
    sqlite3_free(text);
    return index->statements[sql];
}

khach_index_status khach__index_run(khach_index *index, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    khach_index_status status = result == SQLITE_DONE || result == SQLITE_ROW
        ? KHACH_INDEX_OK
        : khach__index_failure(index->db);

    (void)sqlite3_reset(statement);
    return status;
}

khach_index_status khach__index_number(
    khach_index *index, sqlite3_stmt *statement, int64_t *out)
{
    khach_index_status status = KHACH_INDEX_OK;

    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = khach__index_failure(index->db);
    (void)sqlite3_reset(statement);
    return status;
}

bool khach__index_must_stop(const khach_index *index)
{
    return index->should_stop != NULL && index->should_stop(index->stop_context) != 0;
}

khach_index_status khach_index_open(khach_index **out, sqlite3 *db, const char *table)
{
    khach_index *index = calloc(1, sizeof(*index));
    size_t table_bytes = strlen(table) + 1;
    khach_index_status status;

    *out = NULL;
    if (index == NULL)
        return KHACH_INDEX_MEMORY;
    index->db = db;
    index->is_ready = true;
    index->bounds = (bounds){.pass_cost = 150, .day_cost = 130, .row_cost = 400,
        .lookup_cost = 1450, .probe_cost = 2100, .run_cost = 2000, .cheap_cost = 4e6,
        .chunk = 256, .refused = 16, .days = 1100,
        .ids = 4000000};
    index->table = malloc(table_bytes);
    if (index->table == NULL) {
        free(index);
        return KHACH_INDEX_MEMORY;
    }
    memcpy(index->table, table, table_bytes);
    status = khach__judge_register(index);
    if (status == KHACH_INDEX_OK)
        status = khach__tally_register(index);
    if (status == KHACH_INDEX_OK)
        status = khach__parts_register(index);
    if (status == KHACH_INDEX_OK)
        status = khach__mend_register(index);
    if (status == KHACH_INDEX_OK)
        *out = index;
    else
        khach_index_close(index);
    return status;
}

void khach_index_close(khach_index *index)
{
    if (index == NULL)
        return;
    for (size_t i = 0; i < SQL_COUNT_OF_STATEMENTS; i++)
        (void)sqlite3_finalize(index->statements[i]);
    free(index->table);
    free(index);
}

void khach_index_set_pause(khach_index *index, int (*should_stop)(void *), void *context)
{
    index->should_stop = should_stop;
    index->stop_context = context;
}

void khach_index_set_ready(khach_index *index, int is_ready)
{
    index->is_ready = is_ready != 0;
}

void khach_index_filter_init(khach_index_filter *filter, int64_t business_id)
{
    *filter = (khach_index_filter){
        .business_id = business_id,
        .has_phone = -1,
        .has_email = -1,
        .blocked = -1,
        .created_from = INT64_MIN,
        .created_before = INT64_MAX,
        .messaged_begins_at = INT64_MIN,
        .messaged_ends_at = INT64_MAX,
    };
}
