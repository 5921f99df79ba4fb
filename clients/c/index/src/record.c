/* What the index needs of a record: an encoded khach.v1.Customer, read without decoding it. */

#include "field.h"
#include "index.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of fields of khach.v1.Customer. */
enum {
    CUSTOMER_ID = 1,
    CUSTOMER_PAGE_ID = 2,
    CUSTOMER_CHANNEL = 3,
    CUSTOMER_NAME = 5,
    CUSTOMER_NAME_STATUS = 6,
    CUSTOMER_CREATED_AT = 8,
    CUSTOMER_FIRST_RECORDED_AT = 9,
    CUSTOMER_FIRST_INBOUND_AT = 10,
    CUSTOMER_LAST_INBOUND_AT = 11,
    CUSTOMER_PHONES = 13,
    CUSTOMER_EMAILS = 14,
    CUSTOMER_BLOCK = 16,
    CUSTOMER_DAYS = 17
};
enum { BLOCK_STATE_BLOCKED = 3, BLOCK_STATE_PENDING_UNBLOCK = 4 };

#define ID_DIGITS 13
/* What a day before has room for. */
#define DAY_MAX ((1 << SINCE_BITS) - 1)
/* What the activity of a day has room for, beside its kinds. */
#define CONVERSATIONS_MAX ((UINT32_C(1) << (32 - KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT)) - 1)

/* The number in an identifier's text; -1 when it is none. */
static int64_t read_id(const field *id, char letter)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t number = 0;

    if (id->bytes_count != ID_DIGITS + 1 || id->bytes[0] != (uint8_t)letter)
        return -1;
    for (size_t i = 1; i <= ID_DIGITS; i++) {
        const char *digit = memchr(digits, id->bytes[i], sizeof(digits) - 1);

        if (digit == NULL || (i == 1 && digit - digits > 7))
            return -1;
        number = number << 5 | (uint64_t)(digit - digits);
    }
    return number > INT64_MAX ? -1 : (int64_t)number;
}

/* Milliseconds of a google.protobuf.Timestamp. */
static int64_t read_instant(const field *timestamp)
{
    field_reader reader = field_open(timestamp->bytes, timestamp->bytes_count);
    field part;
    int64_t seconds = 0;
    int64_t nanos = 0;

    while (field_next(&reader, &part)) {
        if (part.number == 1)
            seconds = (int64_t)part.value;
        else if (part.number == 2)
            nanos = (int64_t)part.value;
    }
    /* The years 1 to 9999. */
    if (seconds < INT64_C(-62135596800) || seconds > INT64_C(253402300799) || nanos < 0
        || nanos > 999999999)
        return 0;
    return seconds * 1000 + nanos / 1000000;
}

/* The array with room for one more; NULL when there is no memory, and then it is as it was. */
static void *with_room(void *items, size_t count, size_t *room, size_t bytes)
{
    size_t more = *room * 2 + 8;
    void *grown;

    if (count < *room)
        return items;
    grown = realloc(items, more * bytes);
    if (grown != NULL)
        *room = more;
    return grown;
}

static khach_index_day read_day(const field *day)
{
    field_reader reader = field_open(day->bytes, day->bytes_count);
    khach_index_day out = {0};
    field part;

    while (field_next(&reader, &part)) {
        if (part.number == 1)
            out.day = part.value < UINT64_C(1) << SINCE_BITS ? (int32_t)part.value : 0;
        else if (part.number >= 2 && part.number <= 4 && part.value != 0)
            out.activity |= UINT32_C(1) << (part.number - 2);
        else if (part.number == 5)
            out.activity |= (uint32_t)(part.value < CONVERSATIONS_MAX ? part.value
                                                                     : CONVERSATIONS_MAX)
                << KHACH_DAY_COMMENT_CONVERSATIONS_SHIFT;
    }
    return out;
}

/* A kind's day before, for the day after `last`. */
static int64_t since_of(const khach_index_day *last, bool is_last, int kind)
{
    return (is_last ? last->day : since_day(last->since, kind)) << (kind * SINCE_BITS);
}

/* Puts a day behind the first `at`, with the days before it. */
static khach_index_status insert_day(
    khach_index_customer *customer, size_t at, khach_index_day day)
{
    khach_index_day *days =
        with_room(customer->days, customer->days_count, &customer->days_room, sizeof(*days));

    if (days == NULL)
        return KHACH_INDEX_MEMORY;
    customer->days = days;
    if (at > 0) {
        const khach_index_day *last = &days[at - 1];
        uint32_t kinds = last->activity & (KHACH_DAY_MESSAGED | KHACH_DAY_COMMENTED);

        day.since = since_of(last, kinds != 0, SINCE_ANY)
            | since_of(last, (kinds & KHACH_DAY_MESSAGED) != 0, SINCE_MESSAGE)
            | since_of(last, (kinds & KHACH_DAY_COMMENTED) != 0, SINCE_COMMENT);
    }
    memmove(&days[at + 1], &days[at], (customer->days_count - at) * sizeof(*days));
    days[at] = day;
    customer->days_count++;
    return KHACH_INDEX_OK;
}

static khach_index_status add_day(khach_index_customer *customer, const field *given)
{
    khach_index_day day = read_day(given);
    size_t count = customer->days_count;

    /* Days ascend; one that does not could be no row of its own. */
    if (day.day <= (count == 0 ? 0 : customer->days[count - 1].day))
        return KHACH_INDEX_OK;
    return insert_day(customer, count, day);
}

/* The last message has a day, as any zone may count it, or there is one without activity for it:
 * delivered again with a later time, it counts on the day of the first. So whoever goes through the
 * days from the newest meets everyone who wrote in the order of their last messages, but for what
 * zones make of a day. A day without activity is in no count. */
static khach_index_status add_latest(khach_index_customer *customer)
{
    int64_t day = customer->last_inbound_at / DAY_MS;
    int64_t low = customer->last_inbound_at % DAY_MS < DAY_SLACK_MS ? day - 1 : day;
    size_t at = customer->days_count;

    if (customer->last_inbound_at <= 0)
        return KHACH_INDEX_OK;
    day = day < 1 ? 1 : day < DAY_MAX ? day : DAY_MAX;
    while (at > 0 && customer->days[at - 1].day > day + 1)
        at--;
    if (at > 0 && customer->days[at - 1].day >= low)
        return KHACH_INDEX_OK;
    return insert_day(customer, at, (khach_index_day){.day = (int32_t)day});
}

static khach_index_status add_contact(
    khach_index_customer *customer, const field *given, int32_t kind)
{
    field_reader reader = field_open(given->bytes, given->bytes_count);
    khach_index_contact point = {.kind = kind, .value = ""};
    khach_index_contact *contacts;
    bool is_rejected = false;
    field part;

    while (field_next(&reader, &part)) {
        if (part.number == 1 && part.type == 2) {
            point.value = (const char *)part.bytes;
            point.value_bytes = part.bytes_count;
        } else if (part.number == 2) {
            is_rejected = part.value != 0;
        } else if (part.number == 4 && part.type == 2) {
            point.first_seen_at = read_instant(&part);
        }
    }
    if (is_rejected)
        return KHACH_INDEX_OK;
    customer->traits |= kind == 1 ? KHACH_TRAIT_HAS_PHONE : KHACH_TRAIT_HAS_EMAIL;
    for (size_t i = 0; i < customer->contacts_count; i++) {
        const khach_index_contact *known = &customer->contacts[i];

        if (known->kind == kind && known->value_bytes == point.value_bytes
            && memcmp(known->value, point.value, point.value_bytes) == 0)
            return KHACH_INDEX_OK;
    }
    contacts = with_room(customer->contacts, customer->contacts_count, &customer->contacts_room,
        sizeof(*contacts));
    if (contacts == NULL)
        return KHACH_INDEX_MEMORY;
    customer->contacts = contacts;
    contacts[customer->contacts_count++] = point;
    return KHACH_INDEX_OK;
}

static khach_index_status add_interval(khach_index_customer *customer, const field *given)
{
    field_reader reader = field_open(given->bytes, given->bytes_count);
    khach_index_block interval = {0, INT64_MAX};
    khach_index_block *blocks;
    field part;

    while (field_next(&reader, &part)) {
        if (part.number == 1 && part.type == 2)
            interval.from = read_instant(&part);
        else if (part.number == 2 && part.type == 2)
            interval.until = read_instant(&part);
    }
    blocks = with_room(
        customer->blocks, customer->blocks_count, &customer->blocks_room, sizeof(*blocks));
    if (blocks == NULL)
        return KHACH_INDEX_MEMORY;
    customer->blocks = blocks;
    blocks[customer->blocks_count++] = interval;
    return KHACH_INDEX_OK;
}

static khach_index_status add_block(khach_index_customer *customer, const field *given)
{
    field_reader reader = field_open(given->bytes, given->bytes_count);
    khach_index_status status = KHACH_INDEX_OK;
    field part;

    while (status == KHACH_INDEX_OK && field_next(&reader, &part)) {
        if (part.number == 1
            && (part.value == BLOCK_STATE_BLOCKED || part.value == BLOCK_STATE_PENDING_UNBLOCK))
            customer->traits |= KHACH_TRAIT_BLOCKED;
        else if (part.number == 6 && part.type == 2)
            status = add_interval(customer, &part);
    }
    return status;
}

/* A field that is a message or a text of its own. */
static khach_index_status read_bytes(khach_index_customer *customer, const field *part)
{
    switch (part->number) {
    case CUSTOMER_ID:
        customer->id = read_id(part, 'c');
        return customer->id < 0 ? KHACH_INDEX_CORRUPT : KHACH_INDEX_OK;
    case CUSTOMER_PAGE_ID:
        customer->page_id = read_id(part, 'p');
        return customer->page_id < 0 ? KHACH_INDEX_CORRUPT : KHACH_INDEX_OK;
    case CUSTOMER_NAME:
        customer->name = (const char *)part->bytes;
        customer->name_bytes = part->bytes_count;
        return KHACH_INDEX_OK;
    case CUSTOMER_CREATED_AT:
        customer->created_at = read_instant(part);
        return KHACH_INDEX_OK;
    case CUSTOMER_FIRST_RECORDED_AT:
        customer->first_recorded_at = read_instant(part);
        return KHACH_INDEX_OK;
    case CUSTOMER_FIRST_INBOUND_AT:
        customer->first_inbound_at = read_instant(part);
        return KHACH_INDEX_OK;
    case CUSTOMER_LAST_INBOUND_AT:
        customer->last_inbound_at = read_instant(part);
        return KHACH_INDEX_OK;
    case CUSTOMER_PHONES:
        return add_contact(customer, part, 1);
    case CUSTOMER_EMAILS:
        return add_contact(customer, part, 2);
    case CUSTOMER_BLOCK:
        return add_block(customer, part);
    case CUSTOMER_DAYS:
        return add_day(customer, part);
    default:
        return KHACH_INDEX_OK;
    }
}

khach_index_status khach_index_customer_read(
    khach_index_customer *customer, const uint8_t *record, size_t record_bytes)
{
    field_reader reader = field_open(record, record_bytes);
    khach_index_status status = KHACH_INDEX_OK;
    uint64_t channel = 0;
    uint64_t name_status = 0;
    field part;

    customer->id = -1;
    customer->page_id = -1;
    customer->traits = 0;
    customer->created_at = 0;
    customer->first_recorded_at = 0;
    customer->first_inbound_at = 0;
    customer->last_inbound_at = 0;
    customer->name = "";
    customer->name_bytes = 0;
    customer->days_count = 0;
    customer->contacts_count = 0;
    customer->blocks_count = 0;
    while (status == KHACH_INDEX_OK && field_next(&reader, &part)) {
        if (part.type == 2)
            status = read_bytes(customer, &part);
        else if (part.number == CUSTOMER_CHANNEL)
            channel = part.value;
        else if (part.number == CUSTOMER_NAME_STATUS)
            name_status = part.value;
    }
    if (status == KHACH_INDEX_OK
        && (reader.is_broken || customer->id < 0 || customer->page_id < 0))
        return KHACH_INDEX_CORRUPT;
    customer->traits |= (uint32_t)(channel < KHACH_TRAIT_CHANNEL_MASK ? channel
                                                                      : KHACH_TRAIT_CHANNEL_MASK);
    customer->traits |= (uint32_t)((name_status - 1) & 3) << KHACH_TRAIT_NAME_STATUS_SHIFT;
    return status != KHACH_INDEX_OK ? status : add_latest(customer);
}

void khach_index_customer_free(khach_index_customer *customer)
{
    free(customer->days);
    free(customer->contacts);
    free(customer->blocks);
    *customer = (khach_index_customer){0};
}

int khach_index_customer_moved(
    const khach_index_customer *before, const khach_index_customer *after)
{
    return before->page_id != after->page_id || before->traits != after->traits
        || before->created_at != after->created_at
        || before->first_recorded_at != after->first_recorded_at
        || before->first_inbound_at != after->first_inbound_at
        || before->name_bytes != after->name_bytes
        || memcmp(before->name, after->name, before->name_bytes) != 0;
}

void khach__record_name(
    const uint8_t *record, size_t record_bytes, const char **name, size_t *name_bytes)
{
    field_reader reader = field_open(record, record_bytes);
    field part;

    *name = "";
    *name_bytes = 0;
    while (field_next(&reader, &part) && part.number <= CUSTOMER_NAME) {
        if (part.number == CUSTOMER_NAME && part.type == 2) {
            *name = (const char *)part.bytes;
            *name_bytes = part.bytes_count;
        }
    }
}

bool khach__record_has_day(const uint8_t *record, size_t record_bytes, uint32_t kinds,
    int32_t from, int32_t to)
{
    field_reader reader = field_open(record, record_bytes);
    field part;

    while (field_next(&reader, &part)) {
        khach_index_day day;

        if (part.number != CUSTOMER_DAYS || part.type != 2)
            continue;
        day = read_day(&part);
        if (day.day > to)
            return false;
        if (day.day >= from && (day.activity & kinds) != 0)
            return true;
    }
    return false;
}
