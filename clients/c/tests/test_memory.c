/* Each allocation of the library fails once: no crash, no leak, and the cache is whole. */

#include "fixture.h"
#include "harness.h"

static long allocations_left = -1;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
char *__wrap_strdup(const char *text);

static int must_fail(void)
{
    if (allocations_left < 0)
        return 0;
    return allocations_left-- == 0;
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

/* Does what an application does; the first failure ends it. */
static khach_status use(const char *address, const char *path)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_customer_list *list = NULL;
    khach_page_list *pages = NULL;
    khach_customer *customer = NULL;
    khach_error *error = NULL;
    khach_query query;
    const char *page_ids[] = {"p0000000000007"};
    khach_status status;

    options.address = address;
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = path;
    khach_query_init(&query);
    query.page_ids = page_ids;
    query.page_id_count = 1;
    query.created_from = "1970-01-01";
    status = khach_client_open(&client, &options, &error);
    if (status == KHACH_OK)
        status = khach_sync_once(client, NULL, &error);
    if (status == KHACH_OK)
        status = khach_list(&list, client, &query, &error);
    khach_customer_list_free(list);
    list = NULL;
    if (status == KHACH_OK)
        status = khach_search(&list, client, "nguyễn", &query, &error);
    khach_customer_list_free(list);
    if (status == KHACH_OK)
        status = khach_get(&customer, client, "c0000000000034", &error);
    khach_customer_free(customer);
    if (status == KHACH_OK)
        status = khach_pages(&pages, client, &error);
    khach_page_list_free(pages);
    khach_error_free(error);
    khach_client_close(client);
    return status;
}

int main(void)
{
    fixture_page page = {0};
    khach_bytes frame;
    khach_status status = KHACH_E_MEMORY;
    long turn = 0;

    fixture_business(&page, 1, "Asia/Ho_Chi_Minh");
    fixture_fan_page(&page, 2, 7);
    fixture_customer(&page, 3, 100, 7, "Nguyễn Văn An", 5);
    fixture_customer(&page, 4, 101, 7, "Nguyễn \xE4\xB8\xAD", 5);
    fixture_end(&page, "one", 0, 4);
    frame = fixture_frame(&page, 1);

    for (; status != KHACH_OK && turn < 1000; turn++) {
        fixture_server server = {0};
        char folder[64];
        char path[128];

        fixture_folder(folder, path);
        server.replies[0] = (fixture_reply){frame.bytes, frame.count, 0, 0};
        server.replies_count = 1;
        fixture_serve(&server);
        allocations_left = turn;
        status = use(server.address, path);
        allocations_left = -1;
        fixture_stop(&server);
        CHECK_INT(use(NULL, path) == KHACH_E_OFFLINE, 1);
        fixture_remove(folder);
    }
    CHECK_INT(status, KHACH_OK);
    CHECK(turn > 20);
    free(frame.bytes);
    fixture_free(&page);
    return 0;
}
