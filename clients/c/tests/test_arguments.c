/* NULL to everything, and structs of other sizes. */

#include "fixture.h"
#include "harness.h"

static void test_null(void)
{
    khach_client *client = NULL;
    khach_error *error = NULL;
    khach_options options = KHACH_OPTIONS_INIT;

    khach_options_init(NULL);
    khach_query_init(NULL);
    khach_sync_progress_init(NULL);
    khach_cache_state_init(NULL);
    khach_client_close(NULL);
    khach_error_free(NULL);
    khach_customer_free(NULL);
    khach_customer_list_free(NULL);
    khach_page_list_free(NULL);
    CHECK_INT(khach_client_open(NULL, &options, &error), KHACH_E_INVALID);
    khach_error_free(error);
    CHECK_INT(khach_client_open(&client, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_sync_step(NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_sync_once(NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_sync_restart(NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_cache_state_read(NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_position_read(NULL, NULL, 0, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_wait_for(NULL, NULL, 0, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_watch_open(NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_watch_run(NULL, NULL), KHACH_E_INVALID);
    khach_watch_options_init(NULL);
    khach_watch_stop(NULL);
    khach_watch_close(NULL);
    CHECK_INT(khach_get(NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_list(NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_count(NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_statistics_read(NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_search(NULL, NULL, NULL, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_pages(NULL, NULL, NULL), KHACH_E_INVALID);
}

static void test_null_values(void)
{
    CHECK_INT(khach_error_status(NULL), KHACH_OK);
    CHECK_TEXT(khach_error_message(NULL), "");
    CHECK_TEXT(khach_error_reason(NULL), "");
    CHECK_INT(khach_error_is_retryable(NULL), 0);
    CHECK_TEXT(khach_customer_id(NULL), "");
    CHECK_TEXT(khach_customer_page_id(NULL), "");
    CHECK_TEXT(khach_customer_external_user_id(NULL), "");
    CHECK_TEXT(khach_customer_name(NULL), "");
    CHECK_TEXT(khach_customer_display_name(NULL), "");
    CHECK_TEXT(khach_customer_address(NULL), "");
    CHECK_TEXT(khach_customer_phone_at(NULL, 0), "");
    CHECK_TEXT(khach_customer_email_at(NULL, 0), "");
    CHECK_INT(khach_customer_phone_count(NULL), 0);
    CHECK_INT(khach_customer_email_count(NULL), 0);
    CHECK_INT(khach_customer_phone_is_pinned(NULL, 0), 0);
    CHECK_INT(khach_customer_email_is_rejected(NULL, 0), 0);
    CHECK_INT(khach_customer_created_at_ms(NULL), 0);
    CHECK_INT(khach_customer_block_since_ms(NULL), 0);
    CHECK_INT(khach_customer_seq(NULL), 0);
    CHECK(khach_customer_record(NULL, NULL) == NULL);
    CHECK_INT(khach_customer_list_count(NULL), 0);
    CHECK(khach_customer_list_at(NULL, 0) == NULL);
    CHECK_TEXT(khach_customer_list_next(NULL), "");
    CHECK_INT(khach_page_list_count(NULL), 0);
    CHECK_TEXT(khach_page_list_id_at(NULL, 0), "");
    CHECK_TEXT(khach_page_list_business_id(NULL), "");
    CHECK_TEXT(khach_page_list_business_zone(NULL), "");
    CHECK_TEXT(khach_status_name(KHACH_E_OFFLINE), "KHACH_E_OFFLINE");
    CHECK_TEXT(khach_status_name((khach_status)-1000), "KHACH_E_UNKNOWN");
    CHECK_TEXT(khach_version_string(), KHACH_VERSION_STRING);
    CHECK_INT(khach_version_number(), 1000);
}

static void test_sizes_and_ranges(void)
{
    khach_client *client = NULL;
    khach_options good = KHACH_OPTIONS_INIT;
    khach_options options;
    khach_query query;
    khach_customer_list *list = NULL;
    khach_sync_progress progress = {0};
    khach_cache_state state = {0};
    khach_difference difference = {0};
    khach_explanation explanation = {0};
    char folder[64];
    char path[128];

    fixture_folder(folder, path);
    good.business_id = FIXTURE_BUSINESS;
    good.cache_path = path;
    options = good;
    options.struct_size = sizeof(options) - 1;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options.struct_size = sizeof(options) + 8;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options = good;
    options.business_id = "c0000000000001";
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options = good;
    options.address = "http://host";
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options = good;
    options.page_rows = 1001;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options.page_rows = 0;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_E_INVALID);
    options.page_rows = 1000;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);

    khach_query_init(&query);
    query.struct_size--;
    CHECK_INT(khach_list(&list, client, &query, NULL), KHACH_E_INVALID);
    khach_query_init(&query);
    query.limit = 1001;
    CHECK_INT(khach_list(&list, client, &query, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_sync_step(client, &progress, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_cache_state_read(client, &state, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_difference_read(&difference, client, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_explain(&explanation, client, "c0000000000001", NULL), KHACH_E_INVALID);
    khach_client_close(client);
    fixture_remove(folder);
}

static void test_watch_options(void)
{
    static const struct {
        const char *name;
        uint32_t silence_ms, pull_ms, backoff_ms, backoff_max_ms;
        khach_status status;
    } cases[] = {
        {"the least of each", 1, 1, 1, 1, KHACH_OK},
        {"no silence", 0, 1, 1, 1, KHACH_E_INVALID},
        {"no pull", 1, 0, 1, 1, KHACH_E_INVALID},
        {"no wait", 1, 1, 0, 1, KHACH_E_INVALID},
        {"a longest wait that is not", 1, 1, 2, 1, KHACH_E_INVALID},
    };
    khach_options options = KHACH_OPTIONS_INIT;
    khach_watch_options watching;
    khach_client *client = NULL;
    khach_watch *watch = NULL;
    char position[KHACH_POSITION_BYTES_MAX];
    char folder[64];
    char path[128];

    fixture_folder(folder, path);
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    khach_watch_options_init(&watching);
    CHECK_INT(khach_watch_open(&watch, client, &watching, NULL), KHACH_E_OFFLINE);
    CHECK(watch == NULL);
    CHECK_INT(khach_position_read(client, position, sizeof(position) - 1, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_position_read(client, position, sizeof(position), NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(khach_wait_for(client, "x", 0, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_wait_for(client, "00000000000000000000000000000000-1", 0, NULL),
        KHACH_E_NOT_FRESH);
    khach_client_close(client);

    options.address = "unix:/nowhere/s";
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    watching.struct_size--;
    CHECK_INT(khach_watch_open(&watch, client, &watching, NULL), KHACH_E_INVALID);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        khach_watch_options_init(&watching);
        watching.silence_ms = cases[i].silence_ms;
        watching.pull_ms = cases[i].pull_ms;
        watching.backoff_ms = cases[i].backoff_ms;
        watching.backoff_max_ms = cases[i].backoff_max_ms;
        CHECK_INT(khach_watch_open(&watch, client, &watching, NULL), cases[i].status);
        if (cases[i].status != KHACH_OK)
            continue;
        /* Stopped before it runs: it returns at once. */
        khach_watch_stop(watch);
        CHECK_INT(khach_watch_run(watch, NULL), KHACH_OK);
        khach_watch_close(watch);
    }
    khach_client_close(client);
    fixture_remove(folder);
}

int main(void)
{
    test_watch_options();
    test_null();
    test_null_values();
    test_sizes_and_ranges();
    return 0;
}
