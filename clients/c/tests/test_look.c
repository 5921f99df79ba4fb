/* Looking at a cache: what has changed, why a customer is there, how the cache is; and its end. */

#include "cache.h"
#include "fixture.h"
#include "harness.h"

#include "khach/v1/sync.pb-c.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAN_PAGE 7
#define BAD_NAME "An\xFF"
#define AT_MS INT64_C(1000000000000)
#define MINUTE_MS INT64_C(60000)

typedef struct scene {
    char folder[64];
    char path[128];
    khach_client *client;
    fixture_server server;
    char id[16];
} scene;

static void begin(scene *at, const char *address)
{
    khach_options options = KHACH_OPTIONS_INIT;

    *at = (scene){0};
    fixture_folder(at->folder, at->path);
    options.cache_path = at->path;
    options.business_id = FIXTURE_BUSINESS;
    options.address = address;
    CHECK_INT(khach_client_open(&at->client, &options, NULL), KHACH_OK);
}

static void end(scene *at)
{
    khach_client_close(at->client);
    fixture_remove(at->folder);
}

/* Opens the client once more, with a server whose replies were added. */
static void serve(scene *at)
{
    khach_options options = KHACH_OPTIONS_INIT;

    khach_client_close(at->client);
    fixture_serve(&at->server);
    options.cache_path = at->path;
    options.address = at->server.address;
    options.call_timeout_ms = 5000;
    CHECK_INT(khach_client_open(&at->client, &options, NULL), KHACH_OK);
}

static void apply_cache(khach_cache *cache, fixture_page *bytes, uint64_t seq, int64_t at_ms,
    int has_more)
{
    khach_sync_page page;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char cursor[32];

    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)seq);
    fixture_end(bytes, cursor, has_more, seq);
    CHECK_INT(khach__sync_page_read(&page, bytes->bytes, bytes->count, NULL), KHACH_OK);
    page.read_at_ms = at_ms;
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    free(sync.cursor.bytes);
    fixture_free(bytes);
}

/* Applies a page that the server read at this time, and releases it. */
static void apply(scene *at, fixture_page *bytes, uint64_t seq, int64_t at_ms)
{
    khach_cache *cache = NULL;

    CHECK_INT(khach__cache_open(&cache, at->path, "", 1000, NULL), KHACH_OK);
    apply_cache(cache, bytes, seq, at_ms, 0);
    khach__cache_close(cache);
}

/* A customer with what is looked at. */
static void customer(fixture_page *page, uint64_t seq, uint64_t number, int has_phone,
    int is_blocked)
{
    Khach__V1__Customer record = KHACH__V1__CUSTOMER__INIT;
    Khach__V1__ContactPoint phone = KHACH__V1__CONTACT_POINT__INIT;
    Khach__V1__ContactPoint *phones[] = {&phone};
    Khach__V1__Block block = KHACH__V1__BLOCK__INIT;
    char id[16];
    char page_id[16];
    uint8_t bytes[512];

    fixture_id(id, 'c', number);
    fixture_id(page_id, 'p', FAN_PAGE);
    record.id = id;
    record.page_id = page_id;
    record.channel = KHACH__V1__CHANNEL__FACEBOOK;
    record.external_user_id = (char *)(uintptr_t) "user";
    record.name_status = KHACH__V1__NAME_STATUS__REAL;
    record.name = (char *)(uintptr_t) "An";
    block.state = is_blocked ? KHACH__V1__BLOCK__STATE__BLOCKED : KHACH__V1__BLOCK__STATE__NONE;
    record.block = &block;
    phone.value = (char *)(uintptr_t) "+84912345678";
    record.phones = phones;
    record.n_phones = has_phone ? 1 : 0;
    CHECK(khach__v1__customer__get_packed_size(&record) <= sizeof(bytes));
    fixture_record(page, seq, bytes, khach__v1__customer__pack(&record, bytes));
}

/* --- what has changed --- */

static void check_difference(scene *at, const char *expected)
{
    khach_difference found;
    char text[160];

    khach_difference_init(&found);
    CHECK_INT(khach_difference_read(&found, at->client, NULL), KHACH_OK);
    (void)snprintf(text, sizeof(text),
        "since %llu: %llu new, %llu gone, %llu blocked, %llu unblocked, %llu phone, %llu changed",
        (unsigned long long)found.since_seq, (unsigned long long)found.new_count,
        (unsigned long long)found.gone_count, (unsigned long long)found.blocked_count,
        (unsigned long long)found.unblocked_count, (unsigned long long)found.got_phone_count,
        (unsigned long long)found.changed_count);
    CHECK_TEXT(text, expected);
}

static void test_difference(void)
{
    fixture_page page = {0};
    scene at;

    begin(&at, NULL);
    check_difference(&at,
        "since 0: 0 new, 0 gone, 0 blocked, 0 unblocked, 0 phone, 0 changed");
    /* The first pass is no news. */
    for (uint64_t i = 1; i <= 5; i++)
        customer(&page, i, i, i == 5, i == 4);
    apply(&at, &page, 10, AT_MS);
    check_difference(&at,
        "since 10: 0 new, 0 gone, 0 blocked, 0 unblocked, 0 phone, 0 changed");

    /* Online, it adds up; whoever changes back has not changed. */
    customer(&page, 11, 1, 0, 1);
    customer(&page, 12, 2, 1, 0);
    customer(&page, 13, 6, 1, 1);
    apply(&at, &page, 13, AT_MS + MINUTE_MS);
    customer(&page, 14, 1, 0, 0);
    fixture_tombstone(&page, 15, 3);
    customer(&page, 16, 4, 0, 0);
    customer(&page, 17, 7, 1, 1);
    fixture_tombstone(&page, 18, 7);
    apply(&at, &page, 18, AT_MS + 2 * MINUTE_MS);
    check_difference(&at,
        "since 10: 1 new, 1 gone, 0 blocked, 1 unblocked, 1 phone, 3 changed");

    /* Away for an hour: a return of two pages is one. */
    customer(&page, 20, 5, 1, 1);
    {
        khach_cache *cache = NULL;

        CHECK_INT(khach__cache_open(&cache, at.path, "", 1000, NULL), KHACH_OK);
        apply_cache(cache, &page, 20, AT_MS + 62 * MINUTE_MS, 1);
        customer(&page, 21, 8, 0, 0);
        apply_cache(cache, &page, 21, AT_MS + 62 * MINUTE_MS, 0);
        khach__cache_close(cache);
    }
    check_difference(&at,
        "since 18: 1 new, 0 gone, 1 blocked, 0 unblocked, 0 phone, 1 changed");
    end(&at);
}

/* --- why a customer is there --- */

static khach_explanation explain(scene *at, uint64_t number)
{
    khach_explanation found;

    khach_explanation_init(&found);
    fixture_id(at->id, 'c', number);
    CHECK_INT(khach_explain(&found, at->client, at->id, NULL), KHACH_OK);
    return found;
}

static void fill(scene *at)
{
    fixture_page page = {0};

    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 2, FAN_PAGE);
    fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
    fixture_customer(&page, 4, 102, FAN_PAGE, "Bình", 1);
    fixture_customer(&page, 5, 103, FAN_PAGE, BAD_NAME, 1);
    fixture_customer(&page, 6, 104, 8, "Chi", 1);
    apply(at, &page, 6, AT_MS);
    fixture_customer(&page, 7, 102, FAN_PAGE, BAD_NAME, 1);
    apply(at, &page, 7, AT_MS);
}

static void test_explain(void)
{
    khach_explanation found;
    khach_error *error = NULL;
    sqlite3 *db = NULL;
    scene at;

    begin(&at, NULL);
    CHECK_INT(explain(&at, 101).presence, KHACH_PRESENCE_NOT_YET);
    fill(&at);
    found = explain(&at, 101);
    CHECK_INT(found.presence, KHACH_PRESENCE_PRESENT);
    CHECK_INT(found.seq, 3);
    CHECK_TEXT(found.page_id, "p0000000000007");
    CHECK(!found.is_page_unknown && !found.is_damaged);
    CHECK_INT(found.cache_seq, 7);
    CHECK_INT(found.server_word, KHACH_SERVER_NOT_ASKED);
    found = explain(&at, 102);
    CHECK_INT(found.presence, KHACH_PRESENCE_OLDER);
    CHECK_INT(found.seq, 4);
    CHECK_INT(found.quarantined_seq, 7);
    CHECK_TEXT(found.quarantine_reason,
        "a record within its bounds, in UTF-8 expected, other bytes found");
    CHECK_TEXT(found.quarantine_library, khach_version_string());
    found = explain(&at, 103);
    CHECK_INT(found.presence, KHACH_PRESENCE_PUT_ASIDE);
    CHECK_TEXT(found.page_id, "");
    CHECK(explain(&at, 104).is_page_unknown);
    CHECK_INT(explain(&at, 999).presence, KHACH_PRESENCE_ABSENT);
    CHECK(sqlite3_open(at.path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "UPDATE base_customers SET traits = 0 WHERE seq = 3", NULL, NULL,
              NULL) == SQLITE_OK);
    (void)sqlite3_close(db);
    CHECK(explain(&at, 101).is_damaged);
    CHECK_INT(khach_explain(&found, at.client, "p0000000000007", &error), KHACH_E_INVALID);
    khach_error_free(error);
    end(&at);
}

/* Rows that leave with their page say why: with the right to see it, or with its history. */
static void test_explain_scope(void)
{
    static const struct {
        bool is_out_of_scope;
        khach_presence presence;
        uint64_t out_of_scope_count;
    } rows[] = {
        {true, KHACH_PRESENCE_OUT_OF_SCOPE, 2},
        {false, KHACH_PRESENCE_ABSENT, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        khach_cache *cache = NULL;
        khach_difference found;
        scene at;

        begin(&at, NULL);
        fill(&at);
        CHECK_INT(khach__cache_open(&cache, at.path, "", 1000, NULL), KHACH_OK);
        CHECK_INT(khach__cache_drop_page(cache, FAN_PAGE, rows[i].is_out_of_scope, NULL), KHACH_OK);
        khach__cache_close(cache);
        CHECK_INT(explain(&at, 101).presence, rows[i].presence);
        CHECK_INT(explain(&at, 999).presence, KHACH_PRESENCE_ABSENT);
        khach_difference_init(&found);
        CHECK_INT(khach_difference_read(&found, at.client, NULL), KHACH_OK);
        CHECK_INT(found.gone_count, 2);
        CHECK_INT(found.out_of_scope_count, rows[i].out_of_scope_count);
        end(&at);
    }
}

/* A reply of BatchGetRecords. */
static void add_records(scene *at, fixture_page *page, uint32_t stream)
{
    static const uint8_t one_done[] = {2 << 3, 1};

    fixture_append(page, one_done, sizeof(one_done));
    fixture_add(&at->server, fixture_frame(page, stream));
    fixture_free(page);
}

/* Edits that wait are counted, of this customer alone; what the server sent is what is compared. */
static void test_explain_edits(void)
{
    fixture_page page = {0};
    khach_edit edit;
    khach_explanation found;
    uint64_t last = 0;
    scene at;

    begin(&at, NULL);
    fill(&at);
    fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
    add_records(&at, &page, 1);
    CHECK_INT(explain(&at, 101).pending_count, 0);
    khach_edit_init(&edit);
    edit.kind = KHACH_EDIT_ADDRESS;
    edit.customer_id = at.id;
    edit.actor = "lan";
    for (int i = 0; i < 2; i++) {
        edit.text = i == 0 ? "12 Hàng Bạc" : "14 Hàng Bạc";
        CHECK_INT(khach_mutate(at.client, &edit, &last, NULL), KHACH_OK);
    }
    CHECK_INT(explain(&at, 104).pending_count, 0);
    serve(&at);
    found = explain(&at, 101);
    CHECK_INT(found.pending_count, 2);
    CHECK(!found.is_damaged);
    CHECK_INT(found.server_word, KHACH_SERVER_SAME);
    fixture_stop(&at.server);
    free((void *)(uintptr_t)at.server.replies[0].bytes);
    /* What was taken back does not wait. */
    CHECK_INT(khach_outbox_discard(at.client, last, NULL), KHACH_OK);
    CHECK_INT(explain(&at, 101).pending_count, 1);
    end(&at);
}

static void test_explained_by_the_server(void)
{
    fixture_page page = {0};
    scene at;

    begin(&at, NULL);
    fill(&at);
    fixture_customer(&page, 3, 101, FAN_PAGE, "An", 1);
    add_records(&at, &page, 1);
    fixture_customer(&page, 9, 101, FAN_PAGE, "An", 1);
    add_records(&at, &page, 3);
    add_records(&at, &page, 5);
    fixture_customer(&page, 7, 102, FAN_PAGE, BAD_NAME, 1);
    add_records(&at, &page, 7);
    serve(&at);
    CHECK_INT(explain(&at, 101).server_word, KHACH_SERVER_SAME);
    CHECK_INT(explain(&at, 101).server_word, KHACH_SERVER_OTHER);
    CHECK_INT(explain(&at, 101).server_word, KHACH_SERVER_NONE);
    CHECK_INT(explain(&at, 102).server_word, KHACH_SERVER_SAME);
    fixture_stop(&at.server);
    CHECK_INT(explain(&at, 101).server_word, KHACH_SERVER_SILENT);
    CHECK_INT(explain(&at, 101).presence, KHACH_PRESENCE_PRESENT);
    for (size_t i = 0; i < at.server.replies_count; i++)
        free((void *)(uintptr_t)at.server.replies[i].bytes);
    end(&at);
}

/* --- how the cache is --- */

static int32_t finding(const khach_checkup *checkup, const char *name, const char *part)
{
    for (size_t i = 0; i < khach_checkup_count(checkup); i++) {
        if (strcmp(khach_checkup_name_at(checkup, i), name) == 0) {
            if (strstr(khach_checkup_text_at(checkup, i), part) == NULL)
                fprintf(stderr, "%s: %s\n", name, khach_checkup_text_at(checkup, i));
            CHECK(strstr(khach_checkup_text_at(checkup, i), part) != NULL);
            return khach_checkup_finding_at(checkup, i);
        }
    }
    return -1;
}

static void test_checkup(void)
{
    khach_checkup *checkup = NULL;
    khach_cache *leader = NULL;
    sqlite3 *db = NULL;
    char words[64];
    scene at;

    begin(&at, NULL);
    CHECK_INT(khach_checkup_make(&checkup, at.client, NULL), KHACH_OK);
    CHECK_INT(finding(checkup, "file", "mode 600"), KHACH_FINDING_GOOD);
    CHECK_INT(finding(checkup, "database", "whole"), KHACH_FINDING_GOOD);
    CHECK_INT(finding(checkup, "customers", "0; 0 damaged"), KHACH_FINDING_GOOD);
    CHECK_INT(finding(checkup, "leader", "nobody syncs"), KHACH_FINDING_GOOD);
    CHECK_INT(finding(checkup, "sync", "never synced"), KHACH_FINDING_NOTE);
    CHECK_INT(finding(checkup, "server", ""), -1);
    CHECK_TEXT(khach_checkup_name_at(checkup, 1000), "");
    khach_checkup_free(checkup);
    khach_checkup_free(NULL);

    fill(&at);
    CHECK(sqlite3_open(at.path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "UPDATE base_customers SET traits = 0 WHERE seq = 3", NULL, NULL,
              NULL) == SQLITE_OK);
    (void)sqlite3_close(db);
    CHECK(chmod(at.path, 0644) == 0);
    CHECK_INT(khach__cache_open(&leader, at.path, "", 0, NULL), KHACH_OK);
    CHECK(chmod(at.path, 0644) == 0);
    CHECK_INT(khach__lead_take(leader, NULL), KHACH_OK);
    CHECK_INT(khach__cache_lock(leader, NULL), KHACH_OK);
    (void)snprintf(words, sizeof(words), "process %d syncs", (int)getpid());
    CHECK_INT(khach_checkup_make(&checkup, at.client, NULL), KHACH_OK);
    CHECK_INT(finding(checkup, "file", "mode 644"), KHACH_FINDING_BAD);
    CHECK_INT(finding(checkup, "customers", "3; 1 damaged"), KHACH_FINDING_BAD);
    CHECK_INT(finding(checkup, "pages", "1 customers of pages"), KHACH_FINDING_NOTE);
    CHECK_INT(finding(checkup, "put aside", "2 records"), KHACH_FINDING_BAD);
    CHECK_INT(finding(checkup, "leader", words), KHACH_FINDING_GOOD);
    CHECK_INT(finding(checkup, "lock", "another process writes"), KHACH_FINDING_NOTE);
    CHECK_INT(finding(checkup, "sync", "everything as of seq 7"), KHACH_FINDING_GOOD);
    khach_checkup_free(checkup);
    khach__cache_unlock(leader);
    khach__cache_close(leader);
    end(&at);
}

static void test_checkup_of_the_server(void)
{
    fixture_page page = {0};
    khach_checkup *checkup = NULL;
    scene at;

    begin(&at, NULL);
    fill(&at);
    fixture_end(&page, "next", 1, 8);
    fixture_add(&at.server, fixture_frame(&page, 1));
    fixture_add(&at.server, fixture_failure(3, 9, "restored", "GENERATION_CHANGED"));
    serve(&at);
    CHECK_INT(khach_checkup_make(&checkup, at.client, NULL), KHACH_OK);
    CHECK_INT(finding(checkup, "server", "11 commits behind"), KHACH_FINDING_GOOD);
    khach_checkup_free(checkup);
    CHECK_INT(khach_checkup_make(&checkup, at.client, NULL), KHACH_OK);
    CHECK_INT(finding(checkup, "server", "KHACH_E_GENERATION_CHANGED"), KHACH_FINDING_BAD);
    khach_checkup_free(checkup);
    fixture_stop(&at.server);
    for (size_t i = 0; i < at.server.replies_count; i++)
        free((void *)(uintptr_t)at.server.replies[i].bytes);
    fixture_free(&page);
    end(&at);
}

/* --- its end --- */

/* How many files lie there; whether one of them has the text, through an open descriptor. */
static bool has_text(int fd, const char *text)
{
    static char bytes[1 << 20];
    ssize_t count = pread(fd, bytes, sizeof(bytes), 0);

    CHECK(count > 0);
    return memmem(bytes, (size_t)count, text, strlen(text)) != NULL;
}

static void test_wipe(void)
{
    static const char *const names[] = {"", "-wal", "-shm", "-lock"};
    khach_cache_state state;
    khach_customer *found = NULL;
    khach_cache *leader = NULL;
    khach_error *error = NULL;
    char path[160];
    pid_t child;
    int status = 0;
    int log;
    scene at;

    begin(&at, NULL);
    fill(&at);
    (void)snprintf(path, sizeof(path), "%s-wal", at.path);
    log = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(log >= 0 && has_text(log, "+84912345678"));

    CHECK_INT(khach__cache_open(&leader, at.path, "", 0, NULL), KHACH_OK);
    CHECK_INT(khach__lead_take(leader, NULL), KHACH_OK);
    CHECK_INT(khach_wipe(at.path, &error), KHACH_E_CACHE_LOCKED);
    CHECK_TEXT(khach_error_message(error),
        "a cache that nobody syncs expected, a process that writes or leads found");
    khach_error_free(error);
    khach__cache_close(leader);
    CHECK_INT(khach_get(&found, at.client, "c0000000000035", NULL), KHACH_OK);
    khach_customer_free(found);

    /* H9: in another process; who has it open here is told. */
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(khach_wipe(at.path, NULL) == KHACH_OK ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", at.path, names[i]);
        CHECK(access(path, F_OK) != 0);
    }
    CHECK(!has_text(log, "+84912345678"));
    (void)close(log);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(at.client, &state, &error), KHACH_E_CACHE_FOREIGN);
    CHECK_TEXT(khach_error_message(error),
        "the cache that was opened expected, found that it was wiped");
    khach_error_free(error);
    CHECK_INT(khach_get(&found, at.client, "c0000000000035", NULL), KHACH_E_CACHE_FOREIGN);
    CHECK_INT(khach_sync_restart(at.client, NULL), KHACH_E_CACHE_FOREIGN);
    CHECK_INT(khach_wipe(at.path, NULL), KHACH_E_NOT_FOUND);
    end(&at);
}

static void test_wipe_refused(void)
{
    char folder[64];
    char path[128];
    FILE *file;

    fixture_folder(folder, path);
    file = fopen(path, "w");
    CHECK(file != NULL && fputs("a letter to a friend", file) >= 0 && fclose(file) == 0);
    CHECK_INT(khach_wipe(path, NULL), KHACH_E_CACHE_FOREIGN);
    CHECK(access(path, F_OK) == 0);
    CHECK(unlink(path) == 0);
    /* A cache that was made and never synced is one. */
    {
        khach_cache *cache = NULL;

        CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
        khach__cache_close(cache);
        CHECK_INT(khach_wipe(path, NULL), KHACH_OK);
    }
    CHECK_INT(khach_wipe("", NULL), KHACH_E_INVALID);
    CHECK_INT(khach_wipe(NULL, NULL), KHACH_E_INVALID);
    fixture_remove(folder);
}

int main(void)
{
    test_difference();
    test_explain();
    test_explain_scope();
    test_explain_edits();
    test_explained_by_the_server();
    test_checkup();
    test_checkup_of_the_server();
    test_wipe();
    test_wipe_refused();
    return 0;
}
