/*
 * How long the first page of a search takes: measure_search CACHE ROUNDS
 * Prints a line for each kind of query: the median, the 99th percentile, the slowest.
 */

#define _GNU_SOURCE

#include "harness.h"

#include <khach/khach.h>

#include <time.h>

#define PAGE_ROWS 50
#define TEXTS_MAX 5

/* Queries over the names of fake_feed. */
static const struct kind {
    const char *name;
    const char *texts[TEXTS_MAX];
} kinds[] = {
    {"one letter", {"n", "t", "a", "h", "l"}},
    {"frequent word", {"nguyễn", "thị", "minh", "tran", "ngọc"}},
    {"two words", {"nguyen anh", "tran thi", "le van", "thanh lan", "do quan"}},
    {"three words", {"nguyen thi lan", "ho duc an", "vu minh ha", "ly van son", "bui huu nam"}},
    {"whole name", {"Nguyễn Thị Lan 17", "Hồ Đức An 500", "Vũ Minh Hà 999", "Lý Văn Sơn 3",
        "Bùi Hữu Nam 42"}},
    {"rare word", {"17", "500", "999", "123", "42"}},
    {"nobody", {"zzz", "nguyen zzz", "qx", "xylophone", "an zz"}},
};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static double search_ms(khach_client *client, const char *text)
{
    struct timespec begin;
    struct timespec end;
    khach_customer_list *list = NULL;
    khach_query query;

    khach_query_init(&query);
    query.limit = PAGE_ROWS;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    CHECK_INT(khach_search(&list, client, text, &query, NULL), KHACH_OK);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    khach_customer_list_free(list);
    return (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
}

int main(int argc, char **argv)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    size_t rounds;
    double *times;

    CHECK_INT(argc, 3);
    options.cache_path = argv[1];
    rounds = strtoull(argv[2], NULL, 10);
    times = calloc(rounds * TEXTS_MAX + 1, sizeof(*times));
    CHECK(rounds > 0 && times != NULL);
    CHECK_INT(khach_client_open(&client, &options, NULL), KHACH_OK);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t count = 0;

        for (size_t round = 0; round < rounds; round++) {
            for (size_t at = 0; at < TEXTS_MAX; at++)
                times[count++] = search_ms(client, kinds[i].texts[at]);
        }
        qsort(times, count, sizeof(*times), compare);
        printf("%-14s p50 %8.2f ms  p99 %8.2f ms  max %8.2f ms\n", kinds[i].name,
            times[count / 2], times[count * 99 / 100], times[count - 1]);
    }
    khach_client_close(client);
    free(times);
    return 0;
}
