/*
 * Two processes and one cache: while one follows a feed, the other reads, and sees whole pages
 * only: test_processes FAKE_FEED
 */


#include "fixture.h"
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS 6000
#define ROWS_PER_PAGE 100
/* The business and its fan pages come before the first customer. */
#define SEQ_BEFORE_ROWS 22
/* Turns of the reader after which the writer is surely stuck. */
#define TURNS_MAX 1000000

static pid_t start_feed(const char *program, const char *path)
{
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        /* Four pages, then "no more", as long as there are rows. */
        (void)execl(program, program, path, "6000", "100", "4", (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; access(path, F_OK) != 0; tries++) {
        CHECK(tries < 500);
        (void)poll(NULL, 0, 10);
    }
    return pid;
}

/* Syncs again and again until everything is there. */
static int follow(const char *address, const char *cache)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_sync_progress progress;
    khach_error *error = NULL;
    khach_status status;

    options.address = address;
    options.cache_path = cache;
    status = khach_client_open(&client, &options, &error);
    khach_sync_progress_init(&progress);
    while (status == KHACH_OK && progress.customers_count < ROWS)
        status = khach_sync_once(client, &progress, &error);
    if (status != KHACH_OK)
        fprintf(stderr, "%s: %s\n", khach_status_name(status), khach_error_message(error));
    khach_error_free(error);
    khach_client_close(client);
    return status == KHACH_OK ? 0 : 1;
}

/* What the reader has seen so far. */
typedef struct reader {
    khach_client *client;
    uint64_t seq;
    uint64_t distinct_count;
} reader;

/* Reads one list; the rows that the cache had at that moment, 0 before the first page. */
static uint64_t read_list(reader *at)
{
    khach_customer_list *list = NULL;
    khach_query query;
    khach_error *error = NULL;
    khach_status status;
    uint64_t rows;

    khach_query_init(&query);
    query.limit = KHACH_QUERY_LIMIT_MAX;
    status = khach_list(&list, at->client, &query, &error);
    if (status == KHACH_E_NOT_SYNCED) {
        CHECK_INT(at->seq, 0);
        khach_error_free(error);
        return 0;
    }
    if (status != KHACH_OK)
        fprintf(stderr, "%s: %s\n", khach_status_name(status), khach_error_message(error));
    CHECK_INT(status, KHACH_OK);

    /* Never back, and never in the middle of a page; the rows are those of the sequence. */
    CHECK(khach_customer_list_seq(list) >= at->seq);
    at->distinct_count += khach_customer_list_seq(list) > at->seq;
    at->seq = khach_customer_list_seq(list);
    rows = at->seq - SEQ_BEFORE_ROWS;
    CHECK_INT(rows % ROWS_PER_PAGE, 0);
    CHECK_INT(khach_customer_list_count(list),
        rows < KHACH_QUERY_LIMIT_MAX ? rows : KHACH_QUERY_LIMIT_MAX);
    CHECK_INT(khach_customer_seq(khach_customer_list_at(list, 0)), at->seq - 1);
    khach_customer_list_free(list);
    return rows;
}

static void read_others(reader *at, uint64_t rows)
{
    khach_customer_list *list = NULL;
    khach_cache_state state;
    uint64_t count = 0;

    CHECK_INT(khach_count(&count, at->client, NULL, NULL), KHACH_OK);
    CHECK(count >= rows && count % ROWS_PER_PAGE == 0);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(at->client, &state, NULL), KHACH_OK);
    CHECK(state.customers_count >= count);
    CHECK_INT(state.seq, state.customers_count + SEQ_BEFORE_ROWS);
    CHECK_INT(khach_search(&list, at->client, "nguyen", NULL, NULL), KHACH_OK);
    CHECK(khach_customer_list_count(list) > 0);
    khach_customer_list_free(list);
}

int main(int argc, char **argv)
{
    char folder[64];
    char cache[128];
    char feed_path[128];
    char address[160];
    khach_options options = KHACH_OPTIONS_INIT;
    reader at = {0};
    uint64_t rows = 0;
    pid_t feed;
    pid_t writer;
    int status = 0;

    CHECK_INT(argc, 2);
    fixture_folder(folder, cache);
    (void)snprintf(feed_path, sizeof(feed_path), "%s/feed", folder);
    (void)snprintf(address, sizeof(address), "unix:%s", feed_path);
    options.business_id = FIXTURE_BUSINESS;
    options.cache_path = cache;
    /* Made and closed before the fork, which a client must not be carried across. */
    CHECK_INT(khach_client_open(&at.client, &options, NULL), KHACH_OK);
    khach_client_close(at.client);
    feed = start_feed(argv[1], feed_path);
    writer = fork();
    CHECK(writer >= 0);
    if (writer == 0)
        _exit(follow(address, cache));

    CHECK_INT(khach_client_open(&at.client, &options, NULL), KHACH_OK);
    for (int turn = 0; rows < ROWS; turn++) {
        CHECK(turn < TURNS_MAX);
        rows = read_list(&at);
        if (rows > 0 && turn % 8 == 0)
            read_others(&at, rows);
        if (rows < ROWS && waitpid(writer, &status, WNOHANG) == writer) {
            CHECK_INT(status, 0);
            rows = read_list(&at);
            CHECK_INT(rows, ROWS);
            writer = -1;
        }
    }
    if (writer > 0)
        CHECK(waitpid(writer, &status, 0) == writer && status == 0);
    CHECK(at.distinct_count > 2);
    CHECK(waitpid(feed, &status, 0) == feed && status == 0);
    khach_client_close(at.client);
    fixture_remove(folder);
    return 0;
}
