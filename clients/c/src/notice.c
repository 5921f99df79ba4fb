#include "notice.h"

#include "sync.h"
#include "wire.h"

#include "khach/v1/sync.pb-c.h"

#include <stdlib.h>

/* Field numbers of WatchChangesResponse, Poke and Bookmark (Proto/khach/v1/sync.proto). */
enum {
    EVENT_POKE = 1,
    EVENT_BOOKMARK = 2,
    NOTICE_SEQ = 1,
    BOOKMARK_READ_AT = 2
};

khach_status khach__notice_request(
    khach_bytes *out, const char *business_id, const khach_bytes *cursor)
{
    Khach__V1__WatchChangesRequest request = KHACH__V1__WATCH_CHANGES_REQUEST__INIT;

    request.business_id = (char *)(uintptr_t)business_id;
    request.cursor.data = cursor->bytes;
    request.cursor.len = cursor->count;
    out->count = khach__v1__watch_changes_request__get_packed_size(&request);
    out->bytes = malloc(out->count + 1);
    if (out->bytes == NULL)
        return KHACH_E_MEMORY;
    (void)khach__v1__watch_changes_request__pack(&request, out->bytes);
    return KHACH_OK;
}

static bool read_event(khach_notice *notice, const khach_wire_field *event)
{
    khach_wire wire = khach__wire_open(event->bytes, event->bytes_count);
    khach_wire_field field;

    while (khach__wire_next(&wire, &field)) {
        if (field.number == NOTICE_SEQ && field.type == KHACH_WIRE_VARINT)
            notice->head_seq = field.value;
        else if (event->number == EVENT_BOOKMARK && field.number == BOOKMARK_READ_AT
            && field.type == KHACH_WIRE_BYTES)
            notice->read_at_ms = khach__sync_ms(field.bytes, field.bytes_count);
    }
    return !wire.is_broken;
}

bool khach__notice_read(khach_notice *notice, const uint8_t *bytes, size_t bytes_count)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;
    bool is_whole = true;

    *notice = (khach_notice){0, 0};
    while (is_whole && khach__wire_next(&wire, &field)) {
        if ((field.number == EVENT_POKE || field.number == EVENT_BOOKMARK)
            && field.type == KHACH_WIRE_BYTES)
            is_whole = read_event(notice, &field);
    }
    return is_whole && !wire.is_broken;
}
