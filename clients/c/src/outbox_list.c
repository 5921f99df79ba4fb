/* The outbox as callers read it. */

#include "decode.h"
#include "outbox.h"

#include <stdlib.h>

typedef struct listed {
    Khach__V1__ClientMutation *mutation; /* NULL for one that was taken back, or erased */
    Khach__V1__MutationOutcome *outcome; /* NULL while there is none */
    uint64_t id;
    int32_t state;
    char customer[KHACH_RECORD_ID_BYTES];
} listed;

struct khach_outbox_list {
    listed *entries;
    size_t count;
    size_t room;
};

static khach_status add(
    khach_outbox_list *list, sqlite3_stmt *row, khach_error **error)
{
    size_t payload_bytes = (size_t)sqlite3_column_bytes(row, 3);
    size_t outcome_bytes = (size_t)sqlite3_column_bytes(row, 4);
    khach_decoder decoder;
    listed *entry;

    if (list->count == list->room) {
        size_t room = list->room * 2 + 16;
        listed *grown = realloc(list->entries, room * sizeof(*grown));

        if (grown == NULL)
            return khach__error_set(error, KHACH_E_MEMORY, "no memory for a list");
        list->entries = grown;
        list->room = room;
    }
    entry = &list->entries[list->count++];
    *entry = (listed){.id = (uint64_t)sqlite3_column_int64(row, 0),
        .state = sqlite3_column_int(row, 1)};
    khach__record_id(entry->customer, 'c', sqlite3_column_int64(row, 2));
    khach__decoder_open(&decoder);
    if (payload_bytes > 0)
        entry->mutation = khach__v1__client_mutation__unpack(
            &decoder.allocator, payload_bytes, sqlite3_column_blob(row, 3));
    if (outcome_bytes > 0)
        entry->outcome = khach__v1__mutation_outcome__unpack(
            &decoder.allocator, outcome_bytes, sqlite3_column_blob(row, 4));
    if ((payload_bytes > 0 && entry->mutation == NULL)
        || (outcome_bytes > 0 && entry->outcome == NULL))
        return khach__decoder_failure(
            &decoder, error, KHACH_E_CACHE_CORRUPT, "an edit of the outbox");
    return KHACH_OK;
}

khach_status khach__outbox_list(
    khach_cache *cache, khach_outbox_list **out, khach_error **error)
{
    sqlite3_stmt *row = NULL;
    khach_outbox_list *list = calloc(1, sizeof(*list));
    khach_status status;
    int result = SQLITE_DONE;

    if (list == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for a list");
    status = khach__cache_prepare(cache, &row,
        "SELECT mutation_id, state, customer, payload, outcome FROM outbox WHERE is_closed = 0"
        " ORDER BY mutation_id",
        error);
    while (status == KHACH_OK && (result = sqlite3_step(row)) == SQLITE_ROW)
        status = add(list, row, error);
    if (status == KHACH_OK && result != SQLITE_DONE)
        status = khach__cache_failure(cache, error);
    khach__cache_done(cache, row);
    if (status == KHACH_OK) {
        *out = list;
        list = NULL;
    }
    khach_outbox_list_free(list);
    return status;
}

void khach_outbox_list_free(khach_outbox_list *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++) {
        khach__v1__client_mutation__free_unpacked(list->entries[i].mutation, NULL);
        khach__v1__mutation_outcome__free_unpacked(list->entries[i].outcome, NULL);
    }
    free(list->entries);
    free(list);
}

size_t khach_outbox_list_count(const khach_outbox_list *list)
{
    return list == NULL ? 0 : list->count;
}

static const listed *entry_at(const khach_outbox_list *list, size_t index)
{
    return list == NULL || index >= list->count ? NULL : &list->entries[index];
}

static const Khach__V1__ClientMutation *mutation_at(const khach_outbox_list *list, size_t index)
{
    const listed *entry = entry_at(list, index);

    return entry == NULL ? NULL : entry->mutation;
}

static const Khach__V1__MutationOutcome *outcome_at(const khach_outbox_list *list, size_t index)
{
    const listed *entry = entry_at(list, index);

    return entry == NULL ? NULL : entry->outcome;
}

uint64_t khach_outbox_list_id_at(const khach_outbox_list *list, size_t index)
{
    const listed *entry = entry_at(list, index);

    return entry == NULL ? 0 : entry->id;
}

const char *khach_outbox_list_customer_at(const khach_outbox_list *list, size_t index)
{
    const listed *entry = entry_at(list, index);

    return entry == NULL ? "" : entry->customer;
}

int32_t khach_outbox_list_state_at(const khach_outbox_list *list, size_t index)
{
    const listed *entry = entry_at(list, index);

    return entry == NULL ? 0 : entry->state;
}

int32_t khach_outbox_list_kind_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__ClientMutation *mutation = mutation_at(list, index);

    if (mutation == NULL)
        return KHACH_EDIT_NONE;
    switch (mutation->change_case) {
    case KHACH__V1__CLIENT_MUTATION__CHANGE_ADDRESS:
        return KHACH_EDIT_ADDRESS;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_MANUAL_NAME:
        return KHACH_EDIT_MANUAL_NAME;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_BLOCK:
        return KHACH_EDIT_BLOCK;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_UNBLOCK:
        return KHACH_EDIT_UNBLOCK;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_ADD_CONTACT:
        return KHACH_EDIT_ADD_CONTACT;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_REJECT_CONTACT:
        return KHACH_EDIT_REJECT_CONTACT;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_PIN_CONTACT:
        return KHACH_EDIT_PIN_CONTACT;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_UNPIN_CONTACT:
        return KHACH_EDIT_UNPIN_CONTACT;
    default:
        return KHACH_EDIT_NONE;
    }
}

/* The contact of a mutation; all of them lie in one place of a union. */
static const Khach__V1__EditContact *contact_at(const khach_outbox_list *list, size_t index)
{
    return khach_outbox_list_kind_at(list, index) >= KHACH_EDIT_ADD_CONTACT
        ? mutation_at(list, index)->add_contact
        : NULL;
}

int32_t khach_outbox_list_contact_kind_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__EditContact *contact = contact_at(list, index);

    return contact == NULL ? 0 : (int32_t)contact->kind;
}

const char *khach_outbox_list_text_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__ClientMutation *mutation = mutation_at(list, index);

    switch (khach_outbox_list_kind_at(list, index)) {
    case KHACH_EDIT_NONE:
        return "";
    case KHACH_EDIT_ADDRESS:
    case KHACH_EDIT_MANUAL_NAME:
        return mutation->address->text;
    case KHACH_EDIT_BLOCK:
    case KHACH_EDIT_UNBLOCK:
        return mutation->block->reason;
    default:
        return mutation->add_contact->value;
    }
}

const char *khach_outbox_list_actor_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__ClientMutation *mutation = mutation_at(list, index);

    return mutation == NULL ? "" : mutation->actor;
}

int64_t khach_outbox_list_made_at_ms_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__ClientMutation *mutation = mutation_at(list, index);

    return mutation == NULL ? 0 : khach__record_ms(mutation->made_at);
}

const char *khach_outbox_list_reason_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__MutationOutcome *outcome = outcome_at(list, index);

    return outcome == NULL ? "" : outcome->reason;
}

const char *khach_outbox_list_message_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__MutationOutcome *outcome = outcome_at(list, index);

    return outcome == NULL ? "" : outcome->message;
}

const char *khach_outbox_list_stored_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__MutationOutcome *outcome = outcome_at(list, index);

    return outcome == NULL || outcome->stored == NULL ? "" : outcome->stored->text;
}

const char *khach_outbox_list_stored_by_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__MutationOutcome *outcome = outcome_at(list, index);

    return outcome == NULL || outcome->stored == NULL ? "" : outcome->stored->updated_by;
}

uint64_t khach_outbox_list_seq_at(const khach_outbox_list *list, size_t index)
{
    const Khach__V1__MutationOutcome *outcome = outcome_at(list, index);

    return outcome == NULL ? 0 : outcome->seq;
}
