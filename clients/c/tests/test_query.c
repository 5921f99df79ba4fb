/* The cache answers what a look at every customer answers: while its first pass is under way, after
 * it, after changes, and after it was brought from layouts 3 and 2 to this one. */

#include "cache_since.h"
#include "fixture.h"
#include "harness.h"
#include "index_model.h"
#include "model_feed.h"

#include <string.h>
#include <time.h>

#define QUERIES 150

static const char *const texts[] = {
    "a", "an", "ánh", "nguyễn", "an nguyen", "văn an", "lan lan", "đào", "nobody", "🌸"};

/* --- questions --- */

typedef struct question {
    khach_query query;
    khach_index_filter filter; /* the same, for the oracle */
    khach_index_order order;
    khach_name_query *name;
    char ids[3][16];
    const char *page_ids[3];
    int64_t pages[3];
    int32_t channels[1];
    int32_t statuses[2];
    char days[4][11];
} question;

static void ask_days(model *world, question *asked)
{
    khach_query *query = &asked->query;
    int32_t days[4];

    for (int i = 0; i < 4; i++) {
        days[i] = MODEL_FIRST_DAY + (int32_t)model_pick(world, 15) + i % 2 * 15;
        khach_day_format(asked->days[i], days[i]);
    }
    if (model_pick(world, 3) == 0) {
        query->created_from = asked->days[0];
        asked->filter.created_from = days[0] * MODEL_DAY_MS;
    }
    if (model_pick(world, 3) == 0) {
        query->created_to = asked->days[1];
        asked->filter.created_before = (days[1] + 1) * MODEL_DAY_MS;
    }
    if (model_pick(world, 3) != 0)
        return;
    query->messaged_from = asked->days[2];
    query->messaged_to = model_pick(world, 2) == 0 ? "" : asked->days[3];
    query->messaged_kind = (int32_t)model_pick(world, 4);
    asked->filter.messaged_from = days[2];
    asked->filter.messaged_to = query->messaged_to[0] == '\0' ? INT32_MAX : days[3];
    asked->filter.messaged_kinds =
        query->messaged_kind < 2 ? 3u : (uint32_t)query->messaged_kind - 1;
}

static int32_t ask_ternary(model *world, int32_t *wanted)
{
    int32_t value = model_pick(world, 2) == 0 ? 0 : (int32_t)model_pick(world, 3);

    *wanted = value == 0 ? -1 : value == 1;
    return value;
}

static void ask(model *world, question *asked)
{
    khach_query *query = &asked->query;

    khach_query_init(query);
    khach_index_filter_init(&asked->filter, 1);
    asked->name = NULL;
    query->page_ids = asked->page_ids;
    if (model_pick(world, 3) == 0)
        query->page_id_count = 1 + model_pick(world, 3);
    for (size_t i = 0; i < query->page_id_count; i++) {
        asked->pages[i] = 1 + (int64_t)model_pick(world, MODEL_PAGES);
        fixture_id(asked->ids[i], 'p', (uint64_t)asked->pages[i]);
        asked->page_ids[i] = asked->ids[i];
    }
    asked->filter.pages = asked->pages;
    asked->filter.pages_count = query->page_id_count;
    if (model_pick(world, 4) == 0) {
        asked->channels[0] = 1 + (int32_t)model_pick(world, 4);
        query->channels = asked->channels;
        query->channel_count = 1;
        asked->filter.channels = 1u << asked->channels[0];
    }
    if (model_pick(world, 4) == 0) {
        asked->statuses[0] = 1 + (int32_t)model_pick(world, 4);
        asked->statuses[1] = 4;
        query->name_statuses = asked->statuses;
        query->name_status_count = 2;
        asked->filter.name_statuses = 1u << asked->statuses[0] | 1u << 4;
    }
    query->has_phone = ask_ternary(world, &asked->filter.has_phone);
    query->has_email = ask_ternary(world, &asked->filter.has_email);
    query->blocked = ask_ternary(world, &asked->filter.blocked);
    ask_days(world, asked);
    if (model_pick(world, 2) == 0) {
        query->name = texts[model_pick(world, sizeof(texts) / sizeof(texts[0]))];
        CHECK_INT(khach_name_query_open(&asked->name, query->name, strlen(query->name)), 0);
        asked->filter.name = asked->name;
    }
    query->order = (int32_t)model_pick(world, asked->name == NULL ? 4 : 5);
    asked->order = query->order != 0 ? (khach_index_order)query->order
        : asked->name != NULL        ? KHACH_INDEX_RELEVANCE
                                     : KHACH_INDEX_CREATED_DESCENDING;
    query->limit = 1 + (uint32_t)model_pick(world, model_pick(world, 2) == 0 ? 7 : 400);
}

static void check(model *world, khach_cache *cache)
{
    static khach_index_position expected[MODEL_CUSTOMERS];

    for (int turn = 0; turn < QUERIES; turn++) {
        question asked;
        size_t count;
        size_t at = 0;
        uint64_t counted = 0;
        char next[96] = "";

        ask(world, &asked);
        count = model_list(world, &asked.filter, asked.order, expected);
        CHECK_INT(khach__cache_count(cache, &counted, &asked.query, NULL), KHACH_OK);
        CHECK_INT(counted, count);
        do {
            khach_customer_list *list = NULL;

            asked.query.after = next;
            CHECK_INT(khach__cache_list(cache, &list, &asked.query, NULL), KHACH_OK);
            for (size_t i = 0; i < khach_customer_list_count(list); i++, at++) {
                char id[16];

                CHECK(at < count);
                fixture_id(id, 'c', (uint64_t)expected[at].id);
                CHECK_TEXT(khach_customer_id(khach_customer_list_at(list, i)), id);
            }
            (void)snprintf(next, sizeof(next), "%s", khach_customer_list_next(list));
            khach_customer_list_free(list);
        } while (next[0] != '\0');
        CHECK_INT(at, count);
        khach_name_query_free(asked.name);
    }
}

static void check_statistics(model *world, khach_cache *cache)
{
    static khach_index_statistics_row rows[60 * MODEL_PAGES + 1];
    static khach_index_statistics_row totals[MODEL_PAGES + 1];
    khach_index_statistics expected = {.rows = rows, .totals = totals};
    khach_index_statistics_query oracle = {.business_id = 1,
        .grouping = KHACH_INDEX_BY_PAGE,
        .basis = KHACH_INDEX_NEW_BY_CREATED,
        .day_from = MODEL_FIRST_DAY + 2,
        .days_count = 20};
    khach_statistics_query query;
    khach_statistics *found = NULL;
    char days[2][11];

    khach_statistics_query_init(&query);
    khach_day_format(days[0], MODEL_FIRST_DAY + 2);
    khach_day_format(days[1], MODEL_FIRST_DAY + 21);
    query.day_from = days[0];
    query.day_to = days[1];
    model_statistics(world, &oracle, &expected);
    CHECK_INT(khach__cache_statistics(cache, &found, &query, NULL), KHACH_OK);
    CHECK_INT(khach_statistics_row_count(found), expected.rows_count);
    CHECK_INT(khach_statistics_total_count(found), expected.totals_count);
    for (size_t i = 0; i < expected.rows_count; i++) {
        char text[16];

        khach_day_format(text, rows[i].day);
        CHECK_TEXT(khach_statistics_row_day_at(found, i), text);
        fixture_id(text, 'p', (uint64_t)rows[i].page_id);
        CHECK_TEXT(khach_statistics_row_page_id_at(found, i), text);
        CHECK_INT(khach_statistics_row_channel_at(found, i), rows[i].channel);
        for (int at = 0; at < KHACH_MEASURES_COUNT; at++)
            CHECK_INT(khach_statistics_row_measure_at(found, i, at), rows[i].measures[at]);
    }
    for (size_t i = 0; i < expected.totals_count; i++) {
        CHECK_INT(khach_statistics_total_channel_at(found, i), totals[i].channel);
        CHECK(khach_statistics_total_page_id_at(found, i)[0] == 'p');
        for (int at = 0; at < KHACH_MEASURES_COUNT; at++)
            CHECK_INT(khach_statistics_total_measure_at(found, i, at), totals[i].measures[at]);
    }
    CHECK_TEXT(khach_statistics_row_day_at(found, 1000000), "");
    CHECK_INT(khach_statistics_row_measure_at(found, 0, -1), 0);
    CHECK_INT(khach_statistics_row_measure_at(found, 0, 10), 0);
    CHECK(khach_statistics_seq(found) > 0);
    khach_statistics_free(found);
}

/* --- older layouts --- */

/* What layout 4 added, taken away: its days have traits, and its names signs. */
static const char layout_3[] =
    "BEGIN IMMEDIATE; DELETE FROM name_tokens; DELETE FROM token_counts; DROP TABLE customer_days;"
    "DROP TABLE day_counts;"
    "CREATE TABLE customer_days(business_id INTEGER NOT NULL, day INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, customer_id INTEGER NOT NULL, page_id INTEGER NOT NULL,"
    " activity INTEGER NOT NULL, since INTEGER NOT NULL,"
    " PRIMARY KEY (business_id, day, created_at, customer_id)) STRICT, WITHOUT ROWID;"
    "ALTER TABLE sync_state DROP COLUMN is_repairing;"
    "ALTER TABLE sync_state DROP COLUMN is_reindex_due;"
    "ALTER TABLE sync_state DROP COLUMN is_unverified;"
    "ALTER TABLE sync_state DROP COLUMN verified_at_ms;"
    "ALTER TABLE sync_state DROP COLUMN verified_seq;"
    "ALTER TABLE sync_state DROP COLUMN repairs_count;"
    "ALTER TABLE sync_state DROP COLUMN repaired_rows_count;"
    "ALTER TABLE sync_state DROP COLUMN full_resyncs_count;"
    "ALTER TABLE sync_state DROP COLUMN last_cause;"
    "DROP TABLE leader; DROP TABLE quarantine; DROP TABLE since; DROP TABLE since_mark;"
    "DROP TABLE outbox_state; DROP TABLE outbox; DROP TABLE overlays; PRAGMA user_version = 3;"
    "COMMIT;";

/* Makes the cache what version 0.1 would have made of the same feed. */
static void make_layout_2(khach_cache *cache)
{
    static const char sql[] =
        "BEGIN IMMEDIATE;"
        "CREATE TABLE old(customer INTEGER PRIMARY KEY, page INTEGER NOT NULL,"
        " created_at_ms INTEGER NOT NULL, last_inbound_at_ms INTEGER NOT NULL,"
        " seq INTEGER NOT NULL, epoch INTEGER NOT NULL, flags INTEGER NOT NULL,"
        " name_folded TEXT NOT NULL, record BLOB NOT NULL);"
        "INSERT INTO old SELECT id, page_id, created_at, last_inbound_at, seq, epoch, 0,"
        " name_folded, record FROM base_customers;"
        "DROP TABLE base_customers; DROP TABLE name_tokens; DROP TABLE token_counts;"
        "DROP TABLE customer_counts; DROP TABLE customer_days; DROP TABLE contact_values;"
        "DROP TABLE block_events; ALTER TABLE old RENAME TO base_customers;"
        "CREATE INDEX base_customers_by_created ON base_customers(created_at_ms);"
        "CREATE INDEX base_customers_by_page ON base_customers(page, created_at_ms);"
        "CREATE TABLE name_tokens(token TEXT NOT NULL, customer INTEGER NOT NULL,"
        " name_folded TEXT NOT NULL, last_inbound_at_ms INTEGER NOT NULL,"
        " PRIMARY KEY (token, customer DESC)) WITHOUT ROWID;"
        "ALTER TABLE sync_state DROP COLUMN has_erased; PRAGMA user_version = 2; COMMIT;";

    CHECK_INT(khach__cache_run(cache, layout_3, NULL), KHACH_OK);

    CHECK_INT(khach__cache_run(cache, sql, NULL), KHACH_OK);
}

/* Whether this process has a file mapped. */
static bool is_mapped(const char *path)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool is_found = false;

    CHECK(maps != NULL);
    while (fgets(line, sizeof(line), maps) != NULL)
        is_found = is_found || (strstr(line, path) != NULL && strstr(line, "-shm") == NULL);
    CHECK(fclose(maps) == 0);
    return is_found;
}

int main(int argc, char **argv)
{
    static model world;
    char folder[64];
    char path[128];
    khach_cache *cache = NULL;
    khach_difference difference;

    world.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
    world.businesses = 1;
    fprintf(stderr, "seed %llu (test_query SEED)\n", (unsigned long long)world.seed);
    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    model_feed(&world, cache, 0, 100, 1, 1);
    check(&world, cache);
    model_feed(&world, cache, 100, MODEL_CUSTOMERS, 0, 0);
    check(&world, cache);
    check_statistics(&world, cache);
    for (size_t round = 0; round < 4; round++) {
        model_feed(&world, cache, round * 40, round * 40 + 80, 0, 0);
        check(&world, cache);
        check_statistics(&world, cache);
    }

    CHECK_INT(khach__cache_run(cache, layout_3, NULL), KHACH_OK);
    khach__cache_close(cache);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    /* What follows a server has the file not in its memory; what asks has. */
    model_feed(&world, cache, 0, 0, 0, 0);
    CHECK(!is_mapped(path));
    check(&world, cache);
    CHECK(is_mapped(path));
    check_statistics(&world, cache);
    khach_difference_init(&difference);
    CHECK_INT(khach__since_read(cache, &difference, NULL), KHACH_OK);
    CHECK(difference.since_seq > 0 && difference.since_ms > 0);
    make_layout_2(cache);
    khach__cache_close(cache);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    check(&world, cache);
    check_statistics(&world, cache);
    model_feed(&world, cache, 50, 200, 0, 0);
    check(&world, cache);
    check_statistics(&world, cache);

    /* What a snapshot of another epoch does not bring is gone from all answers. */
    CHECK_INT(khach__cache_restart(cache, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(cache, NULL), KHACH_OK);
    for (size_t i = 0; i < 100; i++)
        world.customers[i].is_there = false;
    model_feed(&world, cache, 100, MODEL_CUSTOMERS, 0, 1);
    check(&world, cache);
    check_statistics(&world, cache);
    khach__cache_close(cache);
    fixture_remove(folder);
    model_free(&world);
    return 0;
}
