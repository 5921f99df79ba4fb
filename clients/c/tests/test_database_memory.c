/*
 * Each allocation of the library and of SQLite fails, once or with all that follow: the call ends
 * with KHACH_E_MEMORY or does without, nothing crashes or leaks, and the cache is whole.
 *
 * usage: test_database_memory [STEP [FIRST]]   every STEP-th allocation, from FIRST; else all
 */

#include "fixture.h"
#include "harness.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

typedef enum failing { FAILS_ONCE, FAILS_FROM_THERE } failing;

/* Of this thread: the server of the test is not to fail. */
static _Thread_local long allocations_left = -1;
static _Thread_local bool is_failing;
static failing how;
static sqlite3_mem_methods real;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
char *__wrap_strdup(const char *text);

static bool must_fail(void)
{
    if (is_failing)
        return how == FAILS_FROM_THERE;
    if (allocations_left < 0)
        return false;
    is_failing = allocations_left-- == 0;
    return is_failing;
}

void *__wrap_malloc(size_t bytes)
{
    return must_fail() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return must_fail() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    return must_fail() ? NULL : __real_realloc(block, bytes);
}

char *__wrap_strdup(const char *text)
{
    return must_fail() ? NULL : __real_strdup(text);
}

static void *database_malloc(int bytes)
{
    return must_fail() ? NULL : real.xMalloc(bytes);
}

static void *database_realloc(void *block, int bytes)
{
    return must_fail() ? NULL : real.xRealloc(block, bytes);
}

/* --- what an application does: the first failure ends it --- */

static khach_error *failure;

static khach_status open_at(khach_client **client, const char *address, const char *path)
{
    khach_options options = KHACH_OPTIONS_INIT;

    options.address = address;
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = path;
    return khach_client_open(client, &options, &failure);
}

static khach_status sync_all(khach_client *client)
{
    return khach_sync_once(client, NULL, &failure);
}

static khach_status ask_all(khach_client *client)
{
    const char *page_ids[] = {"p0000000000007"};
    khach_customer_list *list = NULL;
    khach_customer *customer = NULL;
    khach_page_list *pages = NULL;
    khach_statistics *statistics = NULL;
    khach_statistics_query counted;
    khach_query query;
    uint64_t count = 0;
    khach_status status;

    khach_query_init(&query);
    query.page_ids = page_ids;
    query.page_id_count = 1;
    query.created_from = "1970-01-01";
    khach_statistics_query_init(&counted);
    counted.day_from = "1970-01-01";
    counted.day_to = "1970-01-03";
    status = khach_list(&list, client, &query, &failure);
    CHECK(status != KHACH_OK || khach_customer_list_count(list) == 2);
    khach_customer_list_free(list);
    list = NULL;
    if (status == KHACH_OK)
        status = khach_search(&list, client, "nguyễn", &query, &failure);
    CHECK(status != KHACH_OK || khach_customer_list_count(list) == 2);
    khach_customer_list_free(list);
    if (status == KHACH_OK)
        status = khach_count(&count, client, &query, &failure);
    CHECK(status != KHACH_OK || count == 2);
    if (status == KHACH_OK)
        status = khach_get(&customer, client, "c0000000000034", &failure);
    khach_customer_free(customer);
    if (status == KHACH_OK)
        status = khach_pages(&pages, client, &failure);
    khach_page_list_free(pages);
    if (status == KHACH_OK)
        status = khach_statistics_read(&statistics, client, &counted, &failure);
    CHECK(status != KHACH_OK
        || khach_statistics_total_measure_at(statistics, 0, KHACH_NEW_CUSTOMERS) == 2);
    khach_statistics_free(statistics);
    return status;
}

/* How many edits were accepted: each of them has to be there afterwards. */
static uint64_t accepted;

static khach_status edit_all(khach_client *client)
{
    const khach_edit edits[] = {
        {sizeof(khach_edit), KHACH_EDIT_ADDRESS, 0, "c0000000000034", "lan", "12 Hàng Bạc"},
        {sizeof(khach_edit), KHACH_EDIT_BLOCK, 0, "c0000000000035", "lan", "spam"},
        {sizeof(khach_edit), KHACH_EDIT_ADD_CONTACT, KHACH_CONTACT_PHONE, "c0000000000034", "lan",
            "0912345678"},
    };
    khach_outbox_list *list = NULL;
    khach_status status = KHACH_OK;

    for (size_t i = 0; status == KHACH_OK && i < sizeof(edits) / sizeof(*edits); i++) {
        status = khach_mutate(client, &edits[i], NULL, &failure);
        accepted += status == KHACH_OK;
    }
    if (status == KHACH_OK)
        status = khach_outbox_list_read(client, &list, &failure);
    khach_outbox_list_free(list);
    if (status == KHACH_OK)
        status = khach_outbox_discard(client, 2, &failure);
    accepted -= status == KHACH_OK;
    return status;
}

static khach_status look_all(khach_client *client)
{
    char position[KHACH_POSITION_BYTES_MAX];
    khach_checkup *checkup = NULL;
    khach_difference difference;
    khach_explanation explanation;
    khach_cache_state state;
    int32_t has_changed = 0;
    khach_status status = khach_checkup_make(&checkup, client, &failure);

    khach_checkup_free(checkup);
    khach_difference_init(&difference);
    khach_explanation_init(&explanation);
    khach_cache_state_init(&state);
    if (status == KHACH_OK)
        status = khach_difference_read(&difference, client, &failure);
    if (status == KHACH_OK)
        status = khach_explain(&explanation, client, "c0000000000034", &failure);
    if (status == KHACH_OK)
        status = khach_cache_state_read(client, &state, &failure);
    if (status == KHACH_OK)
        status = khach_position_read(client, position, sizeof(position), &failure);
    if (status == KHACH_OK)
        status = khach_wait_for(client, position, 1, &failure);
    if (status == KHACH_OK)
        status = khach_changes_take(&has_changed, client, &failure);
    if (status == KHACH_OK)
        status = khach_sync_restart(client, &failure);
    return status;
}

static khach_status export_all(khach_client *client)
{
    khach_export_options options = KHACH_EXPORT_OPTIONS_INIT;
    khach_export_progress progress;
    khach_export *made = NULL;
    khach_status status;

    options.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(options.fd >= 0);
    options.format = KHACH_EXPORT_JSONL;
    khach_export_progress_init(&progress);
    status = khach_export_open(&made, client, &options, &failure);
    while (status == KHACH_OK && !progress.is_finished)
        status = khach_export_step(made, &progress, &failure);
    khach_export_close(made);
    (void)close(options.fd);
    return status;
}

/* --- what is demanded afterwards --- */

static void check_whole(const char *path, bool was_synced)
{
    khach_client *client = NULL;
    khach_checkup *checkup = NULL;
    khach_cache_state state;

    CHECK_INT(open_at(&client, NULL, path), KHACH_OK);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(client, &state, NULL), KHACH_OK);
    CHECK_INT(state.waiting_count, accepted);
    if (was_synced)
        CHECK_INT(state.customers_count, 2);
    CHECK_INT(khach_checkup_make(&checkup, client, NULL), KHACH_OK);
    for (size_t i = 0; i < khach_checkup_count(checkup); i++) {
        /* A sync that had no memory may be said; what is stored may not be bad. */
        if (khach_checkup_finding_at(checkup, i) != KHACH_FINDING_BAD
            || strcmp(khach_checkup_name_at(checkup, i), "sync") == 0)
            continue;
        fprintf(stderr, "%s: %s\n", khach_checkup_name_at(checkup, i),
            khach_checkup_text_at(checkup, i));
        exit(1);
    }
    khach_checkup_free(checkup);
    khach_client_close(client);
}

static void check_synced(khach_bytes frame, const char *path)
{
    fixture_server server = {0};
    khach_client *client = NULL;

    server.replies[0] = (fixture_reply){frame.bytes, frame.count, 0, 0};
    server.replies_count = 1;
    fixture_serve(&server);
    CHECK_INT(open_at(&client, server.address, path), KHACH_OK);
    CHECK_INT(khach_sync_once(client, NULL, NULL), KHACH_OK);
    CHECK_INT(ask_all(client), KHACH_OK);
    khach_client_close(client);
    fixture_stop(&server);
    check_whole(path, true);
}

/* --- the turns --- */

typedef struct scene {
    const char *name;
    khach_status (*act)(khach_client *client);
    bool is_synced; /* before it */
} scene;

static const scene scenes[] = {
    {"a first sync", sync_all, false},
    {"questions", ask_all, true},
    {"edits", edit_all, true},
    {"looks", look_all, true},
    {"an export", export_all, true},
};

/* Fails the allocation of this number; false when there were not as many. */
static bool turn(const scene *scene, khach_bytes frame, long number)
{
    fixture_server server = {0};
    khach_client *client = NULL;
    char folder[64];
    char path[128];
    khach_status status;
    bool has_failed;

    accepted = 0;
    fixture_folder(folder, path);
    if (scene->is_synced) {
        check_synced(frame, path);
    } else {
        server.replies[0] = (fixture_reply){frame.bytes, frame.count, 0, 0};
        server.replies_count = 1;
        fixture_serve(&server);
    }
    allocations_left = number;
    status = open_at(&client, scene->is_synced ? NULL : server.address, path);
    if (status == KHACH_OK)
        status = scene->act(client);
    khach_client_close(client);
    has_failed = is_failing;
    allocations_left = -1;
    is_failing = false;
    if (!scene->is_synced)
        fixture_stop(&server);
    if (status != KHACH_OK && (!has_failed || status != KHACH_E_MEMORY)) {
        fprintf(stderr, "%s, allocation %ld, mode %d: no memory expected, %s found: %s\n",
            scene->name, number, (int)how, khach_status_name(status),
            khach_error_message(failure));
        exit(1);
    }
    khach_error_free(failure);
    failure = NULL;
    check_whole(path, scene->is_synced);
    if (!scene->is_synced)
        check_synced(frame, path);
    fixture_remove(folder);
    return has_failed;
}

int main(int argc, char **argv)
{
    long step = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
    long first = argc > 2 ? strtol(argv[2], NULL, 10) : (long)(time(NULL) % step);
    sqlite3_mem_methods failing_methods;
    fixture_page page = {0};
    khach_bytes frame;

    CHECK(step > 0 && first >= 0);
    printf("every %ld. allocation from %ld\n", step, first);
    CHECK_INT(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    failing_methods = real;
    failing_methods.xMalloc = database_malloc;
    failing_methods.xRealloc = database_realloc;
    CHECK_INT(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing_methods), SQLITE_OK);
    /* Small blocks of a connection come from the heap too, one by one. */
    CHECK_INT(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);

    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 2, 7);
    fixture_customer(&page, 3, 100, 7, "Nguyễn Văn An", 5);
    fixture_customer(&page, 4, 101, 7, "Nguyễn \xE4\xB8\xAD", 5);
    /* A version, the 16 bytes of a generation, and what no client reads. */
    fixture_end(&page, "1" "0123456789abcdef" "rest", 0, 4);
    frame = fixture_frame(&page, 1);
    for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
        long number = first;

        for (how = FAILS_ONCE; how <= FAILS_FROM_THERE; how++) {
            for (number = first; turn(&scenes[i], frame, number); number += step)
                ;
        }
        printf("%s: %ld allocations\n", scenes[i].name, number);
        CHECK(number > 20);
    }
    free(frame.bytes);
    fixture_free(&page);
    return 0;
}
