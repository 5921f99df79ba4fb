/* The client: options, opening, and the doors to the cache. */

#define _GNU_SOURCE /* strdup, clock_gettime, explicit_bzero */

#include "client.h"

#include "export_file.h"
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ADDRESS_BYTES_MAX 512
#define PATH_BYTES_MAX 4000
#define TOKEN_BYTES_MAX 256

int64_t khach__now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

khach_status khach__missing(khach_error **error)
{
    return khach__error_set(error, KHACH_E_INVALID, "a required argument expected, NULL found");
}

khach_status khach__wrong_size(
    khach_error **error, const char *what, size_t expected, size_t found)
{
    return khach__error_set(error, KHACH_E_INVALID,
        "%s of %zu bytes from its initialiser expected, %zu found", what, expected, found);
}

/* --- options --- */

void khach_options_init(khach_options *options)
{
    if (options != NULL)
        *options = (khach_options)KHACH_OPTIONS_INIT;
}

/* Nothing that could be more than one value of a call's metadata. */
static bool is_token(const char *token)
{
    size_t count = strspn(
        token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    return token[count] == '\0' && count <= TOKEN_BYTES_MAX;
}

static khach_status check_options(const khach_options *options, khach_error **error)
{
    if (options == NULL)
        return khach__missing(error);
    if (options->struct_size != sizeof(khach_options))
        return khach__wrong_size(error, "options", sizeof(khach_options), options->struct_size);
    if (options->business_id != NULL && options->business_id[0] != '\0'
        && khach__record_number('b', options->business_id) < 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "a business_id like b0000000000001 expected, another found");
    if (options->cache_path == NULL || options->cache_path[0] == '\0'
        || strlen(options->cache_path) > PATH_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "a cache_path of 1 to %d bytes expected, none or a longer one found", PATH_BYTES_MAX);
    if (options->address != NULL && options->address[0] != '\0'
        && (strlen(options->address) > ADDRESS_BYTES_MAX
            || !khach__transport_address_is_valid(options->address)))
        return khach__error_set(
            error, KHACH_E_INVALID, KHACH_ADDRESS_EXPECTED);
    if (options->token != NULL && !is_token(options->token))
        return khach__error_set(error, KHACH_E_INVALID,
            "a token of at most %d letters, digits, _, - and . expected, another found",
            TOKEN_BYTES_MAX);
    if (options->page_rows == 0 || options->page_rows > KHACH_PAGE_ROWS_MAX
        || options->page_bytes == 0 || options->page_bytes > KHACH_PAGE_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "page_rows of 1 to %d and page_bytes of 1 to %d expected, %u and %u found",
            KHACH_PAGE_ROWS_MAX, KHACH_PAGE_BYTES_MAX, (unsigned)options->page_rows,
            (unsigned)options->page_bytes);
    return KHACH_OK;
}

/* --- opening and closing --- */

/* As calls carry it. */
static khach_status keep_token(khach_client *client, const char *token, khach_error **error)
{
    static const char scheme[] = "Bearer ";
    size_t count = sizeof(scheme) + strlen(token);

    client->authorization = malloc(count);
    if (client->authorization == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
    (void)snprintf(client->authorization, count, "%s%s", scheme, token);
    client->connection.authorization = client->authorization;
    return KHACH_OK;
}

khach_status khach_client_open(
    khach_client **out, const khach_options *options, khach_error **error)
{
    khach_client *client = NULL;
    khach_status status;

    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    status = check_options(options, error);
    if (status != KHACH_OK)
        return status;
    client = calloc(1, sizeof(*client));
    if (client == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to open");

    client->connection = (khach_connection)KHACH_CONNECTION_INIT;
    client->options = *options;
    client->options.address = NULL;
    client->options.business_id = NULL;
    client->options.cache_path = NULL;
    client->options.token = NULL;
    if (options->token != NULL && options->token[0] != '\0') {
        status = keep_token(client, options->token, error);
        if (status != KHACH_OK)
            goto done;
    }
    if (options->address != NULL && options->address[0] != '\0') {
        client->address = strdup(options->address);
        if (client->address == NULL) {
            status = khach__error_set(error, KHACH_E_MEMORY, "no memory to open");
            goto done;
        }
    }
    status = khach__cache_open(&client->cache, options->cache_path,
        options->business_id == NULL ? "" : options->business_id, options->lock_timeout_ms, error);
    client->run = (khach_sync_run){
        .cache = client->cache,
        .connection = &client->connection,
        .options = &client->options,
        .address = client->address,
    };

done:
    if (status == KHACH_OK)
        *out = client;
    else
        khach_client_close(client);
    return status;
}

void khach_client_close(khach_client *client)
{
    if (client == NULL)
        return;
    khach__sync_run_close(&client->run);
    khach__connection_close(&client->connection);
    khach__cache_close(client->cache);
    free(client->address);
    if (client->authorization != NULL)
        explicit_bzero(client->authorization, strlen(client->authorization));
    free(client->authorization);
    free(client);
}

/* --- questions --- */

khach_status khach_get(
    khach_customer **out, khach_client *client, const char *id, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL || id == NULL)
        return khach__missing(error);
    return khach__cache_get(client->cache, out, id, error);
}

khach_status khach_list(khach_customer_list **out, khach_client *client, const khach_query *query,
    khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL)
        return khach__missing(error);
    return khach__cache_list(client->cache, out, query, error);
}

khach_status khach_count(
    uint64_t *out, khach_client *client, const khach_query *query, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = 0;
    if (client == NULL)
        return khach__missing(error);
    return khach__cache_count(client->cache, out, query, error);
}

khach_status khach_search(khach_customer_list **out, khach_client *client, const char *text,
    const khach_query *query, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL || text == NULL)
        return khach__missing(error);
    return khach__cache_search(client->cache, out, text, query, error);
}

khach_status khach_export_open(khach_export **out, khach_client *client,
    const khach_export_options *options, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL || options == NULL)
        return khach__missing(error);
    return khach__export_open(out, client->cache, options, error);
}

khach_status khach_statistics_read(khach_statistics **out, khach_client *client,
    const khach_statistics_query *query, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL || query == NULL)
        return khach__missing(error);
    return khach__cache_statistics(client->cache, out, query, error);
}

khach_status khach_pages(khach_page_list **out, khach_client *client, khach_error **error)
{
    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL)
        return khach__missing(error);
    return khach__cache_pages(client->cache, out, error);
}
