/* The doors to looking at a cache. */

#include "client.h"

#include "cache_look.h"
#include "cache_since.h"
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#define SYNC_SERVICE "khach.v1.SyncService"

void khach_difference_init(khach_difference *difference)
{
    if (difference != NULL)
        *difference = (khach_difference){.struct_size = sizeof(khach_difference)};
}

void khach_explanation_init(khach_explanation *explanation)
{
    if (explanation != NULL)
        *explanation = (khach_explanation){.struct_size = sizeof(khach_explanation)};
}

khach_status khach_difference_read(
    khach_difference *out, khach_client *client, khach_error **error)
{
    khach__clear(error);
    if (out == NULL || client == NULL)
        return khach__missing(error);
    if (out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "difference", sizeof(*out), out->struct_size);
    khach_difference_init(out);
    return khach__since_read(client->cache, out, error);
}

/* --- why a customer is there --- */

static khach_status call(khach_client *client, const char *method, const khach_bytes *request,
    const uint8_t **reply, size_t *reply_bytes, khach_error **error)
{
    khach_call made = {client->address, SYNC_SERVICE, method, client->options.connect_timeout_ms,
        client->options.call_timeout_ms};

    return khach__connection_call(
        &client->connection, &made, request, reply, reply_bytes, error);
}

/* What the server has of a customer; a server that does not answer is no failure. */
static khach_status ask_server(
    khach_client *client, khach_explanation *out, int64_t customer, khach_digest ours)
{
    khach_bytes request = {NULL, 0};
    const uint8_t *reply = NULL;
    size_t reply_bytes = 0;
    khach_sync_page page;
    khach_change change;
    khach_wire wire;
    uint64_t ids_done = 0;

    out->server_word = KHACH_SERVER_SILENT;
    if (khach__compare_records_request(
            &request, client->cache->business_id, 'c', &customer, 1)
        != KHACH_OK)
        return KHACH_E_MEMORY;
    if (call(client, "BatchGetRecords", &request, &reply, &reply_bytes, NULL) == KHACH_OK
        && khach__sync_records_read(&page, &ids_done, reply, reply_bytes, NULL) == KHACH_OK
        && ids_done == 1) {
        wire = khach__wire_open(page.bytes, page.bytes_count);
        out->server_word = KHACH_SERVER_NONE;
        if (khach__sync_change_next(&wire, &change)) {
            out->server_seq = change.seq;
            out->server_word = khach_digest_is_equal(ours,
                                   khach_digest_row(customer, change.seq, change.bytes,
                                       change.bytes_count))
                ? KHACH_SERVER_SAME
                : KHACH_SERVER_OTHER;
        }
    }
    free(request.bytes);
    return KHACH_OK;
}

khach_status khach_explain(
    khach_explanation *out, khach_client *client, const char *id, khach_error **error)
{
    khach_digest ours = {0};
    int64_t customer;
    khach_status status;

    khach__clear(error);
    if (out == NULL || client == NULL || id == NULL)
        return khach__missing(error);
    if (out->struct_size != sizeof(*out))
        return khach__wrong_size(error, "explanation", sizeof(*out), out->struct_size);
    customer = khach__record_number('c', id);
    if (customer < 0)
        return khach__error_set(
            error, KHACH_E_INVALID, "an id like c0000000000001 expected, another found");
    khach_explanation_init(out);
    status = khach__cache_explain(client->cache, out, customer, &ours, error);
    if (status == KHACH_OK && client->address != NULL
        && ask_server(client, out, customer, ours) != KHACH_OK)
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory to ask the server");
    return status;
}

/* --- how the cache is --- */

/* Asks for one change after the cursor, and applies nothing. */
static khach_status look_at_server(
    khach_client *client, khach_checkup *checkup, khach_error **error)
{
    khach_cache_sync sync = {0};
    khach_bytes request = {NULL, 0};
    const uint8_t *reply = NULL;
    size_t reply_bytes = 0;
    khach_sync_page page;
    khach_error *refused = NULL;
    khach_status asked;
    khach_status status = khach__cache_sync_read(client->cache, &sync, error);

    if (status == KHACH_OK
        && khach__sync_request(&request, client->cache->business_id, &sync.cursor, 1, 1)
            != KHACH_OK)
        status = khach__error_set(error, KHACH_E_MEMORY, "no memory to ask the server");
    if (status != KHACH_OK)
        goto done;
    asked = call(client, "PullChanges", &request, &reply, &reply_bytes, &refused);
    if (asked == KHACH_OK)
        asked = khach__sync_page_read(&page, reply, reply_bytes, &refused);
    if (asked != KHACH_OK)
        khach__checkup_add(checkup, "server", KHACH_FINDING_BAD, "%s: %s",
            khach_status_name(asked), khach_error_message(refused));
    else
        khach__checkup_add(checkup, "server", KHACH_FINDING_GOOD,
            "answers, and takes the cursor; the cache is %llu commits behind",
            (unsigned long long)(page.head_seq > sync.seq ? page.head_seq - sync.seq : 0));
    khach_error_free(refused);

done:
    free(request.bytes);
    free(sync.cursor.bytes);
    return status;
}

khach_status khach_checkup_make(
    khach_checkup **out, khach_client *client, khach_error **error)
{
    khach_checkup *made;
    khach_status status;

    khach__clear(error);
    if (out == NULL)
        return khach__missing(error);
    *out = NULL;
    if (client == NULL)
        return khach__missing(error);
    made = calloc(1, sizeof(*made));
    if (made == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory to look");
    status = khach__cache_checkup(client->cache, made, error);
    if (status == KHACH_OK && client->address != NULL)
        status = look_at_server(client, made, error);
    if (status == KHACH_OK)
        *out = made;
    else
        khach_checkup_free(made);
    return status;
}

static const khach_checkup_line *line_at(const khach_checkup *checkup, size_t index)
{
    static const khach_checkup_line none = {.name = ""};

    return checkup == NULL || index >= checkup->count ? &none : &checkup->lines[index];
}

size_t khach_checkup_count(const khach_checkup *checkup)
{
    return checkup == NULL ? 0 : checkup->count;
}

const char *khach_checkup_name_at(const khach_checkup *checkup, size_t index)
{
    return line_at(checkup, index)->name;
}

int32_t khach_checkup_finding_at(const khach_checkup *checkup, size_t index)
{
    return (int32_t)line_at(checkup, index)->finding;
}

const char *khach_checkup_text_at(const khach_checkup *checkup, size_t index)
{
    return line_at(checkup, index)->text;
}

void khach_checkup_free(khach_checkup *checkup)
{
    free(checkup);
}
