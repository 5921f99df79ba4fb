/*
 * The comparator of a client in another language: lists the newest 100 customers of a cache and
 * reads what a list shows of each, over and over; the median of a list in microseconds.
 *
 *   list_loop CACHE ROUNDS
 */

#include <khach/khach.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS 100

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Every value of a row; their sum keeps the compiler from leaving them out. */
static size_t read_row(const khach_customer *row)
{
    size_t sum = 0;
    size_t bytes = 0;

    sum += (size_t)khach_customer_id(row)[0] + (size_t)khach_customer_page_id(row)[0];
    sum += (size_t)khach_customer_external_user_id(row)[0] + (size_t)khach_customer_name(row)[0];
    sum += (size_t)khach_customer_display_name(row)[0] + (size_t)khach_customer_address(row)[0];
    sum += (size_t)khach_customer_name_status(row) + (size_t)khach_customer_channel(row);
    sum += (size_t)khach_customer_created_at_ms(row);
    sum += (size_t)khach_customer_first_recorded_at_ms(row);
    sum += (size_t)khach_customer_first_inbound_at_ms(row);
    sum += (size_t)khach_customer_last_inbound_at_ms(row);
    sum += (size_t)khach_customer_last_outbound_at_ms(row);
    for (size_t i = 0; i < khach_customer_phone_count(row); i++)
        sum += (size_t)khach_customer_phone_at(row, i)[0]
            + (size_t)khach_customer_phone_is_rejected(row, i)
            + (size_t)khach_customer_phone_is_pinned(row, i);
    for (size_t i = 0; i < khach_customer_email_count(row); i++)
        sum += (size_t)khach_customer_email_at(row, i)[0]
            + (size_t)khach_customer_email_is_rejected(row, i)
            + (size_t)khach_customer_email_is_pinned(row, i);
    sum += (size_t)khach_customer_block_state(row) + (size_t)khach_customer_block_since_ms(row);
    sum += (size_t)khach_customer_seq(row) + (size_t)khach_customer_is_pending(row);
    return sum + (size_t)khach_customer_record(row, &bytes)[0] + bytes;
}

static size_t list(khach_client *client, const khach_query *query)
{
    khach_customer_list *found = NULL;
    size_t sum = 0;

    if (khach_list(&found, client, query, NULL) != KHACH_OK
        || khach_customer_list_count(found) != ROWS) {
        fprintf(stderr, "%d customers expected\n", ROWS);
        exit(1);
    }
    for (size_t i = 0; i < ROWS; i++)
        sum += read_row(khach_customer_list_at(found, i));
    khach_customer_list_free(found);
    return sum;
}

int main(int argc, char **argv)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_query query;
    size_t sum = 0;
    int rounds = argc == 3 ? atoi(argv[2]) : 0;
    double *times = calloc(rounds > 0 ? (size_t)rounds : 1, sizeof(double));

    if (rounds <= 0 || times == NULL) {
        fprintf(stderr, "usage: list_loop CACHE ROUNDS\n");
        return 64;
    }
    options.cache_path = argv[1];
    if (khach_client_open(&client, &options, NULL) != KHACH_OK)
        return 1;
    khach_query_init(&query);
    query.limit = ROWS;
    for (int i = 0; i < rounds; i++) {
        double began = now_us();

        sum += list(client, &query);
        times[i] = now_us() - began;
    }
    khach_client_close(client);
    qsort(times, (size_t)rounds, sizeof(double), by_size);
    printf("{\"p50_us\":%.1f,\"sum\":%zu}\n", times[rounds / 2], sum);
    free(times);
    return 0;
}
