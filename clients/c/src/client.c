/* The client: options, the sync loop, and the doors to the cache. */

#define _GNU_SOURCE /* strdup */

#include <khach/khach.h>

#include "cache.h"
#include "connection.h"
#include "export_file.h"
#include "sync_run.h"
#include "transport.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_BYTES_MAX 512
#define PATH_BYTES_MAX 4000

struct khach_client {
    char *address; /* NULL for offline use */
    khach_cache *cache;
    khach_connection connection;
    khach_sync_run run; /* the sync that is under way */
    khach_options options; /* its strings are not kept */
};

static void clear(khach_error **error)
{
    if (error != NULL)
        *error = NULL;
}

static khach_status missing(khach_error **error)
{
    return khach__error_set(error, KHACH_E_INVALID, "a required argument expected, NULL found");
}

static khach_status wrong_size(
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

void khach_sync_progress_init(khach_sync_progress *progress)
{
    if (progress != NULL)
        *progress = (khach_sync_progress){.struct_size = sizeof(khach_sync_progress)};
}

void khach_comparison_init(khach_comparison *comparison)
{
    if (comparison != NULL)
        *comparison = (khach_comparison){.struct_size = sizeof(khach_comparison)};
}

void khach_cache_state_init(khach_cache_state *state)
{
    if (state != NULL)
        *state = (khach_cache_state){.struct_size = sizeof(khach_cache_state)};
}

static khach_status check_options(const khach_options *options, khach_error **error)
{
    if (options == NULL)
        return missing(error);
    if (options->struct_size != sizeof(khach_options))
        return wrong_size(error, "options", sizeof(khach_options), options->struct_size);
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
    if (options->page_rows == 0 || options->page_rows > KHACH_PAGE_ROWS_MAX
        || options->page_bytes == 0 || options->page_bytes > KHACH_PAGE_BYTES_MAX)
        return khach__error_set(error, KHACH_E_INVALID,
            "page_rows of 1 to %d and page_bytes of 1 to %d expected, %u and %u found",
            KHACH_PAGE_ROWS_MAX, KHACH_PAGE_BYTES_MAX, (unsigned)options->page_rows,
            (unsigned)options->page_bytes);
    return KHACH_OK;
}

/* --- opening and closing --- */

khach_status khach_client_open(
    khach_client **out, const khach_options *options, khach_error **error)
{
    khach_client *client = NULL;
    khach_status status;

    clear(error);
    if (out == NULL)
        return missing(error);
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
    free(client);
}

/* --- sync --- */

/* Goes one call further with the sync that is under way, or with a new one. */
static khach_status step(khach_client *client, khach_sync_progress *progress, khach_error **error)
{
    khach_status status = KHACH_OK;

    if (client->run.engine == NULL)
        status = khach__sync_run_open(&client->run, KHACH_GOAL_SYNC, false, error);
    if (status == KHACH_OK)
        status = khach__sync_run_step(&client->run, progress, error);
    if (status != KHACH_OK && status != KHACH_E_MEMORY)
        khach__cache_note(client->cache, status);
    if (status != KHACH_OK || !progress->has_more)
        khach__sync_run_close(&client->run);
    return status;
}

khach_status khach_sync_step(khach_client *client, khach_sync_progress *out, khach_error **error)
{
    khach_sync_progress progress;
    khach_status status;

    clear(error);
    if (client == NULL)
        return missing(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return wrong_size(error, "progress", sizeof(*out), out->struct_size);
    if (client->address == NULL)
        return khach__error_set(
            error, KHACH_E_OFFLINE, "an address expected when the client was opened, none found");

    khach_sync_progress_init(&progress);
    status = step(client, &progress, error);
    if (status == KHACH_OK && out != NULL)
        *out = progress;
    return status;
}

/* Syncs and compares to the end. */
static khach_status compare(khach_client *client, khach_goal goal, bool accepts_shrink,
    khach_comparison *out, khach_error **error)
{
    khach_sync_progress progress;
    khach_status status;

    clear(error);
    if (client == NULL)
        return missing(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return wrong_size(error, "comparison", sizeof(*out), out->struct_size);
    if (client->address == NULL)
        return khach__error_set(
            error, KHACH_E_OFFLINE, "an address expected when the client was opened, none found");

    khach__sync_run_close(&client->run);
    status = khach__sync_run_open(&client->run, goal, accepts_shrink, error);
    do {
        khach_sync_progress_init(&progress);
        if (status == KHACH_OK)
            status = khach__sync_run_step(&client->run, &progress, error);
    } while (status == KHACH_OK && progress.has_more);
    if (status == KHACH_OK && out != NULL) {
        const khach_engine_report *report = khach__engine_report(client->run.engine);

        out->cause = (int32_t)report->cause;
        out->is_equal = report->is_equal;
        out->is_unverified = report->is_unverified;
        out->rows_count = report->rows_count;
        out->damaged_count = report->damaged_count;
        out->missing_count = report->missing_count;
        out->surplus_count = report->surplus_count;
        out->fetched_count = report->fetched_count;
        out->dropped_count = report->dropped_count;
        out->received_bytes = report->received_bytes;
        out->compared_bytes = report->compared_bytes;
    }
    if (status != KHACH_OK && status != KHACH_E_MEMORY)
        khach__cache_note(client->cache, status);
    khach__sync_run_close(&client->run);
    return status;
}

khach_status khach_verify(khach_client *client, khach_comparison *out, khach_error **error)
{
    return compare(client, KHACH_GOAL_VERIFY, false, out, error);
}

khach_status khach_repair(
    khach_client *client, uint32_t flags, khach_comparison *out, khach_error **error)
{
    clear(error);
    if ((flags & ~KHACH_REPAIR_ACCEPT_SHRINK) != 0)
        return khach__error_set(error, KHACH_E_INVALID,
            "flags of 0 or %u expected, %u found", KHACH_REPAIR_ACCEPT_SHRINK, (unsigned)flags);
    return compare(client, KHACH_GOAL_REPAIR, (flags & KHACH_REPAIR_ACCEPT_SHRINK) != 0, out, error);
}

khach_status khach_sync_once(khach_client *client, khach_sync_progress *out, khach_error **error)
{
    khach_sync_progress sum;
    khach_sync_progress page;

    clear(error);
    if (out != NULL && out->struct_size != sizeof(*out))
        return wrong_size(error, "progress", sizeof(*out), out->struct_size);
    khach_sync_progress_init(&sum);
    do {
        khach_status status;

        khach_sync_progress_init(&page);
        status = khach_sync_step(client, &page, error);
        if (status != KHACH_OK)
            return status;
        page.upserts_count += sum.upserts_count;
        page.tombstones_count += sum.tombstones_count;
        page.page_bytes += sum.page_bytes;
        sum = page;
    } while (sum.has_more);

    if (out != NULL)
        *out = sum;
    return KHACH_OK;
}

khach_status khach_sync_restart(khach_client *client, khach_error **error)
{
    clear(error);
    if (client == NULL)
        return missing(error);
    khach__sync_run_close(&client->run);
    return khach__cache_restart(client->cache, error);
}

khach_status khach_cache_state_read(
    khach_client *client, khach_cache_state *out, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_status status;

    clear(error);
    if (client == NULL || out == NULL)
        return missing(error);
    if (out->struct_size != sizeof(*out))
        return wrong_size(error, "state", sizeof(*out), out->struct_size);
    status = khach__cache_sync_read(client->cache, &sync, error);
    free(sync.cursor.bytes);
    if (status != KHACH_OK)
        return status;

    out->phase = sync.phase;
    out->schema_version = KHACH_CACHE_SCHEMA_VERSION;
    out->is_search_indexed = sync.is_search_indexed;
    out->last_status = sync.last_status;
    out->seq = sync.seq;
    out->head_seq = sync.head_seq;
    out->as_of_ms = sync.as_of_ms;
    out->customers_count = sync.customers_count;
    out->verified_at_ms = sync.verified_at_ms;
    out->verified_seq = sync.verified_seq;
    out->is_repairing = sync.is_repairing;
    out->is_unverified = sync.is_unverified;
    out->repairs_count = sync.repairs_count;
    out->repaired_rows_count = sync.repaired_rows_count;
    out->last_cause = sync.last_cause;
    out->full_resyncs_count = sync.full_resyncs_count;
    return KHACH_OK;
}

/* --- questions --- */

khach_status khach_get(
    khach_customer **out, khach_client *client, const char *id, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL || id == NULL)
        return missing(error);
    return khach__cache_get(client->cache, out, id, error);
}

khach_status khach_list(khach_customer_list **out, khach_client *client, const khach_query *query,
    khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL)
        return missing(error);
    return khach__cache_list(client->cache, out, query, error);
}

khach_status khach_count(
    uint64_t *out, khach_client *client, const khach_query *query, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = 0;
    if (client == NULL)
        return missing(error);
    return khach__cache_count(client->cache, out, query, error);
}

khach_status khach_search(khach_customer_list **out, khach_client *client, const char *text,
    const khach_query *query, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL || text == NULL)
        return missing(error);
    return khach__cache_search(client->cache, out, text, query, error);
}

khach_status khach_export_open(khach_export **out, khach_client *client,
    const khach_export_options *options, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL || options == NULL)
        return missing(error);
    return khach__export_open(out, client->cache, options, error);
}

khach_status khach_statistics_read(khach_statistics **out, khach_client *client,
    const khach_statistics_query *query, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL || query == NULL)
        return missing(error);
    return khach__cache_statistics(client->cache, out, query, error);
}

khach_status khach_pages(khach_page_list **out, khach_client *client, khach_error **error)
{
    clear(error);
    if (out == NULL)
        return missing(error);
    *out = NULL;
    if (client == NULL)
        return missing(error);
    return khach__cache_pages(client->cache, out, error);
}
