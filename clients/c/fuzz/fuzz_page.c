/* Pages of the feed and replies of records: bounded, borrowed from the bytes, and as the generated
 * decoder reads them. */

#include "fuzz.h"

#include "record.h"
#include "sync.h"

#include "khach/v1/sync.pb-c.h"

static void check_changes(const khach_sync_page *page)
{
    khach_wire wire = khach__wire_open(page->bytes, page->bytes_count);
    khach_change change;
    size_t count = 0;
    size_t broken = 0;

    while (khach__sync_change_next(&wire, &change)) {
        count++;
        HOLDS(change.seq > 0 && change.seq <= INT64_MAX);
        HOLDS(fuzz_is_within(change.bytes, change.bytes_count, page->bytes, page->bytes_count));
        HOLDS((unsigned)change.kind <= KHACH_CHANGE_TOMBSTONE);
        broken += !khach__sync_change_is_whole(&change);
    }
    HOLDS(!wire.is_broken);
    HOLDS(count == page->changes_count && count <= KHACH_SYNC_CHANGES_MAX);
    HOLDS(broken == page->broken_count);
}

/* protobuf-c takes a bool of any wire type; a page with such a one cannot be compared. */
static bool has_other_bool(const khach_sync_page *page)
{
    khach_wire wire = khach__wire_open(page->bytes, page->bytes_count);
    khach_wire_field field;

    while (khach__wire_next(&wire, &field)) {
        if (field.number == 3 && field.type != KHACH_WIRE_VARINT)
            return true;
    }
    return false;
}

/* The generated decoder in an arena, so that what is amplified is refused and not allocated. */
static void check_agreement(khach_arena *arena, const khach_sync_page *page)
{
    Khach__V1__PullChangesResponse *read;

    khach__arena_clear(arena);
    read = khach__v1__pull_changes_response__unpack(
        &arena->allocator, page->bytes_count, page->bytes);
    if (read == NULL)
        return;
    HOLDS(read->n_changes == page->changes_count);
    HOLDS(read->cursor.len == page->cursor_bytes);
    HOLDS(memcmp(read->cursor.data, page->cursor, page->cursor_bytes) == 0);
    HOLDS((read->has_more != 0) == page->has_more || has_other_bool(page));
    HOLDS(read->seq == page->seq && read->head_seq == page->head_seq);
    for (size_t i = 0; i < read->n_changes; i++)
        HOLDS(read->changes[i]->seq > 0);
}

static void check_refusal(khach_status status, khach_error *error)
{
    HOLDS(status == KHACH_E_PROTOCOL);
    HOLDS(error != NULL && strstr(khach_error_message(error), "expected") != NULL);
    khach_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static khach_arena arena;
    khach_sync_page page;
    khach_error *error = NULL;
    uint64_t ids_done = 0;
    khach_status status;

    if (bytes_count > FUZZ_INPUT_BYTES_MAX)
        return 0;
    if (arena.bytes == NULL)
        HOLDS(khach__arena_open(&arena));

    status = khach__sync_page_read(&page, bytes, bytes_count, &error);
    if (status == KHACH_OK) {
        HOLDS(page.cursor_bytes > 0 && page.cursor_bytes <= KHACH_SYNC_CURSOR_BYTES_MAX);
        HOLDS(fuzz_is_within(page.cursor, page.cursor_bytes, bytes, bytes_count));
        HOLDS(page.seq <= INT64_MAX && page.head_seq <= INT64_MAX);
        check_changes(&page);
        check_agreement(&arena, &page);
    } else {
        check_refusal(status, error);
    }

    error = NULL;
    status = khach__sync_records_read(&page, &ids_done, bytes, bytes_count, &error);
    if (status == KHACH_OK)
        check_changes(&page);
    else
        check_refusal(status, error);
    return 0;
}
