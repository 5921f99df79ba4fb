/* Follows the server, page by page: sync ADDRESS BUSINESS_ID CACHE_PATH */

#include <khach/khach.h>

#include <inttypes.h>
#include <stdio.h>

static int fail(khach_error *error)
{
    fprintf(stderr, "%s: %s %s\n", khach_status_name(khach_error_status(error)),
        khach_error_message(error), khach_error_reason(error));
    khach_error_free(error);
    return 1;
}

int main(int argc, char **argv)
{
    khach_options options = KHACH_OPTIONS_INIT;
    khach_client *client = NULL;
    khach_error *error = NULL;
    khach_sync_progress progress;

    if (argc != 4) {
        fprintf(stderr, "usage: sync ADDRESS BUSINESS_ID CACHE_PATH\n");
        return 2;
    }
    options.address = argv[1];
    options.business_id = argv[2];
    options.cache_path = argv[3];
    if (khach_client_open(&client, &options, &error) != KHACH_OK)
        return fail(error);

    do {
        khach_sync_progress_init(&progress);
        if (khach_sync_step(client, &progress, &error) != KHACH_OK) {
            khach_client_close(client);
            return fail(error);
        }
    } while (progress.has_more);

    printf("%" PRIu64 " customers at seq %" PRIu64 "\n", progress.customers_count, progress.seq);
    khach_client_close(client);
    return 0;
}
