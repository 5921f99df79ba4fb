/* Records: one that is taken decodes within its arena, has only text in it, and is taken again
 * when it is written; a notice is as the generated decoder reads it. The first byte says which. */

#include "fuzz.h"

#include "notice.h"
#include "record.h"
#include "wire.h"

#include "khach/v1/sync.pb-c.h"

static void check_texts(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *kind = message->descriptor;

    for (unsigned i = 0; i < kind->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &kind->fields[i];
        const void *member = (const char *)message + field->offset;
        size_t count = 1;

        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            count = *(const size_t *)(const void *)((const char *)message
                + field->quantifier_offset);
            member = *(const void *const *)member;
        }
        for (size_t n = 0; n < count; n++) {
            const void *value = field->type == PROTOBUF_C_TYPE_STRING
                    || field->type == PROTOBUF_C_TYPE_MESSAGE
                ? ((const void *const *)member)[n]
                : NULL;

            if (value == NULL)
                continue;
            if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                check_texts(value);
            else
                HOLDS(khach__wire_is_text(value, strlen(value)));
        }
    }
}

static void check_record(khach_arena *arena, const ProtobufCMessageDescriptor *kind,
    const uint8_t *bytes, size_t bytes_count)
{
    ProtobufCMessage *message;
    size_t count;
    uint8_t *written;

    if (!khach__record_check(kind, bytes, bytes_count))
        return;
    khach__arena_clear(arena);
    message = protobuf_c_message_unpack(kind, &arena->allocator, bytes_count, bytes);
    HOLDS(arena->used <= KHACH_RECORD_ARENA_BYTES);
    if (message == NULL)
        return;
    check_texts(message);
    count = protobuf_c_message_get_packed_size(message);
    /* Defaults may be written out in full; no more than that is added. */
    HOLDS(count <= 2 * bytes_count + KHACH_RECORD_FIELDS_MAX);
    written = malloc(count + 1);
    HOLDS(written != NULL);
    HOLDS(protobuf_c_message_pack(message, written) == count);
    HOLDS(khach__record_check(kind, written, count));
    free(written);
}

static void check_notice(const uint8_t *bytes, size_t bytes_count)
{
    Khach__V1__WatchChangesResponse *read;
    khach_notice notice;

    if (!khach__notice_read(&notice, bytes, bytes_count))
        return;
    HOLDS(notice.read_at_ms >= INT64_C(-62135596800000)
        && notice.read_at_ms <= INT64_C(253402300799999));
    read = khach__v1__watch_changes_response__unpack(NULL, bytes_count, bytes);
    if (read == NULL)
        return;
    if (read->event_case == KHACH__V1__WATCH_CHANGES_RESPONSE__EVENT_POKE
        && read->poke->head_seq != 0)
        HOLDS(notice.head_seq == read->poke->head_seq);
    khach__v1__watch_changes_response__free_unpacked(read, NULL);
}

/* A number that can be read out of a text is written as that text. */
static void check_id(const uint8_t *bytes, size_t bytes_count)
{
    char text[KHACH_RECORD_ID_BYTES + 1] = {0};
    char again[KHACH_RECORD_ID_BYTES];
    int64_t number;

    memcpy(text, bytes, bytes_count < KHACH_RECORD_ID_BYTES ? bytes_count : KHACH_RECORD_ID_BYTES);
    number = khach__record_number('c', text);
    if (number < 0)
        return;
    khach__record_id(again, 'c', number);
    HOLDS(strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static const ProtobufCMessageDescriptor *const kinds[] = {
        &khach__v1__business__descriptor,
        &khach__v1__page__descriptor,
        &khach__v1__customer__descriptor,
        &khach__v1__tombstone__descriptor,
    };
    static khach_arena arena;
    size_t kind;

    if (bytes_count == 0 || bytes_count > FUZZ_INPUT_BYTES_MAX)
        return 0;
    if (arena.bytes == NULL)
        HOLDS(khach__arena_open(&arena));
    kind = bytes[0] % 6;
    bytes++;
    bytes_count--;
    if (kind < 4)
        check_record(&arena, kinds[kind], bytes, bytes_count);
    else if (kind == 4)
        check_notice(bytes, bytes_count);
    else
        check_id(bytes, bytes_count);
    return 0;
}
