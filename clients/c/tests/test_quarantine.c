/* E8: records that cannot be read are put aside, and keep no other from coming. */

#include "cache_quarantine.h"
#include "fixture.h"
#include "harness.h"

#define FAN_PAGE 7
#define BAD_NAME "An\xFF"

typedef struct scene {
    char folder[64];
    char path[128];
    khach_cache *cache;
    uint64_t seq;
} scene;

static void begin(scene *at)
{
    *at = (scene){0};
    fixture_folder(at->folder, at->path);
    CHECK_INT(khach__cache_open(&at->cache, at->path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
}

static void end(scene *at)
{
    khach__cache_close(at->cache);
    fixture_remove(at->folder);
}

/* Applies a page, and releases it. */
static khach_status apply(scene *at, fixture_page *bytes, khach_error **error)
{
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char cursor[32];
    khach_status status;

    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)++at->seq);
    fixture_end(bytes, cursor, 0, at->seq);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach__sync_page_read(&page, bytes->bytes, bytes->count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(at->cache, &sync, NULL), KHACH_OK);
    status = khach__cache_apply(at->cache, &page, &sync.cursor, &progress, error);
    free(sync.cursor.bytes);
    fixture_free(bytes);
    return status;
}

/* One number of SQL. */
static int64_t number(scene *at, const char *sql)
{
    sqlite3_stmt *row = NULL;
    int64_t found;

    CHECK_INT(khach__cache_prepare(at->cache, &row, sql, NULL), KHACH_OK);
    CHECK_INT(sqlite3_step(row), SQLITE_ROW);
    found = sqlite3_column_int64(row, 0);
    khach__cache_done(at->cache, row);
    return found;
}

static void check_text(scene *at, const char *sql, const char *expected)
{
    sqlite3_stmt *row = NULL;

    CHECK_INT(khach__cache_prepare(at->cache, &row, sql, NULL), KHACH_OK);
    CHECK_INT(sqlite3_step(row), SQLITE_ROW);
    CHECK_TEXT((const char *)sqlite3_column_text(row, 0), expected);
    khach__cache_done(at->cache, row);
}

static int64_t aside(scene *at)
{
    return number(at, "SELECT count(*) FROM quarantine");
}

/* Others are applied, the cursor moves, and the reason is kept. */
static void test_put_aside(void)
{
    fixture_page page = {0};
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_cache_state state;
    khach_cache_sync sync = {0};
    scene at;

    begin(&at);
    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 2, FAN_PAGE);
    fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
    fixture_customer(&page, 4, 102, FAN_PAGE, BAD_NAME, 1);
    fixture_record(&page, 5, "\x6A", 1); /* cut short */
    fixture_record(&page, 6, "", 0);     /* without ids */
    fixture_raw(&page, 1, "\x08\x07\x2A\x00", 4); /* a tombstone of nobody */
    fixture_customer(&page, 8, 103, FAN_PAGE, "Bình", 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(at.cache, &sync, NULL), KHACH_OK);
    CHECK(sync.cursor.count == 1 && sync.cursor.bytes[0] == '1');
    CHECK_INT(sync.customers_count, 2);
    free(sync.cursor.bytes);
    CHECK_INT(aside(&at), 4);
    CHECK_INT(number(&at, "SELECT customer FROM quarantine WHERE seq = 4"), 102);
    CHECK_INT(number(&at, "SELECT page FROM quarantine WHERE seq = 4"), FAN_PAGE);
    CHECK_INT(number(&at, "SELECT customer + page FROM quarantine WHERE seq = 5"), 0);
    check_text(&at, "SELECT reason FROM quarantine WHERE seq = 4",
        "a record within its bounds, in UTF-8 expected, other bytes found");
    check_text(&at, "SELECT reason FROM quarantine WHERE seq = 6",
        "a customer with its identifiers expected, other bytes found");
    check_text(&at, "SELECT library FROM quarantine WHERE seq = 4", khach_version_string());

    options.cache_path = at.path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(client, &state, NULL), KHACH_OK);
    CHECK_INT(state.quarantined_count, 4);
    khach_client_close(client);
    end(&at);
}

/* With the cursor or not at all. */
static void test_one_transaction(void)
{
    fixture_page page = {0};
    khach_error *error = NULL;
    scene at;

    begin(&at);
    CHECK_INT(khach__cache_run(at.cache, "PRAGMA max_page_count = 30", NULL), KHACH_OK);
    fixture_customer(&page, 3, 102, FAN_PAGE, BAD_NAME, 1);
    for (uint64_t i = 0; i < 900; i++)
        fixture_customer(&page, i + 4, i + 200, FAN_PAGE, "Nguyễn Văn An", 1);
    CHECK_INT(apply(&at, &page, &error), KHACH_E_DISK_FULL);
    khach_error_free(error);
    CHECK_INT(aside(&at), 0);
    CHECK_INT(number(&at, "SELECT length(cursor) FROM sync_state"), 0);
    end(&at);
}

/* What is newer takes its place; what is older does not take anybody's. */
static void test_replaced(void)
{
    fixture_page page = {0};
    scene at;

    begin(&at);
    for (uint64_t i = 1; i <= 4; i++)
        fixture_customer(&page, i, 100 + i, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(aside(&at), 4);

    fixture_customer(&page, 11, 101, FAN_PAGE, "An", 1);
    fixture_tombstone(&page, 12, 102);
    fixture_customer(&page, 13, 103, FAN_PAGE, BAD_NAME, 2);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(number(&at, "SELECT group_concat(customer || '@' || seq) = '103@13,104@4'"
                          " FROM quarantine"), 1);
    CHECK_INT(number(&at, "SELECT group_concat(id) = '101' FROM base_customers"), 1);

    fixture_customer(&page, 5, 101, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(number(&at, "SELECT count(*) FROM quarantine WHERE customer = 101"), 0);

    /* A page that is gone takes what was put aside of it along. */
    CHECK_INT(khach__cache_drop_page(at.cache, FAN_PAGE, true, NULL), KHACH_OK);
    CHECK_INT(aside(&at), 0);
    end(&at);
}

/* The bytes that came are what is compared; the older row that is still answered is not. */
static void test_compared(void)
{
    fixture_page page = {0};
    fixture_page bad = {0};
    khach_cache_sums sums = {0};
    khach_revisions rows = {0};
    uint8_t slots[KHACH_DIGEST_SLOTS];
    const khach_action list = {.kind = KHACH_ACTION_LIST,
        .page_id = FAN_PAGE,
        .slots = slots,
        .rows_count = 1};
    khach_change change;
    khach_wire wire;
    khach_digest expected;
    unsigned slot = khach_digest_slot(101);
    scene at;

    begin(&at);
    fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    fixture_customer(&page, 4, 101, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    fixture_customer(&bad, 4, 101, FAN_PAGE, BAD_NAME, 1);
    wire = khach__wire_open(bad.bytes, bad.count);
    CHECK(khach__sync_change_next(&wire, &change));
    expected = khach_digest_row(101, 4, change.bytes, change.bytes_count);

    CHECK_INT(khach__cache_sum(at.cache, &sums, NULL), KHACH_OK);
    CHECK_INT(sums.pages_count, 1);
    CHECK(khach_digest_is_equal(sums.pages[0].slots[slot], expected));
    CHECK(!sums.has_unknown);
    free(sums.pages);
    memset(slots, 1, sizeof(slots));
    CHECK_INT(khach__cache_rows(at.cache, &list, &rows, NULL), KHACH_OK);
    CHECK_INT(rows.count, 1);
    CHECK_INT(rows.rows[0].seq, 4);
    CHECK(rows.rows[0].low == expected.low && rows.rows[0].high == expected.high);
    free(rows.rows);

    fixture_record(&page, 5, "\x6A", 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sum(at.cache, &sums, NULL), KHACH_OK);
    CHECK(sums.has_unknown);
    free(sums.pages);
    fixture_free(&bad);
    end(&at);
}

/* Another version of the library tries again, and so does a repair; nobody else does. */
static void test_retried(void)
{
    /* What an older library could not read and this one can: the record of another. */
    static const char readable[] =
        "UPDATE quarantine SET record = (SELECT record FROM base_customers WHERE id = 101)"
        " WHERE customer = 102; DELETE FROM base_customers; UPDATE sync_state SET"
        " customers_count = 0";
    fixture_page page = {0};
    scene at;

    for (int is_repair = 0; is_repair <= 1; is_repair++) {
        begin(&at);
        fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
        fixture_customer(&page, 4, 102, FAN_PAGE, BAD_NAME, 1);
        fixture_customer(&page, 5, 103, FAN_PAGE, BAD_NAME, 1);
        CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
        CHECK_INT(khach__cache_run(at.cache, readable, NULL), KHACH_OK);
        CHECK_INT(khach__quarantine_retry(at.cache, false, NULL), KHACH_OK);
        CHECK_INT(aside(&at), 2);
        if (!is_repair)
            CHECK_INT(khach__cache_run(
                          at.cache, "UPDATE quarantine SET library = '0.0.9'", NULL),
                KHACH_OK);
        CHECK_INT(khach__quarantine_retry(at.cache, is_repair != 0, NULL), KHACH_OK);
        CHECK_INT(aside(&at), 1);
        CHECK_INT(number(&at, "SELECT customer FROM quarantine"), 103);
        check_text(&at, "SELECT library FROM quarantine", khach_version_string());
        CHECK_INT(number(&at, "SELECT seq FROM base_customers WHERE id = 101"), 4);
        CHECK_INT(number(&at, "SELECT customers_count FROM sync_state"), 1);
        end(&at);
    }
}

/* A new first pass brings them again, or lets them go. */
static void test_swept(void)
{
    fixture_page page = {0};
    scene at;

    begin(&at);
    fixture_customer(&page, 3, 101, FAN_PAGE, BAD_NAME, 1);
    fixture_customer(&page, 4, 102, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(khach__cache_restart(at.cache, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(at.cache, NULL), KHACH_OK);
    fixture_customer(&page, 4, 102, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(aside(&at), 1);
    CHECK_INT(number(&at, "SELECT customer FROM quarantine"), 102);
    end(&at);
}

/* A server of which nothing can be read fills no disk. */
static void test_bound(void)
{
    fixture_page page = {0};
    khach_error *error = NULL;
    scene at;

    begin(&at);
    for (uint64_t i = 1; i <= KHACH_QUARANTINE_ROWS_MAX; i++)
        fixture_customer(&page, i, 100 + i, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    CHECK_INT(aside(&at), KHACH_QUARANTINE_ROWS_MAX);
    fixture_customer(&page, 2000, 5000, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, &error), KHACH_E_PROTOCOL);
    CHECK_TEXT(khach_error_message(error),
        "records that this library can read expected, 1000 others found");
    khach_error_free(error);
    /* The same customer once more is not one more. */
    fixture_customer(&page, 2001, 101, FAN_PAGE, BAD_NAME, 1);
    CHECK_INT(apply(&at, &page, NULL), KHACH_OK);
    end(&at);
}

int main(void)
{
    test_put_aside();
    test_one_transaction();
    test_replaced();
    test_compared();
    test_retried();
    test_swept();
    test_bound();
    return 0;
}
