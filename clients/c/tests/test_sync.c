/* The sync engine against a scripted server: what arrives is kept whole or not at all. */

#include "fixture.h"
#include "frame.h"
#include "harness.h"

#include "khach/v1/customer.pb-c.h"

#include <stdint.h>

/* A scene: a cache in a folder of its own, and a server with replies. */
typedef struct scene {
    char folder[64];
    char cache[128];
    fixture_server server;
    khach_client *client;
} scene;

static void scene_open(scene *at)
{
    memset(at, 0, sizeof(*at));
    fixture_folder(at->folder, at->cache);
}

/* Starts the server, and opens the client when there is none yet. */
static void scene_start(scene *at, uint32_t timeout_ms)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_error *error = NULL;

    fixture_serve(&at->server);
    options.address = at->server.address;
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = at->cache;
    options.call_timeout_ms = timeout_ms;
    if (at->client == NULL)
        CHECK_INT(khach_client_open(&at->client, &options, &error), KHACH_OK);
    CHECK(error == NULL);
}

static void scene_stop(scene *at)
{
    fixture_stop(&at->server);
    for (size_t i = 0; i < at->server.replies_count; i++)
        free((void *)(uintptr_t)at->server.replies[i].bytes);
    at->server.replies_count = 0;
}

static void scene_close(scene *at)
{
    khach_client_close(at->client);
    fixture_remove(at->folder);
}

static void add_page(scene *at, fixture_page *page, uint32_t stream_id)
{
    fixture_add(&at->server, fixture_frame(page, stream_id));
    fixture_free(page);
}

static khach_cache_state state_of(scene *at)
{
    khach_cache_state state;

    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(at->client, &state, NULL), KHACH_OK);
    return state;
}

static void first_page(fixture_page *page)
{
    fixture_business(page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(page, 2, 7);
    fixture_fan_page(page, 3, 8);
    fixture_customer(page, 4, 100, 7, "Nguyễn Văn An", INT64_C(1748710799999));
    fixture_customer(page, 5, 101, 8, "Đặng Thị Đào", INT64_C(1748710800000));
    fixture_customer(page, 6, 102, 7, NULL, INT64_C(1748710800000));
}

/* The record is what the server packed, to the byte. */
static void check_record(const khach_customer *customer)
{
    size_t count = 0;
    const uint8_t *bytes = khach_customer_record(customer, &count);
    Khach__V1__Customer *record = khach__v1__customer__unpack(NULL, count, bytes);
    uint8_t packed[512];

    CHECK(record != NULL && count <= sizeof(packed));
    CHECK_TEXT(record->id, khach_customer_id(customer));
    CHECK_INT(khach__v1__customer__pack(record, packed), count);
    CHECK(memcmp(packed, bytes, count) == 0);
    CHECK(khach_customer_record(customer, NULL) == bytes);
    khach__v1__customer__free_unpacked(record, NULL);
}

static void check_answers(scene *at)
{
    khach_customer *customer = NULL;
    khach_customer_list *list = NULL;
    khach_query query;
    uint64_t count = 0;
    const char *pages[] = {"p0000000000007"};

    CHECK_INT(khach_get(&customer, at->client, "c0000000000035", NULL), KHACH_OK);
    CHECK_TEXT(khach_customer_name(customer), "Đặng Thị Đào");
    CHECK_TEXT(khach_customer_phone_at(customer, 0), "+84912345678");
    CHECK_TEXT(khach_customer_phone_at(customer, 1), "");
    CHECK_INT(khach_customer_seq(customer), 5);
    check_record(customer);
    CHECK_INT(khach_customer_created_at_ms(customer), INT64_C(1748710800000));
    khach_customer_free(customer);
    CHECK_INT(khach_get(&customer, at->client, "c0000000000zzz", NULL), KHACH_E_NOT_FOUND);
    CHECK_INT(khach_get(&customer, at->client, "nonsense", NULL), KHACH_E_INVALID);

    /* Newest first; the day begins at 17:00 UTC. */
    CHECK_INT(khach_list(&list, at->client, NULL, NULL), KHACH_OK);
    CHECK_INT(khach_customer_list_count(list), 3);
    CHECK_TEXT(khach_customer_id(khach_customer_list_at(list, 0)), "c0000000000036");
    CHECK_TEXT(khach_customer_display_name(khach_customer_list_at(list, 0)), "Facebook User");
    CHECK_TEXT(khach_customer_id(khach_customer_list_at(list, 2)), "c0000000000034");
    CHECK_TEXT(khach_customer_list_next(list), "");
    CHECK(khach_customer_list_is_complete(list));
    khach_customer_list_free(list);

    khach_query_init(&query);
    query.created_from = "2025-06-01";
    query.created_to = "2025-06-01";
    CHECK_INT(khach_count(&count, at->client, &query, NULL), KHACH_OK);
    CHECK_INT(count, 2);
    query.page_ids = pages;
    query.page_id_count = 1;
    CHECK_INT(khach_count(&count, at->client, &query, NULL), KHACH_OK);
    CHECK_INT(count, 1);
    query.created_from = "2025-05-31";
    query.limit = 1;
    CHECK_INT(khach_list(&list, at->client, &query, NULL), KHACH_OK);
    CHECK_TEXT(khach_customer_id(khach_customer_list_at(list, 0)), "c0000000000036");
    query.after = khach_customer_list_next(list);
    {
        khach_customer_list *rest = NULL;

        CHECK_INT(khach_list(&rest, at->client, &query, NULL), KHACH_OK);
        CHECK_TEXT(khach_customer_id(khach_customer_list_at(rest, 0)), "c0000000000034");
        CHECK_TEXT(khach_customer_list_next(rest), "");
        khach_customer_list_free(rest);
        query.page_id_count = 0;
        CHECK_INT(khach_list(&rest, at->client, &query, NULL), KHACH_E_INVALID);
    }
    khach_customer_list_free(list);
}

static void check_search(scene *at, const char *text, const char *wanted)
{
    khach_customer_list *list = NULL;

    CHECK_INT(khach_search(&list, at->client, text, NULL, NULL), KHACH_OK);
    CHECK_TEXT(khach_customer_name(khach_customer_list_at(list, 0)), wanted);
    CHECK_INT(khach_customer_list_count(list), wanted[0] == '\0' ? 0 : 1);
    khach_customer_list_free(list);
}

static void test_snapshot_and_changes(void)
{
    scene at;
    fixture_page page = {0};
    khach_sync_progress progress;
    khach_page_list *pages = NULL;

    scene_open(&at);
    first_page(&page);
    fixture_end(&page, "one", 1, 6);
    add_page(&at, &page, 1);
    fixture_end(&page, "two", 0, 6);
    add_page(&at, &page, 3);
    fixture_customer(&page, 7, 100, 7, "Trần Văn Bình", INT64_C(1748710799999));
    fixture_customer(&page, 3, 101, 8, "Older", 1);
    fixture_tombstone(&page, 8, 102);
    fixture_tombstone(&page, 8, 999);
    fixture_end(&page, "three", 0, 8);
    add_page(&at, &page, 5);
    scene_start(&at, 5000);

    CHECK_INT(state_of(&at).phase, KHACH_PHASE_EMPTY);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach_sync_step(at.client, &progress, NULL), KHACH_OK);
    CHECK(progress.has_more);
    CHECK_INT(progress.upserts_count, 3);
    CHECK_INT(progress.phase, KHACH_PHASE_SNAPSHOT);
    CHECK_INT(state_of(&at).as_of_ms, 0);
    check_search(&at, "an", "Nguyễn Văn An"); /* Before names are indexed. */
    CHECK_INT(khach_sync_once(at.client, &progress, NULL), KHACH_OK);
    CHECK_INT(progress.phase, KHACH_PHASE_COMPLETE);
    CHECK_INT(state_of(&at).as_of_ms, INT64_C(1000000000000));
    CHECK(state_of(&at).is_search_indexed);
    check_answers(&at);
    check_search(&at, "dao dang", "Đặng Thị Đào");
    check_search(&at, "nguyen", "Nguyễn Văn An");
    check_search(&at, "guyen", "");

    CHECK_INT(khach_sync_once(at.client, &progress, NULL), KHACH_OK);
    CHECK_INT(progress.upserts_count, 1);
    CHECK_INT(progress.tombstones_count, 2);
    CHECK_INT(progress.customers_count, 2);
    check_search(&at, "binh", "Trần Văn Bình");
    check_search(&at, "nguyen", "");
    check_search(&at, "dao", "Đặng Thị Đào");

    CHECK_INT(khach_pages(&pages, at.client, NULL), KHACH_OK);
    CHECK_INT(khach_page_list_count(pages), 2);
    CHECK_TEXT(khach_page_list_id_at(pages, 1), "p0000000000008");
    CHECK_TEXT(khach_page_list_business_zone(pages), "Asia/Ho_Chi_Minh");
    khach_page_list_free(pages);
    scene_stop(&at);
    scene_close(&at);
}

/* Sends the first `count` bytes of a page, then closes: nothing may be kept. */
static void test_every_cut(void)
{
    fixture_page page = {0};
    khach_bytes frame;
    scene at;

    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_customer(&page, 2, 100, 7, "An", 1);
    fixture_end(&page, "one", 0, 2);
    frame = fixture_frame(&page, 1);
    scene_open(&at);
    for (size_t count = 0; count < frame.count; count++) {
        at.server.replies[0] = (fixture_reply){frame.bytes, count, 1, 0};
        at.server.replies_count = 1;
        scene_start(&at, 5000);
        CHECK_INT(khach_sync_step(at.client, NULL, NULL), KHACH_E_NETWORK);
        CHECK_INT(state_of(&at).phase, KHACH_PHASE_EMPTY);
        CHECK_INT(state_of(&at).last_status, KHACH_E_NETWORK);
        fixture_stop(&at.server);
    }
    at.server.replies[0] = (fixture_reply){frame.bytes, frame.count, 1, 0};
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_step(at.client, NULL, NULL), KHACH_OK);
    CHECK_INT(state_of(&at).customers_count, 1);
    fixture_stop(&at.server);
    scene_close(&at);
    free(frame.bytes);
    fixture_free(&page);
}

/* The last request asked for what comes after this cursor: field 2 of PullChangesRequest. */
static void check_cursor_sent(const scene *at, const char *cursor)
{
    char field[64] = {0x12, (char)strlen(cursor)};

    (void)strcpy(field + 2, cursor);
    CHECK(memmem(at->server.request, at->server.request_count, field, strlen(cursor) + 2) != NULL);
}

/* What the first page brought is answered, and nothing of the second. */
static void check_first_page_only(scene *at, int32_t phase)
{
    khach_cache_state state = state_of(at);
    khach_customer *customer = NULL;

    CHECK_INT(state.phase, phase);
    CHECK_INT(state.seq, 6);
    CHECK_INT(state.customers_count, 3);
    CHECK_INT(state.last_status, KHACH_E_NETWORK);
    CHECK_INT(khach_get(&customer, at->client, "c0000000000034", NULL), KHACH_OK);
    CHECK_TEXT(khach_customer_name(customer), "Nguyễn Văn An");
    khach_customer_free(customer);
    CHECK_INT(khach_get(&customer, at->client, "c0000000000036", NULL), KHACH_OK);
    khach_customer_free(customer);
    CHECK_INT(khach_get(&customer, at->client, "c0000000000037", NULL),
        phase == KHACH_PHASE_COMPLETE ? KHACH_E_NOT_FOUND : KHACH_E_NOT_SYNCED);
    check_search(at, "an", "Nguyễn Văn An");
    check_search(at, "binh", "");
}

/* The second page, of the snapshot or of changes after it, is cut at every byte. */
static void test_every_cut_later(int32_t phase)
{
    fixture_page page = {0};
    khach_bytes frame;
    scene at;

    scene_open(&at);
    first_page(&page);
    fixture_end(&page, "one", phase == KHACH_PHASE_SNAPSHOT, 6);
    add_page(&at, &page, 1);
    at.server.replies[0].is_cut = 1;
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_step(at.client, NULL, NULL), KHACH_OK);
    scene_stop(&at);

    fixture_customer(&page, 7, 100, 7, "Trần Văn Bình", INT64_C(1748710799999));
    fixture_customer(&page, 8, 103, 8, "Lê Chi", INT64_C(1748710799999));
    fixture_tombstone(&page, 9, 102);
    fixture_end(&page, "two", 0, 9);
    frame = fixture_frame(&page, 1);
    at.server.replies_count = 1;
    for (size_t count = 0; count < frame.count; count++) {
        at.server.replies[0] = (fixture_reply){frame.bytes, count, 1, 0};
        scene_start(&at, 5000);
        CHECK_INT(khach_sync_step(at.client, NULL, NULL), KHACH_E_NETWORK);
        fixture_stop(&at.server);
        check_cursor_sent(&at, "one");
        check_first_page_only(&at, phase);
    }
    at.server.replies[0] = (fixture_reply){frame.bytes, frame.count, 1, 0};
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    fixture_stop(&at.server);
    check_cursor_sent(&at, "one");
    CHECK_INT(state_of(&at).phase, KHACH_PHASE_COMPLETE);
    CHECK_INT(state_of(&at).seq, 9);
    CHECK_INT(state_of(&at).customers_count, 3);
    check_search(&at, "binh", "Trần Văn Bình");
    scene_close(&at);
    free(frame.bytes);
    fixture_free(&page);
}

static void check_refused(const void *bytes, size_t count, khach_status wanted)
{
    scene at;
    khach_error *error = NULL;

    scene_open(&at);
    at.server.replies[0] = (fixture_reply){bytes, count, 0, 0};
    at.server.replies_count = 1;
    scene_start(&at, 300);
    CHECK_INT(khach_sync_step(at.client, NULL, &error), wanted);
    CHECK_INT(khach_error_status(error), wanted);
    CHECK(khach_error_message(error)[0] != '\0');
    khach_error_free(error);
    CHECK_INT(state_of(&at).phase, KHACH_PHASE_EMPTY);
    CHECK_INT(state_of(&at).seq, 0);
    fixture_stop(&at.server);
    scene_close(&at);
}

static void check_page_refused(fixture_page *page)
{
    khach_bytes frame = fixture_frame(page, 1);

    check_refused(frame.bytes, frame.count, KHACH_E_PROTOCOL);
    free(frame.bytes);
    fixture_free(page);
}

static void test_hostile_pages(void)
{
    fixture_page page = {0};

    check_refused("\x00\x40\x00\x01\0\0\0\1\2\0", 10, KHACH_E_PROTOCOL); /* 4 MiB + 1 */
    check_refused("\xFF\xFF\xFF\xFF\0\0\0\1\2\0", 10, KHACH_E_PROTOCOL);
    check_refused("\0\0\0\1\0\0\0\1\2\0\x07", 11, KHACH_E_PROTOCOL); /* no protobuf */
    check_refused("\0\0\0\1\0\0\0\1\3\0\x07", 11, KHACH_E_PROTOCOL); /* Data on a unary call */
    check_refused("\0\0\0\0\0\0\0\3\2\0", 10, KHACH_E_TIMEOUT);      /* another id: ignored */
    check_refused("\0\0\0\0\0\0\0\2\2\0", 10, KHACH_E_TIMEOUT);      /* an even id */
    check_refused("", 0, KHACH_E_TIMEOUT);
    check_refused("\0\0\0\0\0\0\0\1\2\0", 10, KHACH_E_PROTOCOL); /* a page without a cursor */

    fixture_customer(&page, 0, 100, 7, "An", 1); /* no seq */
    fixture_end(&page, "one", 0, 2);
    check_page_refused(&page);
    fixture_raw(&page, 1, "\x08\x01\x22\x05\x6A", 5); /* a change cut short */
    fixture_end(&page, "one", 0, 2);
    check_page_refused(&page);
}

/* Two-byte parts without end: refused before any is decoded. */
static void test_many_parts(void)
{
    fixture_page record = {0};
    fixture_page change = {0};
    fixture_page page = {0};

    for (int i = 0; i < 100000; i++)
        fixture_raw(&record, 13, "", 0);
    fixture_raw(&change, 4, record.bytes, record.count);
    fixture_raw(&page, 1, change.bytes, change.count);
    fixture_end(&page, "one", 0, 2);
    check_page_refused(&page);
    for (int i = 0; i < 5000; i++)
        fixture_raw(&page, 1, "\x08\x01", 2);
    fixture_end(&page, "one", 0, 2);
    check_page_refused(&page);
    fixture_free(&record);
    fixture_free(&change);
}

static void test_refusals_of_the_server(void)
{
    static const struct {
        int code;
        const char *reason;
        khach_status status;
    } cases[] = {
        {5, "BUSINESS_NOT_FOUND", KHACH_E_NOT_FOUND},
        {7, "FORBIDDEN", KHACH_E_REMOTE},
        {14, "DRAINING", KHACH_E_NETWORK},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        khach_bytes frame = fixture_failure(1, cases[i].code, "no", cases[i].reason);

        check_refused(frame.bytes, frame.count, cases[i].status);
        free(frame.bytes);
    }
}

/* A cursor that is of no use is left, and tried once: an empty cache begins anew, and a server that
 * refuses that too is told of. */
static void test_refused_cursors(void)
{
    static const struct {
        int code;
        const char *reason;
        khach_status status;
    } cases[] = {
        {3, "CURSOR_INVALID", KHACH_E_CURSOR_INVALID},
        {9, "GENERATION_CHANGED", KHACH_E_GENERATION_CHANGED},
        {9, "SCOPE_CHANGED", KHACH_E_SCOPE_CHANGED},
        {11, "CURSOR_AHEAD", KHACH_E_CURSOR_AHEAD},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scene at;
        khach_bytes first = fixture_failure(1, cases[i].code, "no", cases[i].reason);
        khach_bytes second = fixture_failure(3, cases[i].code, "no", cases[i].reason);

        scene_open(&at);
        at.server.replies[0] = (fixture_reply){first.bytes, first.count, 0, 0};
        at.server.replies[1] = (fixture_reply){second.bytes, second.count, 0, 0};
        at.server.replies_count = 2;
        scene_start(&at, 300);
        CHECK_INT(khach_sync_once(at.client, NULL, NULL), cases[i].status);
        CHECK_INT(state_of(&at).phase, KHACH_PHASE_EMPTY);
        CHECK_INT(state_of(&at).full_resyncs_count, 0);
        fixture_stop(&at.server);
        scene_close(&at);
        free(first.bytes);
        free(second.bytes);
    }
}

/* After a restart the rows stay, and those that the new snapshot lacks go at its end. */
static void test_restart(void)
{
    scene at;
    fixture_page page = {0};
    khach_customer *customer = NULL;

    scene_open(&at);
    first_page(&page);
    fixture_end(&page, "one", 0, 6);
    add_page(&at, &page, 1);
    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 1, 7);
    fixture_customer(&page, 2, 100, 7, "Lê An", 5);
    fixture_end(&page, "new", 0, 2);
    add_page(&at, &page, 3);
    scene_start(&at, 5000);

    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    CHECK_INT(khach_sync_restart(at.client, NULL), KHACH_OK);
    CHECK_INT(state_of(&at).phase, KHACH_PHASE_SNAPSHOT);
    CHECK_INT(khach_get(&customer, at.client, "c0000000000035", NULL), KHACH_OK);
    khach_customer_free(customer);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    CHECK_INT(state_of(&at).customers_count, 1);
    CHECK_INT(state_of(&at).seq, 2);
    CHECK_INT(khach_get(&customer, at.client, "c0000000000035", NULL), KHACH_E_NOT_FOUND);
    check_search(&at, "an", "Lê An");
    check_search(&at, "dao", "");
    scene_stop(&at);
    scene_close(&at);
}

/* C2: a page that does not tell deletions leaves a debt behind, which outlives the process. */
static void test_owed_comparison(void)
{
    scene at;
    fixture_page page = {0};

    scene_open(&at);
    first_page(&page);
    fixture_horizon(&page, 5);
    fixture_end(&page, "one", 1, 6);
    add_page(&at, &page, 1);
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_step(at.client, NULL, NULL), KHACH_OK);
    scene_stop(&at);
    CHECK(state_of(&at).is_repairing);
    khach_client_close(at.client);
    at.client = NULL;

    fixture_end(&page, "two", 0, 6);
    add_page(&at, &page, 1);
    fixture_add(&at.server, fixture_failure(3, 14, "no", "DRAINING"));
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_E_NETWORK);
    CHECK(memmem(at.server.request, at.server.request_count, "GetDigests", 10) != NULL);
    CHECK(state_of(&at).is_repairing);
    scene_stop(&at);
    scene_close(&at);
}

/* A server that went away between two calls is called again at once. */
static void test_reconnects(void)
{
    scene at;
    fixture_page page = {0};

    scene_open(&at);
    first_page(&page);
    fixture_end(&page, "one", 0, 6);
    add_page(&at, &page, 1);
    fixture_end(&page, "two", 0, 6);
    add_page(&at, &page, 1);
    at.server.replies[0].is_cut = 1;
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    scene_stop(&at);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_E_NETWORK);
    CHECK_INT(state_of(&at).phase, KHACH_PHASE_COMPLETE);
    CHECK_INT(state_of(&at).seq, 6);
    scene_close(&at);
}

static khach_bytes copy_of(const uint8_t *bytes, size_t count)
{
    khach_bytes copy = {malloc(count), count};

    CHECK(copy.bytes != NULL);
    memcpy(copy.bytes, bytes, count);
    return copy;
}

/* A server that leaves before it begins a call is asked again, over another connection; one that
 * pings is answered, and its page taken. */
static void test_leaving_server(void)
{
    static const uint8_t goaway[] = {
        0, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xE4, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t ping[] = {
        0, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xE2, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    scene at;
    fixture_page page = {0};
    khach_bytes frame;
    khach_bytes both;

    scene_open(&at);
    fixture_add(&at.server, copy_of(goaway, sizeof(goaway)));
    first_page(&page);
    fixture_end(&page, "one", 0, 6);
    frame = fixture_frame(&page, 1);
    both = (khach_bytes){malloc(sizeof(ping) + frame.count), sizeof(ping) + frame.count};
    CHECK(both.bytes != NULL);
    memcpy(both.bytes, ping, sizeof(ping));
    memcpy(both.bytes + sizeof(ping), frame.bytes, frame.count);
    fixture_add(&at.server, both);
    free(frame.bytes);
    fixture_free(&page);
    scene_start(&at, 5000);
    CHECK_INT(khach_sync_once(at.client, NULL, NULL), KHACH_OK);
    CHECK_INT(state_of(&at).seq, 6);
    scene_stop(&at);
    scene_close(&at);
}

int main(void)
{
    test_leaving_server();
    test_snapshot_and_changes();
    test_every_cut();
    test_every_cut_later(KHACH_PHASE_SNAPSHOT);
    test_every_cut_later(KHACH_PHASE_COMPLETE);
    test_hostile_pages();
    test_many_parts();
    test_refusals_of_the_server();
    test_refused_cursors();
    test_restart();
    test_owed_comparison();
    test_reconnects();
    return 0;
}
