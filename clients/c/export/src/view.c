#include "view.h"

/* Fields of khach.v1.Customer. */
enum {
    CUSTOMER_ID = 1,
    CUSTOMER_PAGE_ID = 2,
    CUSTOMER_CHANNEL = 3,
    CUSTOMER_EXTERNAL_USER_ID = 4,
    CUSTOMER_NAME = 5,
    CUSTOMER_NAME_STATUS = 6,
    CUSTOMER_CREATED_AT = 8,
    CUSTOMER_FIRST_RECORDED_AT = 9,
    CUSTOMER_LAST_INBOUND_AT = 11,
    CUSTOMER_PHONES = 13,
    CUSTOMER_EMAILS = 14,
    CUSTOMER_ADDRESS = 15,
    CUSTOMER_BLOCK = 16
};

/* Fields of its parts. */
enum {
    CONTACT_VALUE = 1,
    CONTACT_REJECTED = 2,
    HAND_ENTRY_TEXT = 1,
    BLOCK_STATE = 1,
    BLOCK_REASON = 4,
    TIMESTAMP_SECONDS = 1,
    TIMESTAMP_NANOS = 2
};

#define VARINT_BYTES_MAX 10
#define FIELD_NUMBER_MAX 536870911
/* Instants of the years 1 to 9999, as google.protobuf.Timestamp allows. */
#define SECONDS_MIN INT64_C(-62135596800)
#define SECONDS_MAX INT64_C(253402300799)

/* A place in a message. Not the reader of ../../src/wire.h, which the server does not have; this
 * one lies in the loop over rows and is inlined into it. */
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool is_broken;
} reader;

typedef struct field {
    uint64_t number;
    uint64_t type;
    uint64_t value; /* of a varint */
    khach__slice slice; /* of a string or a message */
} field;

static inline bool read_varint(reader *in, uint64_t *out)
{
    uint64_t value = 0;

    if (in->at < in->end && *in->at < 0x80) {
        *out = *in->at++;
        return true;
    }
    for (unsigned i = 0; i < VARINT_BYTES_MAX && in->at < in->end; i++) {
        uint8_t byte = *in->at++;

        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static inline bool skip(reader *in, uint64_t count)
{
    if (count > (uint64_t)(in->end - in->at))
        return false;
    in->at += count;
    return true;
}

/* Reads the next field. False at the end, and where the bytes are broken. */
static inline bool next(reader *in, field *out)
{
    uint64_t key = 0;
    bool is_good;

    if (in->at == in->end || in->is_broken)
        return false;
    is_good = read_varint(in, &key) && key >> 3 >= 1 && key >> 3 <= FIELD_NUMBER_MAX;
    out->number = key >> 3;
    out->type = key & 7;
    out->value = 0;
    out->slice = (khach__slice){0};
    switch (is_good ? out->type : 7) {
    case 0:
        is_good = read_varint(in, &out->value);
        break;
    case 1:
        is_good = skip(in, 8);
        break;
    case 2: {
        uint64_t count = 0;

        is_good = read_varint(in, &count);
        out->slice = (khach__slice){in->at, (size_t)count};
        is_good = is_good && skip(in, count);
        break;
    }
    case 5:
        is_good = skip(in, 4);
        break;
    default: /* Groups are not of proto3. */
        is_good = false;
        break;
    }
    in->is_broken = !is_good;
    return is_good;
}

static inline reader reader_open(khach__slice message)
{
    static const uint8_t nothing = 0;
    const uint8_t *first = message.bytes == NULL ? &nothing : message.bytes;

    return (reader){first, first + message.count, false};
}

static bool add_contact(khach__contacts *contacts, khach__slice point)
{
    reader in = reader_open(point);
    field found;
    khach__slice value = {0};
    bool is_rejected = false;

    while (next(&in, &found)) {
        if (found.number == CONTACT_VALUE)
            value = found.slice;
        else if (found.number == CONTACT_REJECTED)
            is_rejected = found.value != 0;
    }
    if (!is_rejected && value.count > 0 && contacts->count < KHACH_VIEW_CONTACTS_MAX)
        contacts->values[contacts->count++] = value;
    return !in.is_broken;
}

static bool read_hand_entry(khach__slice *text, khach__slice entry)
{
    reader in = reader_open(entry);
    field found;

    while (next(&in, &found)) {
        if (found.number == HAND_ENTRY_TEXT)
            *text = found.slice;
    }
    return !in.is_broken;
}

static bool read_block(khach__view *view, khach__slice block)
{
    reader in = reader_open(block);
    field found;

    while (next(&in, &found)) {
        if (found.number == BLOCK_STATE)
            view->block_state = found.value;
        else if (found.number == BLOCK_REASON)
            view->block_reason = found.slice;
    }
    return !in.is_broken;
}

static void clear(khach__view *view)
{
    static const khach__slice absent = {0};

    view->id = view->page_id = view->external_user_id = view->name = absent;
    view->created_at = view->first_recorded_at = view->last_inbound_at = absent;
    view->address = view->block_reason = absent;
    view->channel = view->name_status = view->block_state = 0;
    view->phones.count = view->emails.count = 0;
}

/* Takes one field of a customer; false when a part of it is broken. */
static inline bool take(khach__view *view, const field *found)
{
    switch (found->number) {
    case CUSTOMER_ID:
        view->id = found->slice;
        return true;
    case CUSTOMER_PAGE_ID:
        view->page_id = found->slice;
        return true;
    case CUSTOMER_CHANNEL:
        view->channel = found->value;
        return true;
    case CUSTOMER_EXTERNAL_USER_ID:
        view->external_user_id = found->slice;
        return true;
    case CUSTOMER_NAME:
        view->name = found->slice;
        return true;
    case CUSTOMER_NAME_STATUS:
        view->name_status = found->value;
        return true;
    case CUSTOMER_CREATED_AT:
        view->created_at = found->slice;
        return true;
    case CUSTOMER_FIRST_RECORDED_AT:
        view->first_recorded_at = found->slice;
        return true;
    case CUSTOMER_LAST_INBOUND_AT:
        view->last_inbound_at = found->slice;
        return true;
    case CUSTOMER_PHONES:
        return add_contact(&view->phones, found->slice);
    case CUSTOMER_EMAILS:
        return add_contact(&view->emails, found->slice);
    case CUSTOMER_ADDRESS:
        return read_hand_entry(&view->address, found->slice);
    case CUSTOMER_BLOCK:
        return read_block(view, found->slice);
    default:
        return true;
    }
}

bool khach__view_read(khach__view *view, const uint8_t *record, size_t record_bytes)
{
    reader in = reader_open((khach__slice){record, record == NULL ? 0 : record_bytes});
    field found;

    clear(view);
    while (next(&in, &found)) {
        if (!take(view, &found))
            return false;
    }
    return !in.is_broken && view->id.count > 0;
}

bool khach__view_time(khach__slice timestamp, int64_t *seconds, int32_t *milliseconds)
{
    reader in = reader_open(timestamp);
    field found;
    int64_t nanos = 0;

    if (timestamp.bytes == NULL)
        return false;
    *seconds = 0;
    while (next(&in, &found)) {
        if (found.number == TIMESTAMP_SECONDS)
            *seconds = (int64_t)found.value;
        else if (found.number == TIMESTAMP_NANOS)
            nanos = (int64_t)found.value;
    }
    if (in.is_broken || *seconds < SECONDS_MIN || *seconds > SECONDS_MAX || nanos < 0
        || nanos > 999999999)
        return false;
    *milliseconds = (int32_t)(nanos / 1000000);
    return true;
}
