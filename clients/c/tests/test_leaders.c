/*
 * Several processes and one cache: who leads the sync, what a leader that lost it may not do, and
 * that the cache is whole whoever is killed. test_leaders [SEED]
 *
 * Processes are this program itself, started anew: test_leaders as-leader CACHE LEASE_MS WAIT_MS.
 * Such a one reads a letter at a time, and answers a line to each.
 */

#include "cache.h"
#include "fixture.h"
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEASE_LONG_MS 3600000
#define WAIT_MS 60000
#define ROWS_PER_PAGE 5
#define PROCESSES 4
#define KILLS 60
/* How long a process that is gone may take to be gone. */
#define PATIENCE_MS 60000

/* --- what a process does --- */

/* The page that comes after so many: its rows are always the same. */
static void make_page(fixture_page *bytes, uint64_t number)
{
    char cursor[32];

    if (number == 0) {
        fixture_business(bytes, 1, "Asia/Ho_Chi_Minh");
        fixture_fan_page(bytes, 2, 7);
    }
    for (uint64_t i = 0; i < ROWS_PER_PAGE; i++) {
        uint64_t row = number * ROWS_PER_PAGE + i;

        fixture_customer(bytes, row + 3, row + 1, 7, "Nguyễn Văn An", (int64_t)row);
    }
    (void)snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)number + 1);
    fixture_end(bytes, cursor, 0, number * ROWS_PER_PAGE + ROWS_PER_PAGE + 2);
}

/* How many pages the cache has. */
static uint64_t pages_of(const khach_cache_sync *sync)
{
    return sync->seq < 3 ? 0 : (sync->seq - 2) / ROWS_PER_PAGE;
}

/* Applies the page that is next, as the sync does. */
static khach_status apply_next(khach_cache *cache, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_sync_progress progress;
    khach_sync_page page;
    fixture_page bytes = {0};
    khach_status status = khach__cache_sync_read(cache, &sync, error);

    khach_sync_progress_init(&progress);
    if (status == KHACH_OK) {
        make_page(&bytes, pages_of(&sync));
        CHECK_INT(khach__sync_page_read(&page, bytes.bytes, bytes.count, NULL), KHACH_OK);
        status = khach__cache_apply(cache, &page, &sync.cursor, &progress, error);
    }
    free(sync.cursor.bytes);
    fixture_free(&bytes);
    return status;
}

static void answer(khach_status status, khach_error *error)
{
    printf("%s %s\n", khach_status_name(status), khach_error_message(error));
    (void)fflush(stdout);
    khach_error_free(error);
}

/* Leads, writes and leaves without end. */
static void work(khach_cache *cache)
{
    for (;;) {
        khach_error *error = NULL;
        khach_status status = khach__lead_take(cache, &error);

        if (status == KHACH_OK)
            status = apply_next(cache, &error);
        khach__lead_leave(cache);
        answer(status, error);
    }
}

static int run_process(char **argv)
{
    khach_cache *cache = NULL;
    khach_error *error = NULL;
    char order;

    /* SQLite waits for others that open the cache, whatever a lead waits for. */
    if (khach__cache_open(&cache, argv[2], "", WAIT_MS, &error) != KHACH_OK) {
        answer(khach_error_status(error), error);
        return 1;
    }
    cache->lock_timeout_ms = (uint32_t)strtoul(argv[4], NULL, 10);
    cache->lease_ms = (uint32_t)strtoul(argv[3], NULL, 10);
    while (read(STDIN_FILENO, &order, 1) == 1) {
        khach_status status = KHACH_OK;

        error = NULL;
        if (order == 'l')
            status = khach__lead_take(cache, &error);
        else if (order == 'a')
            status = apply_next(cache, &error);
        else
            work(cache);
        answer(status, error);
    }
    khach__cache_close(cache);
    return 0;
}

/* --- processes --- */

typedef struct process {
    pid_t pid;
    int orders;
    FILE *answers;
} process;

static process start(const char *cache, int lease_ms, int wait_ms)
{
    process made = {0};
    int orders[2];
    int answers[2];
    char lease[16];
    char wait[16];

    (void)snprintf(lease, sizeof(lease), "%d", lease_ms);
    (void)snprintf(wait, sizeof(wait), "%d", wait_ms);
    CHECK(pipe2(orders, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0);
    made.pid = fork();
    CHECK(made.pid >= 0);
    if (made.pid == 0) {
        (void)dup2(orders[0], STDIN_FILENO);
        (void)dup2(answers[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "test_leaders", "as-leader", cache, lease, wait,
            (char *)NULL);
        _exit(127);
    }
    (void)close(orders[0]);
    (void)close(answers[1]);
    made.orders = orders[1];
    made.answers = fdopen(answers[0], "r");
    CHECK(made.answers != NULL);
    /* poll(2) sees what is in the pipe, not what a FILE has read ahead. */
    CHECK(setvbuf(made.answers, NULL, _IONBF, 0) == 0);
    return made;
}

static void order(const process *to, char letter)
{
    CHECK(write(to->orders, &letter, 1) == 1);
}

/* Demands that an answer begins so; the rest of it. */
static const char *expect(const process *from, const char *status)
{
    static char line[512];

    CHECK(fgets(line, sizeof(line), from->answers) != NULL);
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, status, strlen(status)) != 0 || line[strlen(status)] != ' ')
        fprintf(stderr, "%s expected, \"%s\" found\n", status, line);
    CHECK(strncmp(line, status, strlen(status)) == 0 && line[strlen(status)] == ' ');
    return line + strlen(status) + 1;
}

/* One answer, of whoever gives one. */
static void expect_any(const process *all)
{
    struct pollfd heard[PROCESSES];

    for (size_t i = 0; i < PROCESSES; i++)
        heard[i] = (struct pollfd){.fd = fileno(all[i].answers), .events = POLLIN};
    CHECK(poll(heard, PROCESSES, PATIENCE_MS) > 0);
    for (size_t i = 0; i < PROCESSES; i++) {
        if (heard[i].revents != 0) {
            (void)expect(&all[i], "KHACH_OK");
            return;
        }
    }
}

static void stop(process *old)
{
    CHECK(kill(old->pid, SIGKILL) == 0 && waitpid(old->pid, NULL, 0) == old->pid);
    (void)close(old->orders);
    (void)fclose(old->answers);
}

static void make_cache(char *folder, char *path)
{
    khach_cache *cache = NULL;

    fixture_folder(folder, path);
    CHECK_INT(khach__cache_open(&cache, path, FIXTURE_BUSINESS, WAIT_MS, NULL), KHACH_OK);
    khach__cache_close(cache);
}

/* How many pages there are, all of them whole, and their sums what they should be. */
static uint64_t check_cache(const char *path)
{
    khach_cache *cache = NULL;
    khach_cache_sync sync = {0};
    khach_cache_sums sums = {0};
    sqlite3_stmt *row = NULL;
    khach_digest sum = {0};
    khach_digest expected = {0};
    uint64_t pages;

    CHECK_INT(khach__cache_open(&cache, path, "", WAIT_MS, NULL), KHACH_OK);
    CHECK_INT(khach__cache_prepare(cache, &row, "PRAGMA integrity_check", NULL), KHACH_OK);
    CHECK_INT(sqlite3_step(row), SQLITE_ROW);
    CHECK_TEXT((const char *)sqlite3_column_text(row, 0), "ok");
    khach__cache_done(cache, row);
    CHECK_INT(khach__cache_sync_read(cache, &sync, NULL), KHACH_OK);
    pages = pages_of(&sync);
    CHECK_INT(sync.customers_count, pages * ROWS_PER_PAGE);
    free(sync.cursor.bytes);
    CHECK_INT(khach__cache_sum(cache, &sums, NULL), KHACH_OK);
    for (size_t slot = 0; sums.pages_count > 0 && slot < KHACH_DIGEST_SLOTS; slot++)
        khach_digest_add(&sum, sums.pages[0].slots[slot]);
    for (uint64_t i = 0; i < pages; i++) {
        fixture_page bytes = {0};
        khach_wire wire;
        khach_change change;

        make_page(&bytes, i);
        wire = khach__wire_open(bytes.bytes, bytes.count);
        while (khach__sync_change_next(&wire, &change)) {
            if (change.kind == KHACH_CHANGE_CUSTOMER)
                khach_digest_add(&expected,
                    khach_digest_row((int64_t)change.seq - 2, change.seq, change.bytes,
                        change.bytes_count));
        }
        fixture_free(&bytes);
    }
    CHECK(khach_digest_is_equal(sum, expected));
    free(sums.pages);
    khach__cache_close(cache);
    return pages;
}

/* --- cases --- */

/* H1: one leads; the other is told who does, and leads once that one is gone, however it went. */
static void test_one_leads(void)
{
    char folder[64];
    char path[128];
    char words[128];
    process first;
    process second;

    make_cache(folder, path);
    first = start(path, LEASE_LONG_MS, 0);
    second = start(path, LEASE_LONG_MS, 0);
    order(&first, 'l');
    (void)expect(&first, "KHACH_OK");
    order(&second, 'l');
    (void)snprintf(words, sizeof(words),
        "the lead of the sync expected, process %d found to have it", (int)first.pid);
    CHECK_TEXT(expect(&second, "KHACH_E_CACHE_LOCKED"), words);
    /* Who does not lead does not write. */
    order(&second, 'a');
    CHECK_TEXT(expect(&second, "KHACH_E_CACHE_LOCKED"), words);
    order(&first, 'a');
    (void)expect(&first, "KHACH_OK");
    /* H2: kill -9. The lease has an hour to go, but the kernel knows better. */
    stop(&first);
    order(&second, 'l');
    (void)expect(&second, "KHACH_OK");
    order(&second, 'a');
    (void)expect(&second, "KHACH_OK");
    stop(&second);
    CHECK_INT(check_cache(path), 2);
    fixture_remove(folder);
}

/* H3: a leader that stands still beyond its lease is replaced, and writes nothing afterwards. */
static void test_fenced(void)
{
    char folder[64];
    char path[128];
    char words[128];
    process first;
    process second;

    make_cache(folder, path);
    first = start(path, 1, 0);
    second = start(path, LEASE_LONG_MS, WAIT_MS);
    order(&first, 'l');
    (void)expect(&first, "KHACH_OK");
    CHECK(kill(first.pid, SIGSTOP) == 0);
    order(&second, 'l');
    (void)expect(&second, "KHACH_OK");
    order(&second, 'a');
    (void)expect(&second, "KHACH_OK");
    CHECK(kill(first.pid, SIGCONT) == 0);
    order(&first, 'a');
    (void)snprintf(words, sizeof(words),
        "the lead of the sync expected, process %d found to have it", (int)second.pid);
    CHECK_TEXT(expect(&first, "KHACH_E_CACHE_LOCKED"), words);
    order(&second, 'a');
    (void)expect(&second, "KHACH_OK");
    stop(&first);
    stop(&second);
    CHECK_INT(check_cache(path), 2);
    fixture_remove(folder);
}

/* A lease that ran out while nobody else wanted the lead is taken up again by the next write. */
static void test_lease_renewed(void)
{
    char folder[64];
    char path[128];
    process first;
    process second;

    make_cache(folder, path);
    first = start(path, 1, 0);
    second = start(path, LEASE_LONG_MS, 0);
    order(&first, 'l');
    (void)expect(&first, "KHACH_OK");
    (void)poll(NULL, 0, 2);
    order(&first, 'a');
    (void)expect(&first, "KHACH_OK");
    stop(&first);
    stop(&second);
    CHECK_INT(check_cache(path), 1);
    fixture_remove(folder);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Four processes lead by turns, and one after the other is killed in whatever it is at. */
static void test_killed(uint64_t seed)
{
    char folder[64];
    char path[128];
    process all[PROCESSES];
    uint64_t state = seed;
    uint64_t before;

    make_cache(folder, path);
    for (size_t i = 0; i < PROCESSES; i++) {
        all[i] = start(path, LEASE_LONG_MS, WAIT_MS);
        order(&all[i], 'w');
    }
    for (int kills = 0; kills < KILLS; kills++) {
        process *victim = &all[next_random(&state) % PROCESSES];

        /* The victim is anywhere in its turn when the last of these answers is read. */
        for (uint64_t turns = next_random(&state) % 8 + 1; turns > 0; turns--)
            expect_any(all);
        stop(victim);
        *victim = start(path, LEASE_LONG_MS, WAIT_MS);
        order(victim, 'w');
    }
    for (size_t i = 0; i < PROCESSES; i++)
        stop(&all[i]);
    before = check_cache(path);
    CHECK(before > KILLS);

    /* Calm: the next process goes on as if nothing had been. */
    all[0] = start(path, LEASE_LONG_MS, 0);
    order(&all[0], 'l');
    (void)expect(&all[0], "KHACH_OK");
    order(&all[0], 'a');
    (void)expect(&all[0], "KHACH_OK");
    stop(&all[0]);
    CHECK_INT(check_cache(path), before + 1);
    fixture_remove(folder);
}

/* H7: who reads hears of each commit, once for many. */
static void test_changes(void)
{
    char folder[64];
    char path[128];
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    struct pollfd heard = {.events = POLLIN};
    process writer;
    int32_t has_changed = 1;

    make_cache(folder, path);
    options.cache_path = path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    CHECK_INT(khach_changes_fd(&heard.fd, client, NULL), KHACH_OK);
    CHECK_INT(khach_changes_take(&has_changed, client, NULL), KHACH_OK);
    CHECK_INT(has_changed, 0);
    CHECK_INT(poll(&heard, 1, 0), 0);
    writer = start(path, LEASE_LONG_MS, WAIT_MS);
    order(&writer, 'l');
    (void)expect(&writer, "KHACH_OK");
    for (int i = 0; i < 3; i++) {
        order(&writer, 'a');
        (void)expect(&writer, "KHACH_OK");
    }
    CHECK_INT(poll(&heard, 1, PATIENCE_MS), 1);
    CHECK_INT(khach_changes_take(&has_changed, client, NULL), KHACH_OK);
    CHECK_INT(has_changed, 1);
    CHECK_INT(khach_changes_take(&has_changed, client, NULL), KHACH_OK);
    CHECK_INT(has_changed, 0);
    CHECK_INT(poll(&heard, 1, 0), 0);
    /* A writer that is killed before it could tell is heard too. */
    stop(&writer);
    CHECK_INT(poll(&heard, 1, PATIENCE_MS), 1);
    khach_client_close(client);
    fixture_remove(folder);
}

/* H4: a newer library has changed the layout while this one had the cache open. */
static void test_too_new_meanwhile(void)
{
    char folder[64];
    char path[128];
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_cache_state state;
    khach_customer *customer = NULL;
    sqlite3 *db = NULL;

    make_cache(folder, path);
    options.cache_path = path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "PRAGMA user_version = 99; ALTER TABLE sync_state RENAME TO other",
              NULL, NULL, NULL) == SQLITE_OK);
    (void)sqlite3_close(db);
    khach_cache_state_init(&state);
    CHECK_INT(khach_cache_state_read(client, &state, NULL), KHACH_E_CACHE_TOO_NEW);
    CHECK_INT(khach_get(&customer, client, "c0000000000001", NULL), KHACH_E_CACHE_TOO_NEW);
    CHECK_INT(khach_sync_restart(client, NULL), KHACH_E_CACHE_TOO_NEW);
    khach_client_close(client);
    fixture_remove(folder);
}

/* H5: a client that was carried across a fork is refused there, and still the parent's. */
static void test_forked(void)
{
    char folder[64];
    char path[128];
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_cache_state state;
    pid_t child;
    int status = 0;

    make_cache(folder, path);
    options.cache_path = path;
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);
    khach_cache_state_init(&state);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(khach_cache_state_read(client, &state, NULL) == KHACH_E_INVALID
                    && khach_sync_restart(client, NULL) == KHACH_E_INVALID
                ? 0
                : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_INT(khach_cache_state_read(client, &state, NULL), KHACH_OK);
    CHECK_INT(khach_sync_restart(client, NULL), KHACH_OK);
    khach_client_close(client);
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    struct timespec now = {0};
    uint64_t seed;

    if (argc == 5 && strcmp(argv[1], "as-leader") == 0)
        return run_process(argv);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    seed = argc == 2 ? strtoull(argv[1], NULL, 10) : (uint64_t)now.tv_nsec | 1;
    printf("seed %llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
    test_one_leads();
    test_fenced();
    test_lease_renewed();
    test_changes();
    test_too_new_meanwhile();
    test_forked();
    test_killed(seed);
    return 0;
}
