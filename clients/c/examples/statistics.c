/* Counts new customers by local day without a network: statistics BUSINESS_ID CACHE_PATH FROM TO */

#include <khach/khach.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static int fail(khach_error *error)
{
    fprintf(stderr, "%s: %s\n", khach_status_name(khach_error_status(error)),
        khach_error_message(error));
    khach_error_free(error);
    return 1;
}

int main(int argc, char **argv)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_statistics *statistics = NULL;
    khach_statistics_query query;
    khach_error *error = NULL;

    if (argc != 5) {
        fprintf(stderr, "usage: statistics BUSINESS_ID CACHE_PATH FROM TO\n");
        return 2;
    }
    options.business_id = argv[1];
    options.cache_path = argv[2];
    /* Opening would make a cache; a question needs one that is there. */
    if (access(argv[2], F_OK) != 0) {
        fprintf(stderr, "a cache expected, none found at %s\n", argv[2]);
        return 1;
    }
    if (khach_client_open(&client, &options, &error) != KHACH_OK)
        return fail(error);

    khach_statistics_query_init(&query);
    query.day_from = argv[3];
    query.day_to = argv[4];
    query.grouping = KHACH_GROUPING_BUSINESS;
    if (khach_statistics_read(&statistics, client, &query, &error) != KHACH_OK) {
        khach_client_close(client);
        return fail(error);
    }
    for (size_t i = 0; i < khach_statistics_row_count(statistics); i++)
        printf("%s\t%" PRIu64 "\n", khach_statistics_row_day_at(statistics, i),
            khach_statistics_row_measure_at(statistics, i, KHACH_NEW_CUSTOMERS));
    khach_statistics_free(statistics);
    khach_client_close(client);
    return 0;
}
