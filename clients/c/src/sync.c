#include "sync.h"

#include "khach/v1/sync.pb-c.h"

#include <stdlib.h>

/* Field numbers of PullChangesResponse and Change (Proto/khach/v1/sync.proto). */
enum {
    PAGE_CHANGES = 1,
    PAGE_CURSOR = 2,
    PAGE_HAS_MORE = 3,
    PAGE_SEQ = 5,
    PAGE_HEAD_SEQ = 6,
    PAGE_READ_AT = 7,
    PAGE_CUSTOMERS_ESTIMATE = 8,
    PAGE_TOMBSTONE_HORIZON = 9,
    RECORDS_IDS_DONE = 2,
    RECORDS_SEQ = 3,
    CHANGE_SEQ = 1
};

khach_status khach__sync_request(khach_bytes *out, const char *business_id,
    const khach_bytes *cursor, uint32_t page_rows, uint32_t page_bytes)
{
    Khach__V1__PullChangesRequest request = KHACH__V1__PULL_CHANGES_REQUEST__INIT;

    request.business_id = (char *)(uintptr_t)business_id;
    request.cursor.data = cursor->bytes;
    request.cursor.len = cursor->count;
    request.page_rows_max = page_rows;
    request.page_bytes_max = page_bytes;

    out->count = khach__v1__pull_changes_request__get_packed_size(&request);
    out->bytes = malloc(out->count + 1);
    if (out->bytes == NULL)
        return KHACH_E_MEMORY;
    (void)khach__v1__pull_changes_request__pack(&request, out->bytes);
    return KHACH_OK;
}

/* Reads one Change; false when it is broken. */
static bool change_read(khach_change *change, const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    *change = (khach_change){0};
    while (khach__wire_next(&wire, &field)) {
        if (field.number == CHANGE_SEQ && field.type == KHACH_WIRE_VARINT) {
            change->seq = field.value;
        } else if (field.number >= 2 && field.number <= 5 && field.type == KHACH_WIRE_BYTES) {
            change->kind = (khach_change_kind)(field.number - 1);
            change->bytes = field.bytes;
            change->bytes_count = field.bytes_count;
        }
    }
    return !wire.is_broken;
}

bool khach__sync_change_is_whole(const khach_change *change)
{
    static const ProtobufCMessageDescriptor *const descriptors[] = {
        NULL,
        &khach__v1__business__descriptor,
        &khach__v1__page__descriptor,
        &khach__v1__customer__descriptor,
        &khach__v1__tombstone__descriptor,
    };

    return change->kind == KHACH_CHANGE_NONE
        || khach__record_check(descriptors[change->kind], change->bytes, change->bytes_count);
}

bool khach__sync_change_next(khach_wire *wire, khach_change *change)
{
    khach_wire_field field;

    while (khach__wire_next(wire, &field)) {
        if (field.number == PAGE_CHANGES && field.type == KHACH_WIRE_BYTES)
            return change_read(change, field.bytes, field.bytes_count);
    }
    return false;
}

int64_t khach__sync_ms(const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 1)
            timestamp.seconds = (int64_t)field.value;
        else if (field.number == 2)
            timestamp.nanos = (int32_t)field.value;
    }
    return khach__record_ms(&timestamp);
}

static void page_field(khach_sync_page *page, const khach_wire_field *field)
{
    if (field->type == KHACH_WIRE_VARINT) {
        if (field->number == PAGE_HAS_MORE)
            page->has_more = field->value != 0;
        else if (field->number == PAGE_SEQ)
            page->seq = field->value;
        else if (field->number == PAGE_HEAD_SEQ)
            page->head_seq = field->value;
        else if (field->number == PAGE_CUSTOMERS_ESTIMATE)
            page->customers_estimate = field->value;
        else if (field->number == PAGE_TOMBSTONE_HORIZON)
            page->tombstone_horizon = field->value;
    } else if (field->type == KHACH_WIRE_BYTES) {
        if (field->number == PAGE_CURSOR) {
            page->cursor = field->bytes;
            page->cursor_bytes = field->bytes_count;
        } else if (field->number == PAGE_READ_AT) {
            page->read_at_ms = khach__sync_ms(field->bytes, field->bytes_count);
        }
    }
}

/* Counts and checks a change of a page. */
static khach_status check_next(
    khach_sync_page *page, const khach_wire_field *field, khach_error **error)
{
    khach_change change;

    if (++page->changes_count > KHACH_SYNC_CHANGES_MAX)
        return khach__error_set(error, KHACH_E_PROTOCOL,
            "a page of at most %d changes expected, more found", KHACH_SYNC_CHANGES_MAX);
    if (!change_read(&change, field->bytes, field->bytes_count) || change.seq == 0
        || change.seq > INT64_MAX)
        return khach__error_set(error, KHACH_E_PROTOCOL,
            "a change expected, other bytes found as number %zu", page->changes_count);
    if (!khach__sync_change_is_whole(&change))
        page->broken_count++;
    return KHACH_OK;
}

khach_status khach__sync_page_read(
    khach_sync_page *page, const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    *page = (khach_sync_page){.bytes = bytes, .bytes_count = bytes_count};
    while (khach__wire_next(&wire, &field)) {
        khach_status status = KHACH_OK;

        if (field.number != PAGE_CHANGES || field.type != KHACH_WIRE_BYTES)
            page_field(page, &field);
        else
            status = check_next(page, &field, error);
        if (status != KHACH_OK)
            return status;
    }
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "a page of changes expected, other bytes found");
    if (page->cursor_bytes == 0 || page->cursor_bytes > KHACH_SYNC_CURSOR_BYTES_MAX)
        return khach__error_set(error, KHACH_E_PROTOCOL,
            "a cursor of 1 to %d bytes expected, %zu found", KHACH_SYNC_CURSOR_BYTES_MAX,
            page->cursor_bytes);
    if (page->seq > INT64_MAX || page->head_seq > INT64_MAX
        || page->customers_estimate > INT64_MAX || page->tombstone_horizon > INT64_MAX)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "numbers of at most 63 bits expected, a longer one found");
    return KHACH_OK;
}

khach_status khach__sync_records_read(khach_sync_page *page, uint64_t *ids_done,
    const uint8_t *bytes, size_t bytes_count, khach_error **error)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    *page = (khach_sync_page){.bytes = bytes, .bytes_count = bytes_count};
    *ids_done = 0;
    while (khach__wire_next(&wire, &field)) {
        khach_status status = KHACH_OK;

        if (field.number == PAGE_CHANGES && field.type == KHACH_WIRE_BYTES)
            status = check_next(page, &field, error);
        else if (field.number == RECORDS_IDS_DONE && field.type == KHACH_WIRE_VARINT)
            *ids_done = field.value;
        else if (field.number == RECORDS_SEQ && field.type == KHACH_WIRE_VARINT)
            page->head_seq = field.value;
        if (status != KHACH_OK)
            return status;
    }
    if (wire.is_broken)
        return khach__error_set(
            error, KHACH_E_PROTOCOL, "records expected, other bytes found");
    return KHACH_OK;
}
