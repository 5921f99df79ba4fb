#include "compare.h"

#include "khach/v1/sync.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* Field numbers (Proto/khach/v1/sync.proto). */
enum {
    DIGESTS_SEQ = 2,
    DIGESTS_CURSOR = 3,
    DIGESTS_PAGES = 4,
    DIGESTS_READ_AT = 5,
    PAGE_ID = 1,
    PAGE_COUNT = 2,
    PAGE_SUM = 3,
    PAGE_SLOTS = 4,
    REVISIONS_REVISIONS = 1,
    REVISIONS_TOKEN = 2,
    REVISIONS_SEQ = 3,
    REVISION_ID = 1,
    REVISION_SEQ = 2,
    REVISION_HASH = 3
};

/* --- requests --- */

static khach_status pack(khach_bytes *out, const ProtobufCMessage *message)
{
    out->count = protobuf_c_message_get_packed_size(message);
    out->bytes = malloc(out->count + 1);
    if (out->bytes == NULL)
        return KHACH_E_MEMORY;
    (void)protobuf_c_message_pack(message, out->bytes);
    return KHACH_OK;
}

/* Ids as texts; `*texts` is yours, one block. */
static khach_status make_ids(char ***texts, char letter, const int64_t *ids, size_t count)
{
    char *text;

    *texts = malloc(count * (sizeof(char *) + KHACH_RECORD_ID_BYTES) + 1);
    if (*texts == NULL)
        return KHACH_E_MEMORY;
    text = (char *)(*texts + count);
    for (size_t i = 0; i < count; i++) {
        (*texts)[i] = text + i * KHACH_RECORD_ID_BYTES;
        khach__record_id((*texts)[i], letter, ids[i]);
    }
    return KHACH_OK;
}

khach_status khach__compare_digests_request(
    khach_bytes *out, const char *business_id, const int64_t *pages, size_t pages_count)
{
    Khach__V1__GetDigestsRequest request = KHACH__V1__GET_DIGESTS_REQUEST__INIT;
    char **texts = NULL;
    khach_status status = make_ids(&texts, 'p', pages, pages_count);

    if (status != KHACH_OK)
        return status;
    request.business_id = (char *)(uintptr_t)business_id;
    request.n_page_ids = pages_count;
    request.page_ids = texts;
    request.with_slots = pages_count > 0;
    request.version = KHACH_DIGEST_VERSION;
    status = pack(out, &request.base);
    free(texts);
    return status;
}

khach_status khach__compare_revisions_request(khach_bytes *out, const char *business_id,
    int64_t page, const uint8_t *slots, const char *token)
{
    Khach__V1__ListRevisionsRequest request = KHACH__V1__LIST_REVISIONS_REQUEST__INIT;
    uint32_t numbers[KHACH_DIGEST_SLOTS];
    char page_id[KHACH_RECORD_ID_BYTES];

    khach__record_id(page_id, 'p', page);
    request.business_id = (char *)(uintptr_t)business_id;
    request.page_id = page_id;
    request.slots = numbers;
    request.page_token = (char *)(uintptr_t)token;
    for (uint32_t slot = 0; slot < KHACH_DIGEST_SLOTS; slot++) {
        if (slots[slot] != 0)
            numbers[request.n_slots++] = slot;
    }
    return pack(out, &request.base);
}

khach_status khach__compare_records_request(khach_bytes *out, const char *business_id, char letter,
    const int64_t *ids, size_t ids_count)
{
    Khach__V1__BatchGetRecordsRequest request = KHACH__V1__BATCH_GET_RECORDS_REQUEST__INIT;
    char **texts = NULL;
    khach_status status = make_ids(&texts, letter, ids, ids_count);

    if (status != KHACH_OK)
        return status;
    request.business_id = (char *)(uintptr_t)business_id;
    request.n_ids = ids_count;
    request.ids = texts;
    status = pack(out, &request.base);
    free(texts);
    return status;
}

/* --- replies --- */

static bool read_page(khach_page_digest *page, const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    uint8_t slot[KHACH_DIGEST_SLOT_BYTES] = {0};
    uint64_t count = 0;
    bool has_sum = false;

    *page = (khach_page_digest){0};
    while (khach__wire_next(&wire, &field)) {
        if (field.number == PAGE_COUNT && field.type == KHACH_WIRE_VARINT) {
            count = field.value;
        } else if (field.type != KHACH_WIRE_BYTES) {
            continue;
        } else if (field.number == PAGE_ID && field.bytes_count == KHACH_RECORD_ID_BYTES - 1) {
            char id[KHACH_RECORD_ID_BYTES] = {0};

            memcpy(id, field.bytes, field.bytes_count);
            page->page = khach__record_number('p', id);
            if (page->page <= 0)
                return false;
        } else if (field.number == PAGE_SUM && field.bytes_count == KHACH_DIGEST_SUM_BYTES) {
            memcpy(slot, field.bytes, field.bytes_count);
            has_sum = true;
        } else if (field.number == PAGE_SLOTS
            && field.bytes_count == KHACH_DIGEST_SLOTS * KHACH_DIGEST_SLOT_BYTES) {
            page->slots = field.bytes;
        } else if (field.number <= PAGE_SLOTS && field.bytes_count > 0) {
            return false;
        }
    }
    page->sum = khach_digest_read_slot(slot);
    page->sum.count = count;
    return !wire.is_broken && has_sum;
}

static int by_page(const void *left, const void *right)
{
    int64_t a = ((const khach_page_digest *)left)->page;
    int64_t b = ((const khach_page_digest *)right)->page;

    return (a > b) - (a < b);
}

static int64_t read_time(const khach_wire_field *field)
{
    khach_wire wire = khach__wire_open(field->bytes, field->bytes_count);
    khach_wire_field part;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    while (khach__wire_next(&wire, &part)) {
        if (part.number == 1)
            time.seconds = (int64_t)part.value;
        else if (part.number == 2)
            time.nanos = (int32_t)part.value;
    }
    return khach__record_ms(&time);
}

static khach_status broken_digests(khach_error **error)
{
    return khach__error_set(error, KHACH_E_PROTOCOL, "digests expected, other bytes found");
}

khach_status khach__compare_digests_read(
    khach_digests *out, const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    size_t room = 0;

    *out = (khach_digests){0};
    while (khach__wire_next(&wire, &field))
        room += field.number == DIGESTS_PAGES && field.type == KHACH_WIRE_BYTES;
    if (room > KHACH_ENGINE_PAGES_MAX)
        return khach__error_set(error, KHACH_E_PROTOCOL,
            "digests of at most %d pages expected, %zu found", KHACH_ENGINE_PAGES_MAX, room);
    out->pages = calloc(room + 1, sizeof(*out->pages));
    if (out->pages == NULL)
        return khach__error_set(error, KHACH_E_MEMORY, "no memory for digests");

    wire = khach__wire_open(bytes, bytes_count);
    while (khach__wire_next(&wire, &field)) {
        if (field.number == DIGESTS_SEQ && field.type == KHACH_WIRE_VARINT) {
            out->seq = field.value;
        } else if (field.number == DIGESTS_CURSOR && field.type == KHACH_WIRE_BYTES) {
            out->cursor = field.bytes;
            out->cursor_bytes = field.bytes_count;
        } else if (field.number == DIGESTS_READ_AT && field.type == KHACH_WIRE_BYTES) {
            out->read_at_ms = read_time(&field);
        } else if (field.number == DIGESTS_PAGES && field.type == KHACH_WIRE_BYTES) {
            if (!read_page(&out->pages[out->pages_count++], field.bytes, field.bytes_count))
                return broken_digests(error);
        }
    }
    if (wire.is_broken || out->cursor_bytes == 0
        || out->cursor_bytes > KHACH_SYNC_CURSOR_BYTES_MAX || out->seq > INT64_MAX)
        return broken_digests(error);
    qsort(out->pages, out->pages_count, sizeof(*out->pages), by_page);
    for (size_t i = 0; i < out->pages_count; i++) {
        if (i > 0 && out->pages[i].page == out->pages[i - 1].page)
            return broken_digests(error);
    }
    if (out->pages_count == 0 || out->pages[0].page != 0)
        return broken_digests(error);
    return KHACH_OK;
}

static bool read_revision(khach_row_revision *row, const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    bool has_hash = false;

    *row = (khach_row_revision){0};
    while (khach__wire_next(&wire, &field)) {
        if (field.number == REVISION_ID && field.type == KHACH_WIRE_VARINT) {
            row->id = (int64_t)field.value;
        } else if (field.number == REVISION_SEQ && field.type == KHACH_WIRE_VARINT) {
            row->seq = field.value;
        } else if (field.number == REVISION_HASH && field.type == KHACH_WIRE_BYTES
            && field.bytes_count == KHACH_DIGEST_SUM_BYTES) {
            uint8_t slot[KHACH_DIGEST_SLOT_BYTES] = {0};
            khach_digest digest;

            memcpy(slot, field.bytes, field.bytes_count);
            digest = khach_digest_read_slot(slot);
            row->low = digest.low;
            row->high = digest.high;
            has_hash = true;
        }
    }
    return !wire.is_broken && has_hash && row->id > 0 && row->seq > 0 && row->seq <= INT64_MAX;
}

khach_status khach__compare_revisions_read(khach_revisions *list, char *token, uint64_t *seq,
    const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    token[0] = '\0';
    *seq = 0;
    while (khach__wire_next(&wire, &field)) {
        if (field.number == REVISIONS_SEQ && field.type == KHACH_WIRE_VARINT) {
            *seq = field.value;
        } else if (field.number == REVISIONS_TOKEN && field.type == KHACH_WIRE_BYTES) {
            if (field.bytes_count >= KHACH_COMPARE_TOKEN_BYTES_MAX
                || !khach__wire_is_text(field.bytes, field.bytes_count))
                return khach__error_set(error, KHACH_E_PROTOCOL,
                    "a token of less than %d bytes expected, another found",
                    KHACH_COMPARE_TOKEN_BYTES_MAX);
            memcpy(token, field.bytes, field.bytes_count);
            token[field.bytes_count] = '\0';
        } else if (field.number == REVISIONS_REVISIONS && field.type == KHACH_WIRE_BYTES) {
            khach_row_revision row;

            if (!read_revision(&row, field.bytes, field.bytes_count)
                || (list->count > 0 && row.id <= list->rows[list->count - 1].id))
                return khach__error_set(
                    error, KHACH_E_PROTOCOL, "revisions in order of id expected, others found");
            if (!khach__revisions_add(list, row))
                return khach__error_set(error, KHACH_E_MEMORY, "no memory for revisions");
        }
    }
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "revisions expected, other bytes found");
    return KHACH_OK;
}
