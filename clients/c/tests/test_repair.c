/* What a repair mends in the cache itself: rows that are other than their records, and what is
 * derived of rows. Each ends as if everything had been derived anew. */

#include "fixture.h"
#include "harness.h"
#include "model_feed.h"
#include "sync_run.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct scene {
    char folder[64];
    char path[128];
    khach_cache *cache;
    model world;
} scene;

static scene at;

static void begin(void)
{
    at.world = (model){.seed = 7, .businesses = 1};
    fixture_folder(at.folder, at.path);
    CHECK_INT(khach__cache_open(&at.cache, at.path, FIXTURE_BUSINESS, 1000, NULL), KHACH_OK);
    model_feed(&at.world, at.cache, 0, MODEL_CUSTOMERS, 0, 1);
}

static void end(void)
{
    khach__cache_close(at.cache);
    model_free(&at.world);
    fixture_remove(at.folder);
}

static void run_sql(const char *sql)
{
    if (sqlite3_exec(at.cache->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(at.cache->db));
    CHECK_INT(sqlite3_errcode(at.cache->db), SQLITE_OK);
    CHECK(sqlite3_changes(at.cache->db) > 0);
}

/* What differs of what is derived; it is mended by that, and left as it was. */
static khach_index_mended differences(void)
{
    khach_index_mended found = {0};

    CHECK(sqlite3_exec(at.cache->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
    CHECK_INT(khach_index_mend(at.cache->index, &found), KHACH_INDEX_OK);
    CHECK(sqlite3_exec(at.cache->db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    return found;
}

static bool is_derived_right(void)
{
    khach_index_mended found = differences();

    return found.parts_count == 0 && !found.has_counts;
}

/* The row of the first customer who is there, and the record that the server has of it. */
static const model_customer *first_customer(void)
{
    for (size_t i = 0; i < MODEL_CUSTOMERS; i++) {
        if (at.world.customers[i].is_there && at.world.customers[i].days_count > 1
            && at.world.customers[i].name[0] != '\0')
            return &at.world.customers[i];
    }
    CHECK(false);
    return NULL;
}

static int64_t read_number(const char *sql)
{
    sqlite3_stmt *row = NULL;
    int64_t number;

    CHECK(sqlite3_prepare_v2(at.cache->db, sql, -1, &row, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(row) == SQLITE_ROW);
    number = sqlite3_column_int64(row, 0);
    (void)sqlite3_finalize(row);
    return number;
}

/* --- rows --- */

static khach_revisions list(int64_t page, int only_slot)
{
    uint8_t slots[KHACH_DIGEST_SLOTS];
    khach_action action = {.kind = KHACH_ACTION_LIST, .page_id = page, .slots = slots};
    khach_cache_sums sums = {0};
    khach_revisions rows;

    memset(slots, only_slot < 0, sizeof(slots));
    if (only_slot >= 0)
        slots[only_slot] = 1;
    CHECK_INT(khach__cache_sum(at.cache, &sums, NULL), KHACH_OK);
    for (size_t i = 0; i < KHACH_DIGEST_SLOTS; i++)
        action.rows_count +=
            slots[i] != 0 ? khach__cache_page_sums(&sums, page)->slots[i].count : 0;
    free(sums.pages);
    CHECK_INT(khach__cache_rows(at.cache, &action, &rows, NULL), KHACH_OK);
    return rows;
}

/* A page's rows are listed by their slots, in order, and say which of them are damaged. */
static void test_rows(void)
{
    const model_customer *customer;
    khach_revisions rows;
    size_t all = 0;
    char sql[100];

    begin();
    customer = first_customer();
    for (int64_t page = 1; page <= MODEL_PAGES; page++) {
        rows = list(page, -1);
        all += rows.count;
        CHECK(!rows.has_damage);
        for (size_t i = 1; i < rows.count; i++)
            CHECK(rows.rows[i - 1].id < rows.rows[i].id);
        free(rows.rows);
    }
    CHECK_INT(all, (size_t)read_number("SELECT count(*) FROM base_customers"));
    rows = list(customer->page, (int)khach_digest_slot(customer->id));
    CHECK(rows.count > 0 && rows.count < all / MODEL_PAGES);
    for (size_t i = 0; i < rows.count; i++)
        CHECK(khach_digest_slot(rows.rows[i].id) == khach_digest_slot(customer->id));
    free(rows.rows);
    (void)snprintf(sql, sizeof(sql), "UPDATE base_customers SET traits = traits + 1 WHERE id = %d",
        (int)customer->id);
    run_sql(sql);
    rows = list(customer->page, (int)khach_digest_slot(customer->id));
    CHECK(rows.has_damage);
    for (size_t i = 0; i < rows.count; i++)
        CHECK((rows.rows[i].seq == 0) == (rows.rows[i].id == customer->id));
    free(rows.rows);
    end();
}

/* Rows that an index has lost are listed as they are summed up. */
static void test_lost_by_an_index(void)
{
    static const char empties[] =
        "PRAGMA writable_schema = ON;"
        "DROP INDEX base_customers_by_page_created;"
        "CREATE INDEX base_customers_by_page_created"
        "  ON base_customers(page_id, traits, created_at) WHERE id < 0;"
        "DROP INDEX base_customers_by_page_inbound;"
        "CREATE INDEX base_customers_by_page_inbound ON base_customers"
        "  (page_id, traits, last_inbound_at, id, created_at, name_folded) WHERE id < 0;"
        "UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' WHERE') - 1)"
        "  WHERE name LIKE 'base_customers_by_page_%';"
        "PRAGMA writable_schema = RESET;";
    khach_revisions rows;

    begin();
    CHECK(sqlite3_db_config(at.cache->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL) == SQLITE_OK);
    run_sql(empties);
    CHECK_INT(read_number("SELECT count(*) FROM base_customers WHERE page_id = 1"), 0);
    rows = list(1, -1);
    CHECK_INT(rows.count,
        (size_t)read_number("SELECT count(*) FROM base_customers NOT INDEXED WHERE page_id = 1"));
    CHECK(rows.count > 0);
    free(rows.rows);
    end();
}

/* --- damaged rows --- */

/* Takes the record of the server, as the engine says, and the cursor again. */
static void take(const model_customer *customer, uint64_t seq, bool has_damage)
{
    fixture_page bytes = {0};
    khach_sync_page page;
    khach_action action = {
        .kind = KHACH_ACTION_MEND, .page = &page, .has_damage = has_damage};
    khach_cache_sync sync = {0};

    fixture_record(&bytes, seq, customer->record, customer->record_bytes);
    page = (khach_sync_page){.bytes = bytes.bytes, .bytes_count = bytes.count};
    CHECK_INT(khach__lead_take(at.cache, NULL), KHACH_OK);
    CHECK_INT(khach__cache_mend(at.cache, &action, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(at.cache, &sync, NULL), KHACH_OK);
    CHECK_INT(khach__cache_adopt(at.cache, &sync.cursor, sync.seq, NULL), KHACH_OK);
    khach__lead_leave(at.cache);
    free(sync.cursor.bytes);
    fixture_free(&bytes);
}

/* A record or a column is damaged, and the server's state of it is newer: what was derived of the
 * state before is nowhere to be read. */
static void test_damaged_rows(void)
{
    static const char *const damages[] = {
        "record = x'FFFF'",
        "record = (SELECT record FROM base_customers WHERE id > %d ORDER BY id LIMIT 1)",
        "traits = traits + 1, name_folded = 'xyz'",
        "seq = seq - 1",
    };

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        for (int is_newer = 0; is_newer <= 1; is_newer++) {
            model_customer *customer;
            char sql[256];
            char set[160];
            khach_revisions rows;
            uint64_t seq;

            begin();
            customer = (model_customer *)(uintptr_t)first_customer();
            (void)snprintf(sql, sizeof(sql), "SELECT seq FROM base_customers WHERE id = %d",
                (int)customer->id);
            seq = (uint64_t)read_number(sql);
            (void)snprintf(set, sizeof(set), damages[i], (int)customer->id);
            (void)snprintf(sql, sizeof(sql), "UPDATE base_customers SET %s WHERE id = %d", set,
                (int)customer->id);
            run_sql(sql);
            if (is_newer) {
                do
                    model_change(&at.world, (size_t)customer->id - 1000);
                while (!customer->is_there);
            }
            take(customer, seq + (uint64_t)is_newer, i != 3);
            CHECK(is_derived_right());
            rows = list(customer->page, -1);
            CHECK(!rows.has_damage);
            free(rows.rows);
            end();
        }
    }
}

/* --- what is derived --- */

static const char *const derived_damages[] = {
    "DELETE FROM customer_days WHERE day = (SELECT max(day) FROM customer_days)",
    "UPDATE name_tokens SET token = token || 'x' WHERE customer_id ="
    " (SELECT max(customer_id) FROM name_tokens)",
    "DELETE FROM contact_values WHERE is_first = 1",
    "DELETE FROM block_events WHERE kind = 1",
    "UPDATE day_counts SET counts = x'FF'",
    "DELETE FROM token_counts",
    "UPDATE customer_counts SET customers = customers + 1",
};

static void begin_sync(khach_goal goal)
{
    const khach_options options = KHACH_OPTIONS_INIT;
    khach_sync_run run = {.cache = at.cache, .options = &options};

    CHECK_INT(khach__sync_run_open(&run, goal, false, NULL), KHACH_OK);
    khach__sync_run_close(&run);
}

/* A repair mends what is derived, before anything is asked of the server; nothing else looks. */
static void test_damaged_derived(void)
{
    for (size_t i = 0; i < sizeof(derived_damages) / sizeof(derived_damages[0]); i++) {
        begin();
        CHECK(is_derived_right());
        run_sql(derived_damages[i]);
        CHECK(!is_derived_right());
        begin_sync(KHACH_GOAL_VERIFY);
        CHECK(!is_derived_right());
        begin_sync(KHACH_GOAL_REPAIR);
        CHECK(is_derived_right());
        end();
    }
}

/* Nobody is kept from writing while what is derived is only compared. */
static void test_compared_without_the_lock(void)
{
    khach_cache *writer = NULL;

    begin();
    CHECK_INT(khach__lead_take(at.cache, NULL), KHACH_OK);
    CHECK_INT(khach__cache_open(&writer, at.path, "", 1000, NULL), KHACH_OK);
    at.cache->lock_timeout_ms = 0;
    CHECK_INT(khach__cache_lock(writer, NULL), KHACH_OK);
    CHECK_INT(khach__cache_mend_derived(at.cache, NULL), KHACH_OK);
    khach__cache_unlock(writer);
    run_sql(derived_damages[0]);
    CHECK_INT(khach__cache_lock(writer, NULL), KHACH_OK);
    CHECK_INT(khach__cache_mend_derived(at.cache, NULL), KHACH_E_CACHE_LOCKED);
    khach__cache_unlock(writer);
    CHECK_INT(khach__cache_mend_derived(at.cache, NULL), KHACH_OK);
    CHECK(is_derived_right());
    khach__cache_close(writer);
    end();
}

/* A record that is none, among so much else that everything is made anew, waits for the server's:
 * nothing is derived of it, and the repair goes on. */
static void test_damaged_record(void)
{
    const model_customer *customer;
    uint64_t seq;
    char sql[200];

    begin();
    customer = first_customer();
    (void)snprintf(sql, sizeof(sql), "SELECT seq FROM base_customers WHERE id = %d",
        (int)customer->id);
    seq = (uint64_t)read_number(sql);
    (void)snprintf(sql, sizeof(sql), "UPDATE base_customers SET record = x'FFFF' WHERE id = %d",
        (int)customer->id);
    run_sql(sql);
    (void)snprintf(sql, sizeof(sql),
        "WITH RECURSIVE more(id) AS (SELECT 100000 UNION ALL SELECT id + 1 FROM more LIMIT %d)"
        " INSERT INTO block_events SELECT 1, 1, id, 1, 1 FROM more",
        KHACH_INDEX_MEND_PARTS_MAX * 2);
    run_sql(sql);
    begin_sync(KHACH_GOAL_REPAIR);
    (void)snprintf(sql, sizeof(sql),
        "SELECT count(*) FROM customer_days WHERE customer_id = %d", (int)customer->id);
    CHECK_INT(read_number(sql), 0);
    CHECK_INT(read_number("SELECT is_reindex_due FROM sync_state"), 0);
    take(customer, seq, true);
    CHECK(is_derived_right());
    end();
}

/* A page of the file with what is derived is none: the repair fetches what it may. */
static void test_malformed_page(void)
{
    uint8_t nothing[512];
    int64_t page;
    int64_t page_bytes;
    int fd;

    begin();
    page = read_number("SELECT rootpage FROM sqlite_schema WHERE name = 'block_events'");
    page_bytes = read_number("PRAGMA page_size");
    khach__cache_checkpoint(at.cache, true);
    khach__cache_close(at.cache);
    fd = open(at.path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    memset(nothing, 0xAB, sizeof(nothing));
    CHECK_INT(pwrite(fd, nothing, sizeof(nothing), (page - 1) * page_bytes), sizeof(nothing));
    CHECK(close(fd) == 0);
    CHECK_INT(khach__cache_open(&at.cache, at.path, FIXTURE_BUSINESS, 1000, NULL), KHACH_OK);
    begin_sync(KHACH_GOAL_REPAIR);
    CHECK_INT(read_number("SELECT is_reindex_due FROM sync_state"), 1);
    end();
}

/* A page that goes takes along what is derived of its customers, and nobody else's. */
static void test_dropped_page(void)
{
    khach_cache_sync sync = {0};

    begin();
    CHECK_INT(khach__lead_take(at.cache, NULL), KHACH_OK);
    CHECK_INT(khach__cache_drop_page(at.cache, 1, true, NULL), KHACH_OK);
    CHECK(!is_derived_right());
    CHECK_INT(khach__cache_sync_read(at.cache, &sync, NULL), KHACH_OK);
    CHECK_INT(khach__cache_adopt(at.cache, &sync.cursor, sync.seq, NULL), KHACH_OK);
    khach__lead_leave(at.cache);
    free(sync.cursor.bytes);
    CHECK(is_derived_right());
    CHECK_INT(read_number("SELECT count(*) FROM contact_values WHERE page_id = 1"), 0);
    end();
}

int main(void)
{
    test_rows();
    test_lost_by_an_index();
    test_damaged_rows();
    test_damaged_derived();
    test_compared_without_the_lock();
    test_damaged_record();
    test_malformed_page();
    test_dropped_page();
    return 0;
}
