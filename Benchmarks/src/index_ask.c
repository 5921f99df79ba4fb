/*
 * How long first pages of lists, of name searches, and statistics of a month take over a file that
 * index_make.c made, beside a bare loop over the same index in the same run.
 *
 *   index_ask PATH ROUNDS [server|cache] [verbose]      (whose settings of SQLite; default server)
 *
 * Prints a JSON object a line: what, the median, the 99th percentile, the slowest, in ms.
 */

#include "khach_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
#define FIRST_DAY 19723 /* 2024-01-01 */
#define DAYS 730
#define TIMES_MAX 200000

static uint64_t state = 7;
static double times[TIMES_MAX];
static size_t times_count;
static sqlite3 *db;
static sqlite3_stmt *record_row;
static khach_index *index_of;
static int is_verbose;

static uint64_t next(void)
{
    uint64_t mixed = state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

static size_t pick(size_t count) { return (size_t)(next() % count); }

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void must(int is_good)
{
    if (is_good)
        return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static void report(const char *what)
{
    if (times_count == 0)
        return;
    qsort(times, times_count, sizeof(*times), compare);
    printf("{\"name\":\"%s\",\"count\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
        what, times_count, times[times_count / 2], times[times_count * 99 / 100],
        times[times_count - 1]);
    (void)fflush(stdout);
    times_count = 0;
}

static void note(double begin)
{
    if (times_count < TIMES_MAX)
        times[times_count++] = now_ms() - begin;
}

/* Reads the records of a page, as server and cache do. */
static size_t read_records(const khach_index_position *rows, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        (void)sqlite3_bind_int64(record_row, 1, rows[i].id);
        must(sqlite3_step(record_row) == SQLITE_ROW);
        bytes += (size_t)sqlite3_column_bytes(record_row, 0);
        (void)sqlite3_reset(record_row);
    }
    return bytes;
}

static void list(const char *what, const khach_index_filter *filter, khach_index_order order,
    size_t rows_max)
{
    static khach_index_position rows[1001];
    size_t count = rows_max + 1;
    double begin = now_ms();

    must(khach_index_list(index_of, filter, order, NULL, rows, &count) == KHACH_INDEX_OK);
    (void)read_records(rows, count < rows_max ? count : rows_max);
    note(begin);
    if (is_verbose && times_count > 0 && times[times_count - 1] > 8)
        fprintf(stderr,
            "%6.1f ms %s: order %d pages %zu channels %x statuses %x phone %d email %d blocked %d"
            " created %lld..%lld messaged %u %d..%d: %zu rows\n", times[times_count - 1], what,
            order, filter->pages_count, filter->channels, filter->name_statuses,
            filter->has_phone, filter->has_email, filter->blocked,
            filter->created_from == INT64_MIN ? 0 : (long long)(filter->created_from / DAY_MS),
            filter->created_before == INT64_MAX ? 0 : (long long)(filter->created_before / DAY_MS),
            filter->messaged_kinds, filter->messaged_from, filter->messaged_to, count);
}

/* The comparator: the first 200 of the index and their records, by two statements. */
static void bare_list(void)
{
    static sqlite3_stmt *statement;
    khach_index_position rows[201];
    size_t count = 0;
    double begin = now_ms();

    if (statement == NULL)
        must(sqlite3_prepare_v2(db, "SELECT created_at, id FROM customers"
                                    " INDEXED BY customers_by_created WHERE business_id = 1"
                                    " ORDER BY created_at DESC, id DESC LIMIT 201",
                 -1, &statement, NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        rows[count++] = (khach_index_position){0, sqlite3_column_int64(statement, 0),
            sqlite3_column_int64(statement, 1)};
    (void)sqlite3_reset(statement);
    (void)read_records(rows, 200);
    note(begin);
}

/* --- questions --- */

static int64_t pages[50];

static void ask_pages(khach_index_filter *filter, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pages[i] = (int64_t)(i == 0 ? 1 + pick(10) : (size_t)pages[i - 1] + 1 + pick(3));
    filter->pages = pages;
    filter->pages_count = count;
}

static void ask_created(khach_index_filter *filter, int days)
{
    int64_t day = FIRST_DAY + (int64_t)pick((size_t)(DAYS - days));

    filter->created_from = day * DAY_MS;
    filter->created_before = (day + days) * DAY_MS;
}

static void ask_messaged(khach_index_filter *filter, int days, uint32_t kinds)
{
    filter->messaged_kinds = kinds;
    filter->messaged_from = FIRST_DAY + (int32_t)pick((size_t)(DAYS - days));
    filter->messaged_to = filter->messaged_from + days - 1;
    filter->messaged_begins_at = filter->messaged_from * DAY_MS;
    filter->messaged_ends_at = (filter->messaged_to + 1) * DAY_MS;
}

static void ask_one(khach_index_filter *filter, int number)
{
    static const int spans[] = {1, 7, 30, 90, 365};

    switch (number) {
    case 0: break;
    case 1: ask_pages(filter, 1); break;
    case 2: ask_pages(filter, 1 + pick(10)); break;
    case 3: filter->channels = 1u << (1 + pick(6)); break;
    case 4: filter->has_phone = (int)pick(2); break;
    case 5: filter->has_email = (int)pick(2); break;
    case 6: filter->blocked = (int)pick(2); break;
    case 7: filter->name_statuses = 1u << (1 + pick(4)); break;
    case 8: ask_created(filter, spans[pick(5)]); break;
    case 9: ask_messaged(filter, spans[pick(5)], 3); break;
    default: ask_messaged(filter, spans[pick(5)], 1 + (uint32_t)pick(2)); break;
    }
}

static const char *const one_names[] = {"list", "one page", "1 to 10 pages", "channel", "has phone",
    "has email", "blocked", "name status", "created in days", "messaged in days",
    "messaged in days, one kind"};
static const char *const order_names[] = {"", "created desc", "created asc", "last inbound"};

static void ask_lists(size_t rounds)
{
    char what[96];

    for (size_t i = 0; i < rounds * 10; i++)
        bare_list();
    report("bare SELECT ... LIMIT 200 and its records");
    for (int number = 0; number <= 10; number++) {
        for (int order = 1; order <= 3; order++) {
            (void)snprintf(what, sizeof(what), "%s, %s", one_names[number], order_names[order]);
            for (size_t i = 0; i < rounds * 10; i++) {
                khach_index_filter filter;

                khach_index_filter_init(&filter, 1);
                ask_one(&filter, number);
                list(what, &filter, (khach_index_order)order, 200);
            }
            report(what);
        }
    }
    for (size_t i = 0; i < rounds * 100; i++) {
        khach_index_filter filter;

        khach_index_filter_init(&filter, 1);
        for (size_t many = 2 + pick(4); many > 0; many--)
            ask_one(&filter, 1 + (int)pick(10));
        list("random", &filter, 1 + (khach_index_order)pick(3), 200);
    }
    report("random combinations of 2 to 5 filters");
}

/* A mix as people type it. */
static const char *const searches[] = {"nguyen", "Nguyễn", "tran", "linh", "Linh", "hương", "ha",
    "n", "t", "l", "li", "ng", "anh", "trang", "nguyen linh", "Nguyễn Thị Lan", "nguyen thi lan",
    "lan pham", "Phạm Lan", "tran van", "thi", "thị", "shop", "shop lan", "shop mai 12", "user12",
    "user123456", "le thi", "le thi hoa", "duc", "Đức", "dang dao", "Đặng Đào", "do hung",
    "hoang yen", "zzz", "nguyen zzz", "xylophone", "qu", "quynh", "Quỳnh Như", "nguyen van nam",
    "minh khoa", "bao chau", "Võ Thanh", "vo thanh", "truong", "tam ly", "🌸", "mai 🌸"};

static void ask_search(const char *what, const char *text, size_t rows_max, int with_filters)
{
    khach_index_filter filter;
    khach_name_query *name = NULL;

    must(khach_name_query_open(&name, text, strlen(text)) == 0);
    khach_index_filter_init(&filter, 1);
    if (with_filters)
        ask_one(&filter, 1 + (int)pick(10));
    filter.name = name;
    list(what, &filter, KHACH_INDEX_RELEVANCE, rows_max);
    if (is_verbose && times[times_count - 1] > 8)
        fprintf(stderr, "    \"%s\"\n", text);
    khach_name_query_free(name);
}

static void ask_searches(size_t rounds)
{
    size_t count = sizeof(searches) / sizeof(searches[0]);

    for (size_t i = 0; i < rounds * count; i++)
        ask_search("search 50", searches[i % count], 50, 0);
    report("name search, first 50");
    for (size_t i = 0; i < rounds * count; i++)
        ask_search("search 200", searches[i % count], 200, 0);
    report("name search, first 200");
    for (size_t i = 0; i < rounds * count; i++)
        ask_search("search 50 with a filter", searches[i % count], 50, 1);
    report("name search with a filter, first 50");
    for (size_t i = 0; i < rounds; i++)
        ask_search("flower", i % 2 == 0 ? "🌸" : "?", 50, 0);
    report("name search without letters, first 50");
}

static void ask_statistics(size_t rounds)
{
    static const char *const names[] = {"", "statistics of a month by page",
        "statistics of a month by channel", "statistics of a month"};
    static int64_t starts[401];

    for (int grouping = 1; grouping <= 3; grouping++) {
        for (size_t i = 0; i < rounds * 5; i++) {
            khach_index_statistics found;
            khach_index_statistics_query query = {.business_id = 1,
                .grouping = (khach_index_grouping)grouping, .basis = KHACH_INDEX_NEW_BY_CREATED,
                .day_from = FIRST_DAY + (int32_t)pick(DAYS - 31), .days_count = 31,
                .day_starts = starts};
            double begin;

            for (int day = 0; day <= 31; day++)
                starts[day] = (query.day_from + day) * DAY_MS;
            begin = now_ms();
            must(khach_index_statistics_read(index_of, &query, &found) == KHACH_INDEX_OK);
            note(begin);
            khach_index_statistics_free(&found);
        }
        report(names[grouping]);
    }
}

static void ask_counts(size_t rounds)
{
    for (int number = 0; number <= 9; number++) {
        char what[96];

        for (size_t i = 0; i < rounds * 3; i++) {
            khach_index_filter filter;
            uint64_t count;
            double begin;

            khach_index_filter_init(&filter, 1);
            ask_one(&filter, number);
            begin = now_ms();
            must(khach_index_count(index_of, &filter, 100001, &count) == KHACH_INDEX_OK);
            note(begin);
        }
        (void)snprintf(what, sizeof(what), "count: %s", one_names[number]);
        report(what);
    }
}

int main(int argc, char **argv)
{
    int is_cache = argc > 3 && strcmp(argv[3], "cache") == 0;
    size_t rounds;

    if (argc < 3) {
        fprintf(stderr, "usage: index_ask PATH ROUNDS [server|cache] [verbose]\n");
        return 2;
    }
    is_verbose = argc > 4;
    rounds = strtoull(argv[2], NULL, 10);
    must(sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL)
        == SQLITE_OK);
    must(sqlite3_exec(db, is_cache ? "PRAGMA cache_size = -12288; PRAGMA mmap_size = 1073741824"
                                   : "PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824",
             NULL, NULL, NULL) == SQLITE_OK);
    must(khach_index_open(&index_of, db, "customers") == KHACH_INDEX_OK);
    must(sqlite3_prepare_v2(db, "SELECT record FROM customers WHERE id = ?1", -1, &record_row,
             NULL) == SQLITE_OK);
    must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
    ask_lists(rounds);
    ask_searches(rounds);
    ask_statistics(rounds);
    ask_counts(rounds);
    khach_index_close(index_of);
    (void)sqlite3_finalize(record_row);
    (void)sqlite3_close_v2(db);
    return 0;
}
