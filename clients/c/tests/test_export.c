/* Customers of the cache as a file: whole, of one state, and refused with what is wrong. */

#include "cache.h"
#include "fixture.h"
#include "harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CUSTOMERS 2500
#define FAN_PAGE 7
#define OUTPUT_BYTES_MAX (1 << 20)

static const char *read_xlsx;
static char text[OUTPUT_BYTES_MAX];

/* A page of changes: customers from `first` on, named "K <number>", and the directory at first. */
static void apply(const char *path, uint64_t first, uint64_t count, uint64_t *seq)
{
    fixture_page bytes = {0};
    khach_sync_page page;
    khach_cache *cache = NULL;
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    char word[32];

    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, 0, NULL), KHACH_OK);
    if (*seq == 0) {
        fixture_business(&bytes, ++*seq, "Asia/Ho_Chi_Minh");
        fixture_fan_page(&bytes, ++*seq, FAN_PAGE);
    }
    for (uint64_t i = first; i < first + count; i++) {
        (void)snprintf(word, sizeof(word), "K %llu", (unsigned long long)i);
        fixture_customer(&bytes, ++*seq, i, FAN_PAGE, word, (int64_t)i * 1000);
    }
    (void)snprintf(word, sizeof(word), "%llu", (unsigned long long)*seq);
    fixture_end(&bytes, word, 0, *seq);
    CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    khach_sync_progress_init(&progress);
    CHECK_INT(khach__cache_apply(cache, &page, &sync.cursor, &progress, NULL), KHACH_OK);
    free(sync.cursor.bytes);
    fixture_free(&bytes);
    khach__cache_close(cache);
}

static khach_client *open_client(const char *path)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;

    options.cache_path = path;
    options.business_id = FIXTURE_BUSINESS;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    return client;
}

static int temporary_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    CHECK(fd >= 0);
    return fd;
}

/* What was written to the file, as a text. */
static const char *content(int fd)
{
    ssize_t count = pread(fd, text, sizeof(text) - 1, 0);

    CHECK(count >= 0);
    text[count] = '\0';
    return text;
}

/* Exports to the end; `between` is what happens after the first step. */
static khach_export_progress run(khach_client *client, const khach_export_options *options,
    void (*between)(void *), void *context)
{
    khach_export *export = NULL;
    khach_error *error = NULL;
    khach_export_progress progress;
    uint64_t before = 0;

    khach_export_progress_init(&progress);
    if (khach_export_open(&export, client, options, &error) != KHACH_OK)
        fprintf(stderr, "%s\n", khach_error_message(error));
    CHECK(export != NULL && error == NULL);
    while (!progress.is_finished) {
        CHECK_INT(khach_export_step(export, &progress, &error), KHACH_OK);
        CHECK(progress.rows_done - before <= 1000);
        CHECK(progress.rows_done <= progress.rows_total);
        if (before == 0 && between != NULL)
            between(context);
        before = progress.rows_done;
    }
    CHECK_INT(progress.rows_done, progress.rows_total);
    CHECK_INT(progress.is_complete, 1);
    CHECK_INT(khach_export_step(export, &progress, &error), KHACH_E_INVALID);
    khach_error_free(error);
    khach_export_close(export);
    return progress;
}

static khach_export_options options_of(int fd, const char *const *columns, size_t count)
{
    khach_export_options options = KHACH_EXPORT_OPTIONS_INIT;

    options.format = KHACH_EXPORT_CSV;
    options.language = KHACH_EXPORT_ENGLISH;
    options.without_bom = 1;
    options.columns = columns;
    options.column_count = count;
    options.fd = fd;
    return options;
}

static const char *const numbered[] = {"no", "name"};

/* What the file of customers from `last` down to `first` says. */
static const char *expected(uint64_t first, uint64_t last)
{
    static char bytes[OUTPUT_BYTES_MAX];
    size_t count = (size_t)snprintf(bytes, sizeof(bytes), "No.,Full name\r\n");

    for (uint64_t i = last; i + 1 > first; i--)
        count += (size_t)snprintf(bytes + count, sizeof(bytes) - count, "%llu,K %llu\r\n",
            (unsigned long long)(last - i + 1), (unsigned long long)i);
    return bytes;
}

typedef struct change {
    const char *path;
    uint64_t *seq;
} change;

static void apply_more(void *context)
{
    const change *more = context;

    /* Those who come meanwhile are not in the file. */
    apply(more->path, CUSTOMERS + 1, 5, more->seq);
}

/* Another process writes between two steps: the file shows the state from before. */
static void test_snapshot(const char *path, uint64_t *seq)
{
    khach_client *client = open_client(path);
    int fd = temporary_file();
    khach_export_options options = options_of(fd, numbered, 2);
    change more = {path, seq};
    uint64_t seq_before = *seq;
    khach_export_progress progress = run(client, &options, apply_more, &more);
    uint64_t count = 0;

    CHECK_TEXT(content(fd), expected(1, CUSTOMERS));
    CHECK_INT(progress.rows_total, CUSTOMERS);
    CHECK_INT(progress.seq, seq_before);
    CHECK(progress.as_of_ms > 0);
    /* The client itself sees what came. */
    CHECK_INT(khach_count(&count, client, NULL, NULL), KHACH_OK);
    CHECK_INT(count, CUSTOMERS + 5);
    (void)close(fd);
    khach_client_close(client);
}

static void test_scopes(const char *path)
{
    khach_client *client = open_client(path);
    khach_customer_list *list = NULL;
    khach_query query;
    int fd = temporary_file();
    khach_export_options options = options_of(fd, numbered, 2);
    char ids[2][16];
    const char *wanted[] = {ids[0], ids[1]};

    /* A filter. */
    khach_query_init(&query);
    query.created_to = "1970-01-01";
    options.query = &query;
    (void)run(client, &options, NULL, NULL);
    CHECK_TEXT(content(fd), expected(1, CUSTOMERS + 5));

    /* The second page of a list. */
    query.limit = 10;
    CHECK_INT(khach_list(&list, client, &query, NULL), KHACH_OK);
    query.after = khach_customer_list_next(list);
    options.one_page = 1;
    CHECK_INT(ftruncate(fd, 0), 0);
    CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
    (void)run(client, &options, NULL, NULL);
    CHECK_TEXT(content(fd), expected(CUSTOMERS - 14, CUSTOMERS - 5));
    khach_customer_list_free(list);

    /* Exactly these. */
    fixture_id(ids[0], 'c', 3);
    fixture_id(ids[1], 'c', 900);
    options.query = NULL;
    options.one_page = 0;
    options.ids = wanted;
    options.id_count = 2;
    options.format = KHACH_EXPORT_JSONL;
    CHECK_INT(ftruncate(fd, 0), 0);
    CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
    (void)run(client, &options, NULL, NULL);
    CHECK_TEXT(content(fd), "{\"no\":1,\"name\":\"K 3\"}\n{\"no\":2,\"name\":\"K 900\"}\n");
    (void)close(fd);
    khach_client_close(client);
}

static void test_book(const char *path)
{
    static const char *const columns[] = {"phone", "page", "business"};
    khach_client *client = open_client(path);
    int fd = temporary_file();
    khach_export_options options = options_of(fd, columns, 3);
    char command[512];
    char id[16];
    const char *wanted[] = {id};
    FILE *pipe;

    fixture_id(id, 'c', 3);
    options.ids = wanted;
    options.id_count = 1;
    options.format = KHACH_EXPORT_XLSX;
    options.mask_contacts = 1;
    (void)run(client, &options, NULL, NULL);
    (void)snprintf(command, sizeof(command), "python3 '%s' /proc/%d/fd/%d | tail -n 1",
        read_xlsx, (int)getpid(), fd);
    pipe = popen(command, "r");
    CHECK(pipe != NULL);
    CHECK(fgets(text, sizeof(text), pipe) != NULL);
    CHECK_INT(pclose(pipe), 0);
    CHECK(strncmp(text, "\"0912***678\"|\"", 14) == 0);
    CHECK(strstr(text, "|\"\"") == NULL);
    (void)close(fd);
    khach_client_close(client);
}

typedef struct refusal {
    khach_status status;
    const char *words;
    int64_t changes; /* which option is wrong */
} refusal;

static void change_option(khach_export_options *options, khach_query *query, int64_t which)
{
    static const char *const unknown[] = {"nobody"};
    static const char *const absent[] = {"c0000000zzzzzz"};
    static const char *const foreign[] = {"p0000000000009"};

    switch (which) {
    case 0: options->struct_size = 1; break;
    case 1: options->columns = unknown; options->column_count = 1; break;
    case 2: options->format = 9; break;
    case 3: options->language = 0; break;
    case 4: options->separator = "|"; break;
    case 5: options->fd = -1; break;
    case 6: options->ids = unknown; options->id_count = 1; break;
    case 7: options->ids = absent; options->id_count = 1; break;
    case 8: options->ids = absent; options->id_count = KHACH_EXPORT_IDS_MAX + 1; break;
    case 9: options->ids = absent; options->id_count = 1; options->query = query; break;
    case 10: options->query = query; query->limit = 7; break;
    case 11: options->query = query; query->page_ids = foreign; query->page_id_count = 1; break;
    case 12: options->columns = NULL; options->column_count = 1; break;
    default: options->format = KHACH_EXPORT_XLSX; break;
    }
}

static void test_refusals(const char *path)
{
    static const refusal refusals[] = {
        {KHACH_E_INVALID, "from their initialiser expected, 1 found", 0},
        {KHACH_E_INVALID, "first_recorded_at expected, found \"nobody\"", 1},
        {KHACH_E_INVALID, "XLSX, CSV or JSONL expected", 2},
        {KHACH_E_INVALID, "VIETNAMESE or ENGLISH expected", 3},
        {KHACH_E_INVALID, "\",\" or \";\" expected", 4},
        {KHACH_E_INVALID, "an open fd expected", 5},
        {KHACH_E_INVALID, "ids[0]", 6},
        {KHACH_E_NOT_FOUND, "ids[0]", 7},
        {KHACH_E_INVALID, "at most 10000 ids expected, 10001 found", 8},
        {KHACH_E_INVALID, "more than one found", 9},
        {KHACH_E_INVALID, "no limit and no after expected", 10},
        {KHACH_E_NOT_FOUND, "a page of the business expected", 11},
        {KHACH_E_INVALID, "1 columns expected, NULL found", 12},
        {KHACH_E_INVALID, "an empty regular file expected for XLSX", 13},
    };
    khach_client *client = open_client(path);
    int fds[2];

    CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        khach_export_options options = options_of(fds[1], NULL, 0);
        khach_query query;
        khach_export *export = NULL;
        khach_error *error = NULL;

        khach_query_init(&query);
        change_option(&options, &query, refusals[i].changes);
        CHECK_INT(khach_export_open(&export, client, &options, &error), refusals[i].status);
        CHECK(export == NULL);
        if (strstr(khach_error_message(error), refusals[i].words) == NULL)
            CHECK_TEXT(khach_error_message(error), refusals[i].words);
        khach_error_free(error);
    }
    (void)close(fds[0]);
    (void)close(fds[1]);
    khach_client_close(client);
}

static void test_not_synced(void)
{
    char folder[64];
    char path[128];
    khach_client *client;
    int fd = temporary_file();
    khach_export_options options = options_of(fd, NULL, 0);
    khach_export *export = NULL;

    fixture_folder(folder, path);
    client = open_client(path);
    CHECK_INT(khach_export_open(&export, client, &options, NULL), KHACH_E_NOT_SYNCED);
    CHECK_INT(khach_export_open(NULL, client, &options, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_export_open(&export, NULL, &options, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_export_open(&export, client, NULL, NULL), KHACH_E_INVALID);
    CHECK_INT(khach_export_step(NULL, NULL, NULL), KHACH_E_INVALID);
    khach_export_close(NULL);
    khach_export_options_init(NULL);
    khach_export_progress_init(NULL);
    khach_client_close(client);
    (void)close(fd);
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    char folder[64];
    char path[128];
    uint64_t seq = 0;

    CHECK_INT(argc, 2);
    read_xlsx = argv[1];
    fixture_folder(folder, path);
    apply(path, 1, 1000, &seq);
    apply(path, 1001, 1000, &seq);
    apply(path, 2001, CUSTOMERS - 2000, &seq);
    test_snapshot(path, &seq);
    test_scopes(path);
    test_book(path);
    test_refusals(path);
    test_not_synced();
    fixture_remove(folder);
    return 0;
}
