/* The index answers what a look at every customer answers, whichever way it takes, while customers
 * come, change and go; and filling it at once gives what following each change gave. */

#include "index_model.h"

#include "harness.h"

#include <time.h>

#define ROUNDS 60
#define QUERIES 60

static const char schema[] =
    "CREATE TABLE customers(id INTEGER PRIMARY KEY, business_id INTEGER NOT NULL,"
    " page_id INTEGER NOT NULL, traits INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " first_recorded_at INTEGER NOT NULL, first_inbound_at INTEGER NOT NULL,"
    " last_inbound_at INTEGER NOT NULL, name_folded TEXT NOT NULL, record BLOB NOT NULL)";
static const char *const texts[] = {"a", "an", "ánh", "nguyen", "nguyễn", "Nguyễn", "nguyen an",
    "an nguyen", "văn an", "lan", "lan lan", "dao", "đào", "thi", "nobody", "n a", "hà", "🌸",
    "nguyen nguyen", "guyen", "🌸 lan", "🌸🌸", "*", "* *", "."};
static const char *const tables[] = {"customer_counts", "name_tokens", "customer_days",
    "contact_values", "block_events", "token_counts", "day_counts"};

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
    CHECK_INT(sqlite3_errcode(db), SQLITE_OK);
}

/* --- changing --- */

static void write_row(sqlite3 *db, const khach_index_customer *customer, const uint8_t *record,
    size_t record_bytes)
{
    sqlite3_stmt *row = NULL;
    char *folded = NULL;
    size_t bytes = 0;

    CHECK(khach_text_fold(&folded, &bytes, customer->name, customer->name_bytes) == 0);
    CHECK(sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO customers VALUES (?,?,?,?,?,?,?,?,?,?)",
              -1, &row, NULL)
        == SQLITE_OK);
    (void)sqlite3_bind_int64(row, 1, customer->id);
    (void)sqlite3_bind_int64(row, 2, customer->business_id);
    (void)sqlite3_bind_int64(row, 3, customer->page_id);
    (void)sqlite3_bind_int64(row, 4, customer->traits);
    (void)sqlite3_bind_int64(row, 5, customer->created_at);
    (void)sqlite3_bind_int64(row, 6, customer->first_recorded_at);
    (void)sqlite3_bind_int64(row, 7, customer->first_inbound_at);
    (void)sqlite3_bind_int64(row, 8, customer->last_inbound_at);
    (void)sqlite3_bind_text(row, 9, folded, (int)bytes, SQLITE_STATIC);
    (void)sqlite3_bind_blob64(row, 10, record, record_bytes, SQLITE_STATIC);
    CHECK_INT(sqlite3_step(row), SQLITE_DONE);
    (void)sqlite3_finalize(row);
    khach_text_free(folded);
}

static void change(sqlite3 *db, khach_index *index, model *world, size_t number)
{
    model_customer *customer = &world->customers[number];
    khach_index_customer before = {.business_id = customer->business};
    khach_index_customer after = {0};
    bool was_there = customer->is_there;
    uint8_t *record = customer->record;
    char sql[80];

    if (was_there)
        CHECK_INT(khach_index_customer_read(&before, record, customer->record_bytes), 0);
    customer->record = NULL;
    model_change(world, number);
    after.business_id = customer->business;
    if (customer->is_there) {
        CHECK_INT(khach_index_customer_read(&after, customer->record, customer->record_bytes), 0);
        write_row(db, &after, customer->record, customer->record_bytes);
    } else {
        (void)snprintf(sql, sizeof(sql), "DELETE FROM customers WHERE id = %d", (int)number + 1000);
        run_sql(db, sql);
    }
    if (was_there || customer->is_there)
        CHECK_INT(khach_index_put(
                      index, was_there ? &before : NULL, customer->is_there ? &after : NULL),
            KHACH_INDEX_OK);
    khach_index_customer_free(&before);
    khach_index_customer_free(&after);
    free(record);
}

/* --- asking --- */

typedef struct question {
    khach_index_filter filter;
    khach_index_order order;
    int64_t pages[3];
    khach_name_query *name;
} question;

static void ask(model *world, question *asked)
{
    khach_index_filter *filter = &asked->filter;

    khach_index_filter_init(filter, 1 + (int64_t)model_pick(world, MODEL_BUSINESSES));
    asked->name = NULL;
    filter->pages = asked->pages;
    if (model_pick(world, 3) == 0) {
        filter->pages_count = 1 + model_pick(world, 3);
        for (size_t i = 0; i < filter->pages_count; i++)
            asked->pages[i] = (int64_t)(i * 2 + 1 + model_pick(world, 2));
    }
    if (model_pick(world, 4) == 0)
        filter->channels = (uint32_t)model_pick(world, 32) & ~1u;
    if (model_pick(world, 4) == 0)
        filter->name_statuses = (uint32_t)model_pick(world, 32) & ~1u;
    filter->has_phone = model_pick(world, 3) == 0 ? (int32_t)model_pick(world, 2) : -1;
    filter->has_email = model_pick(world, 4) == 0 ? (int32_t)model_pick(world, 2) : -1;
    filter->blocked = model_pick(world, 4) == 0 ? (int32_t)model_pick(world, 2) : -1;
    if (model_pick(world, 4) == 0)
        filter->created_from = (MODEL_FIRST_DAY + (int64_t)model_pick(world, 30)) * MODEL_DAY_MS;
    if (model_pick(world, 4) == 0)
        filter->created_before =
            (MODEL_FIRST_DAY + (int64_t)model_pick(world, 32)) * MODEL_DAY_MS;
    if (model_pick(world, 3) == 0) {
        filter->messaged_kinds = 1 + (uint32_t)model_pick(world, 3);
        filter->messaged_from = MODEL_FIRST_DAY + (int32_t)model_pick(world, 40);
        filter->messaged_to = filter->messaged_from + (int32_t)model_pick(world, 12);
        if (model_pick(world, 2) == 0) {
            filter->messaged_begins_at = filter->messaged_from * MODEL_DAY_MS;
            filter->messaged_ends_at = (filter->messaged_to + 1) * MODEL_DAY_MS;
        }
    }
    if (model_pick(world, 2) == 0) {
        const char *text = texts[model_pick(world, sizeof(texts) / sizeof(texts[0]))];

        CHECK_INT(khach_name_query_open(&asked->name, text, strlen(text)), 0);
        filter->name = asked->name;
    }
    asked->order = 1 + (khach_index_order)model_pick(world, filter->name == NULL ? 3 : 4);
}

/* What was asked, for whoever has to find out. */
static void show(const khach_index *index, const question *asked)
{
    const khach_index_filter *filter = &asked->filter;
    size_t bytes = 0;

    fprintf(stderr,
        "order %d pages %zu channels %x statuses %x phone %d email %d blocked %d created %lld..%lld"
        " messaged %u %d..%d name %s; ready %d bounds %g %g %g %g\n",
        asked->order, filter->pages_count, filter->channels, filter->name_statuses,
        filter->has_phone, filter->has_email, filter->blocked, (long long)filter->created_from,
        (long long)filter->created_before, filter->messaged_kinds, filter->messaged_from,
        filter->messaged_to,
        filter->name == NULL ? "-" : khach_name_query_folded(filter->name, &bytes),
        index->is_ready, index->bounds.row_cost, index->bounds.lookup_cost,
        index->bounds.probe_cost, index->bounds.cheap_cost);
}

static void check_list(model *world, khach_index *index, const question *asked)
{
    static khach_index_position expected[MODEL_CUSTOMERS];
    khach_index_position found[MODEL_CUSTOMERS + 1];
    size_t expected_count = model_list(world, &asked->filter, asked->order, expected);
    size_t page_rows = 1 + model_pick(world, model_pick(world, 2) == 0 ? 7 : 300);
    size_t at = 0;

    do {
        size_t count = page_rows;

        CHECK_INT(khach_index_list(index, &asked->filter, asked->order,
                      at == 0 ? NULL : &expected[at - 1], found, &count),
            KHACH_INDEX_OK);
        if (count != (expected_count - at < page_rows ? expected_count - at : page_rows))
            show(index, asked);
        CHECK_INT(count,
            expected_count - at < page_rows ? expected_count - at : page_rows);
        for (size_t i = 0; i < count; i++, at++) {
            if (found[i].id != expected[at].id)
                show(index, asked);
            CHECK_INT(found[i].id, expected[at].id);
            CHECK_INT(found[i].key, expected[at].key);
            CHECK_INT(found[i].rank, expected[at].rank);
        }
    } while (at < expected_count);
}

static void check_count(model *world, khach_index *index, const question *asked)
{
    static khach_index_position expected[MODEL_CUSTOMERS];
    uint64_t most = model_pick(world, 3) == 0 ? model_pick(world, 40) : UINT64_MAX;
    uint64_t all = model_list(world, &asked->filter, asked->order, expected);
    uint64_t found = 0;

    CHECK_INT(khach_index_count(index, &asked->filter, most, &found), KHACH_INDEX_OK);
    if (found != (all < most ? all : most))
        show(index, asked);
    CHECK_INT(found, all < most ? all : most);
}

static void check_rows(const khach_index_statistics_row *found, size_t found_count,
    const khach_index_statistics_row *expected, size_t expected_count)
{
    CHECK_INT(found_count, expected_count);
    for (size_t i = 0; i < found_count; i++) {
        CHECK_INT(found[i].day, expected[i].day);
        CHECK_INT(found[i].page_id, expected[i].page_id);
        CHECK_INT(found[i].channel, expected[i].channel);
        for (size_t at = 0; at < KHACH_MEASURES_COUNT; at++)
            CHECK_INT(found[i].measures[at], expected[i].measures[at]);
    }
}

static void check_statistics(model *world, khach_index *index)
{
    static khach_index_statistics_row rows[60 * MODEL_PAGES + 1];
    static khach_index_statistics_row totals[MODEL_PAGES + 1];
    int64_t starts[61];
    int64_t pages[] = {1 + (int64_t)model_pick(world, 3), 4, 5};
    khach_index_statistics_query query = {.pages = pages,
        .business_id = 1 + (int64_t)model_pick(world, MODEL_BUSINESSES),
        .pages_count = model_pick(world, 3) == 0 ? 1 + model_pick(world, 3) : 0,
        .channels = model_pick(world, 3) == 0 ? (uint32_t)model_pick(world, 32) & ~1u : 0,
        .grouping = 1 + (khach_index_grouping)model_pick(world, 3),
        .basis = 1 + (khach_index_basis)model_pick(world, 3),
        .day_from = MODEL_FIRST_DAY - 3 + (int32_t)model_pick(world, 30),
        .days_count = 1 + model_pick(world, 40),
        .day_starts = starts};
    khach_index_statistics expected = {.rows = rows, .totals = totals};
    khach_index_statistics found;

    for (size_t i = 0; i <= query.days_count; i++)
        starts[i] = (query.day_from + (int64_t)i) * MODEL_DAY_MS;
    model_statistics(world, &query, &expected);
    CHECK_INT(khach_index_statistics_read(index, &query, &found), KHACH_INDEX_OK);
    check_rows(found.rows, found.rows_count, expected.rows, expected.rows_count);
    check_rows(found.totals, found.totals_count, expected.totals, expected.totals_count);
    khach_index_statistics_free(&found);
}

/* Every way is taken, whatever is cheap. */
static void set_bounds(model *world, khach_index *index)
{
    static const double some[] = {1, 100, 10000, 1e6, 1e9};

    khach_index_set_ready(index, model_pick(world, 8) != 0);
    index->bounds.row_cost = some[model_pick(world, 5)];
    index->bounds.lookup_cost = some[model_pick(world, 5)];
    index->bounds.probe_cost = some[model_pick(world, 5)];
    index->bounds.cheap_cost = model_pick(world, 4) == 0 ? 4e6 : 0;
    index->bounds.run_cost = some[model_pick(world, 5)];
    index->bounds.chunk = 1 + model_pick(world, model_pick(world, 2) == 0 ? 3 : 300);
    index->bounds.refused = 1 + model_pick(world, 3);
    index->bounds.days = model_pick(world, 30);
    index->bounds.ids = model_pick(world, 4) == 0 ? 5 : 1000000;
}

/* --- filling at once --- */

static void check_rebuild(sqlite3 *db, khach_index *index)
{
    char sql[256];

    run_sql(db, "DELETE FROM customer_counts WHERE customers = 0");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        (void)snprintf(sql, sizeof(sql),
            "CREATE TEMP TABLE old_%s AS SELECT * FROM %s; DELETE FROM %s", tables[i], tables[i],
            tables[i]);
        run_sql(db, sql);
    }
    CHECK_INT(khach_index_rebuild(index), KHACH_INDEX_OK);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        sqlite3_stmt *difference = NULL;

        (void)snprintf(sql, sizeof(sql),
            "SELECT count(*) FROM ("
            "SELECT * FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM old_%s)"
            " UNION ALL SELECT * FROM (SELECT * FROM old_%s EXCEPT SELECT * FROM main.%s))",
            tables[i], tables[i], tables[i], tables[i]);
        CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &difference, NULL), SQLITE_OK);
        CHECK_INT(sqlite3_step(difference), SQLITE_ROW);
        if (sqlite3_column_int(difference, 0) != 0)
            fprintf(stderr, "%s differs\n", tables[i]);
        CHECK_INT(sqlite3_column_int(difference, 0), 0);
        (void)sqlite3_finalize(difference);
        (void)snprintf(sql, sizeof(sql), "DROP TABLE old_%s", tables[i]);
        run_sql(db, sql);
    }
}

/* --- making anew what differs --- */

/* What may happen to derived rows, each found and mended alone. */
static const struct {
    const char *sql;
    bool is_counts; /* of counts alone: no customer's rows differ */
} damages[] = {
    {"DELETE FROM name_tokens WHERE customer_id = (SELECT min(id) FROM customers"
     " WHERE name_folded <> '')", false},
    {"INSERT INTO name_tokens VALUES (1, 'xyz', 77, 'xyz')", false},
    {"UPDATE name_tokens SET name_folded = 'xyz' WHERE customer_id = (SELECT max(customer_id)"
     " FROM name_tokens)", false},
    {"DELETE FROM token_counts WHERE token = (SELECT max(token) FROM name_tokens)", true},
    {"UPDATE token_counts SET customers = customers + 1", true},
    {"DELETE FROM customer_days WHERE customer_id = (SELECT max(customer_id) FROM customer_days)",
        false},
    {"UPDATE customer_days SET facts = x'00' WHERE day = (SELECT max(day) FROM customer_days)",
        false},
    {"UPDATE customer_days SET created_at = created_at + 1"
     " WHERE customer_id = (SELECT max(customer_id) FROM customer_days)", false},
    {"UPDATE day_counts SET counts = x'FF'", true},
    {"UPDATE day_counts SET counts = CAST(counts || x'0101' AS BLOB)", true},
    {"DELETE FROM day_counts WHERE day = (SELECT min(day) FROM day_counts)", true},
    {"DELETE FROM contact_values WHERE customer_id = (SELECT min(customer_id)"
     " FROM contact_values)", false},
    {"DELETE FROM contact_values WHERE is_first = 1", false},
    {"UPDATE contact_values SET is_first = 1 - is_first", false},
    {"UPDATE contact_values SET is_first = 2 WHERE is_first = 1", false},
    {"INSERT INTO contact_values VALUES (1, 1, '+84', 5, 77, 1, 1)", false},
    /* Nobody's row before the others takes their mark, which the next one is to have again. */
    {"UPDATE contact_values SET is_first = 0; INSERT INTO contact_values"
     " SELECT DISTINCT page_id, kind, value, 0, 77, business_id, 1 FROM contact_values", false},
    {"DELETE FROM block_events WHERE at = (SELECT max(at) FROM block_events)", false},
    {"UPDATE block_events SET page_id = page_id + 1", false},
    {"UPDATE customer_counts SET customers = customers - 1", true},
    {"DELETE FROM customer_counts WHERE customers > 0 AND traits = (SELECT max(traits)"
     " FROM customers)", true},
};

static khach_index_mended mend(sqlite3 *db, khach_index *index)
{
    khach_index_mended found = {0};

    run_sql(db, "BEGIN");
    CHECK_INT(khach_index_mend(index, &found), KHACH_INDEX_OK);
    run_sql(db, "COMMIT");
    CHECK(!found.is_rebuilt);
    return found;
}

static void check_mend(sqlite3 *db, khach_index *index)
{
    khach_index_mended found = mend(db, index);

    CHECK_INT(found.parts_count, 0);
    CHECK(!found.has_counts);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        run_sql(db, damages[i].sql);
        CHECK(sqlite3_changes(db) > 0);
        found = mend(db, index);
        if ((found.parts_count == 0) != damages[i].is_counts
            || (damages[i].is_counts && !found.has_counts))
            fprintf(stderr, "%s: %u parts\n", damages[i].sql, (unsigned)found.parts_count);
        CHECK((found.parts_count == 0) == damages[i].is_counts);
        CHECK(!damages[i].is_counts || found.has_counts);
        check_rebuild(db, index);
    }
    /* All at once. */
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
        (void)sqlite3_exec(db, damages[i].sql, NULL, NULL, NULL);
    (void)mend(db, index);
    check_rebuild(db, index);
}

/* Of many customers everything is made anew; of as many as may be, it is not. */
static void check_mend_bound(sqlite3 *db, khach_index *index)
{
    static const struct {
        int rows;
        bool is_rebuilt;
    } bounds[] = {{KHACH_INDEX_MEND_PARTS_MAX / 2, false}, {KHACH_INDEX_MEND_PARTS_MAX * 2, true}};

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        khach_index_mended found = {0};
        char sql[200];

        (void)snprintf(sql, sizeof(sql),
            "WITH RECURSIVE more(id) AS (SELECT 100000 UNION ALL SELECT id + 1 FROM more LIMIT %d)"
            " INSERT INTO block_events SELECT 1, 1, id, 1, 1 FROM more", bounds[i].rows);
        run_sql(db, sql);
        CHECK_INT(khach_index_mend(index, &found), KHACH_INDEX_OK);
        CHECK(found.is_rebuilt == bounds[i].is_rebuilt);
        CHECK(found.parts_count > (uint32_t)bounds[i].rows / 2);
        CHECK(found.parts_count <= (uint32_t)bounds[i].rows);
        check_rebuild(db, index);
    }
}

/* Sums of days only tell how to ask: of damaged ones, and of absurd ones, every answer is there. */
static void check_damaged_sums(model *world, sqlite3 *db, khach_index *index)
{
    static const char *const sums[] = {
        "UPDATE day_counts SET counts = x'FF'",
        /* Whom a day has, for the first time: 2^64 - 1, and again. */
        "UPDATE day_counts SET counts = x'00FFFFFFFFFFFFFFFFFF0104FFFFFFFFFFFFFFFFFF01'",
        "UPDATE day_counts SET counts = x'00FFFFFFFFFFFFFFFF7F04FFFFFFFFFFFFFFFF7F'",
    };

    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        run_sql(db, "BEGIN");
        run_sql(db, sums[i]);
        for (int asking = 0; asking < QUERIES * 4; asking++) {
            question asked;

            ask(world, &asked);
            set_bounds(world, index);
            check_list(world, index, &asked);
            check_count(world, index, &asked);
            khach_name_query_free(asked.name);
        }
        run_sql(db, "ROLLBACK");
    }
}

/* A row that has another's record has none of its own: of that, nothing is derived twice. */
static void check_foreign_record(sqlite3 *db, khach_index *index)
{
    khach_index_mended found;

    run_sql(db, "BEGIN");
    run_sql(db, "UPDATE customers SET record = (SELECT record FROM customers AS other"
                " WHERE other.business_id = customers.business_id AND other.id > customers.id"
                " ORDER BY other.id LIMIT 1) WHERE id = (SELECT min(id) FROM customers"
                " WHERE name_folded <> '' AND business_id = 1)");
    CHECK(sqlite3_changes(db) == 1);
    found = (khach_index_mended){0};
    CHECK_INT(khach_index_mend(index, &found), KHACH_INDEX_OK);
    /* The row's own part alone. */
    CHECK_INT(found.parts_count, 1);
    found = (khach_index_mended){0};
    CHECK_INT(khach_index_mend(index, &found), KHACH_INDEX_OK);
    CHECK_INT(found.parts_count, 0);
    run_sql(db, "ROLLBACK");
}

static int stop(void *context)
{
    (void)context;
    return 1;
}

/* Long work ends when it is told to, in SQLite and beside it. */
static void check_stops(khach_index *index)
{
    khach_index_filter filter;
    khach_index_position rows[10];
    size_t count = 10;
    uint64_t counted = 0;

    khach_index_filter_init(&filter, 1);
    khach_index_set_ready(index, 0);
    sqlite3_progress_handler(index->db, 10, stop, NULL);
    CHECK_INT(khach_index_list(
                  index, &filter, KHACH_INDEX_CREATED_DESCENDING, NULL, rows, &count),
        KHACH_INDEX_INTERRUPTED);
    sqlite3_progress_handler(index->db, 0, NULL, NULL);
    filter.messaged_kinds = 3;
    filter.messaged_to = INT32_MAX;
    khach_index_set_ready(index, 1);
    khach_index_set_pause(index, stop, NULL);
    CHECK_INT(khach_index_count(index, &filter, 1000, &counted), KHACH_INDEX_INTERRUPTED);
    khach_index_set_pause(index, NULL, NULL);
    CHECK_INT(khach_index_count(index, &filter, 1000, &counted), KHACH_INDEX_OK);
}

int main(int argc, char **argv)
{
    static model world;
    sqlite3 *db = NULL;
    khach_index *index = NULL;
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);

    fprintf(stderr, "seed %llu (test_index SEED)\n", (unsigned long long)seed);
    world.seed = seed;
    world.businesses = MODEL_BUSINESSES;
    CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
    run_sql(db, schema);
    CHECK_INT(khach_index_create_tables(db), KHACH_INDEX_OK);
    CHECK_INT(khach_index_create_indexes(db, "customers"), KHACH_INDEX_OK);
    CHECK_INT(khach_index_open(&index, db, "customers"), KHACH_INDEX_OK);
    for (int round = 0; round < ROUNDS; round++) {
        run_sql(db, "BEGIN");
        for (int i = 0; i < (round == 0 ? 400 : 40); i++)
            change(db, index, &world, model_pick(&world, MODEL_CUSTOMERS));
        run_sql(db, "COMMIT");
        for (int i = 0; i < QUERIES; i++) {
            question asked;

            ask(&world, &asked);
            set_bounds(&world, index);
            check_list(&world, index, &asked);
            check_count(&world, index, &asked);
            khach_name_query_free(asked.name);
            check_statistics(&world, index);
        }
        if (round % 10 == 0)
            check_rebuild(db, index);
        if (round % 20 == 0)
            check_mend(db, index);
    }
    check_damaged_sums(&world, db, index);
    check_foreign_record(db, index);
    check_mend_bound(db, index);
    check_stops(index);
    khach_index_close(index);
    (void)sqlite3_close(db);
    model_free(&world);
    return 0;
}
