/* Lists the newest customers without a network: list BUSINESS_ID CACHE_PATH [FROM TO] */

#include <khach/khach.h>

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
    khach_customer_list *list = NULL;
    khach_error *error = NULL;
    khach_query query;

    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: list BUSINESS_ID CACHE_PATH [FROM TO]\n");
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

    khach_query_init(&query);
    query.limit = 20;
    if (argc == 5) {
        query.created_from = argv[3];
        query.created_to = argv[4];
    }
    if (khach_list(&list, client, &query, &error) != KHACH_OK) {
        khach_client_close(client);
        return fail(error);
    }
    for (size_t i = 0; i < khach_customer_list_count(list); i++) {
        const khach_customer *customer = khach_customer_list_at(list, i);

        printf("%s\t%s\t%s\n", khach_customer_id(customer), khach_customer_display_name(customer),
            khach_customer_phone_at(customer, 0));
    }
    khach_customer_list_free(list);
    khach_client_close(client);
    return 0;
}
