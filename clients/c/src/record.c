#include "record.h"

#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define ID_DIGITS 13
/* Instants of the years 1 to 9999, as google.protobuf.Timestamp allows. */
#define SECONDS_MIN INT64_C(-62135596800)
#define SECONDS_MAX INT64_C(253402300799)

static void *arena_take(void *context, size_t bytes)
{
    khach_arena *arena = context;
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *taken;

    if (bytes > KHACH_RECORD_ARENA_BYTES || rounded > KHACH_RECORD_ARENA_BYTES - arena->used)
        return NULL;
    taken = arena->bytes + arena->used;
    arena->used += rounded;
    return taken;
}

static void arena_leave(void *context, void *taken)
{
    (void)context;
    (void)taken;
}

bool khach__arena_open(khach_arena *arena)
{
    arena->allocator = (ProtobufCAllocator){arena_take, arena_leave, arena};
    arena->used = 0;
    arena->bytes = malloc(KHACH_RECORD_ARENA_BYTES);
    return arena->bytes != NULL;
}

void khach__arena_clear(khach_arena *arena)
{
    arena->used = 0;
}

void khach__arena_close(khach_arena *arena)
{
    free(arena->bytes);
    arena->bytes = NULL;
}

static bool check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
    size_t bytes_count, unsigned depth, unsigned *fields_left)
{
    khach_wire wire = khach__wire_open(bytes, bytes_count);
    khach_wire_field field;

    if (depth == 0)
        return false;
    while (khach__wire_next(&wire, &field)) {
        const ProtobufCFieldDescriptor *known;

        if (*fields_left == 0)
            return false;
        (*fields_left)--;
        if (field.type != KHACH_WIRE_BYTES)
            continue;
        known = protobuf_c_message_descriptor_get_field(descriptor, field.number);
        if (known == NULL)
            continue;
        if (known->type == PROTOBUF_C_TYPE_STRING
            && !khach__wire_is_text(field.bytes, field.bytes_count))
            return false;
        if (known->type == PROTOBUF_C_TYPE_MESSAGE
            && !check(known->descriptor, field.bytes, field.bytes_count, depth - 1, fields_left))
            return false;
    }
    return !wire.is_broken;
}

bool khach__record_check(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t bytes_count)
{
    unsigned fields_left = KHACH_RECORD_FIELDS_MAX;

    return check(descriptor, bytes, bytes_count, KHACH_RECORD_DEPTH_MAX, &fields_left);
}

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void khach__record_id(char *out, char letter, int64_t number)
{
    uint64_t rest = (uint64_t)number;

    out[0] = letter;
    for (size_t i = ID_DIGITS; i >= 1; i--, rest >>= 5)
        out[i] = digits[rest & 31];
    out[ID_DIGITS + 1] = '\0';
}

int64_t khach__record_number(char letter, const char *id)
{
    uint64_t number = 0;

    if (id == NULL || strlen(id) != ID_DIGITS + 1 || id[0] != letter)
        return -1;
    for (size_t i = 1; i <= ID_DIGITS; i++) {
        const char *digit = memchr(digits, id[i], sizeof(digits) - 1);

        /* 13 digits hold 65 bits: the first may not lose any, nor reach the sign. */
        if (digit == NULL || (i == 1 && digit - digits > 7))
            return -1;
        number = number << 5 | (uint64_t)(digit - digits);
    }
    return number > INT64_MAX ? -1 : (int64_t)number;
}

int64_t khach__record_ms(const Google__Protobuf__Timestamp *timestamp)
{
    if (timestamp == NULL || timestamp->seconds < SECONDS_MIN || timestamp->seconds > SECONDS_MAX
        || timestamp->nanos < 0 || timestamp->nanos > 999999999)
        return 0;
    return timestamp->seconds * 1000 + timestamp->nanos / 1000000;
}
