#ifndef KHACH_EXPORT_VIEW_H
#define KHACH_EXPORT_VIEW_H

/* The fields of a stored khach.v1.Customer, where they lie: nothing is copied or allocated. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of each kind; the schema has no more. */
#define KHACH_VIEW_CONTACTS_MAX 32

/* Bytes that somebody else owns; NULL when the field is absent. */
typedef struct khach__slice {
    const uint8_t *bytes;
    size_t count;
} khach__slice;

/* Contact points that nobody rejected, primary first. */
typedef struct khach__contacts {
    khach__slice values[KHACH_VIEW_CONTACTS_MAX];
    size_t count;
} khach__contacts;

typedef struct khach__view {
    khach__slice id;
    khach__slice page_id;
    khach__slice external_user_id;
    khach__slice name;
    /* Encoded google.protobuf.Timestamps. */
    khach__slice created_at;
    khach__slice first_recorded_at;
    khach__slice last_inbound_at;
    khach__slice address;
    khach__slice block_reason;
    uint64_t channel;
    uint64_t name_status;
    uint64_t block_state;
    khach__contacts phones;
    khach__contacts emails;
} khach__view;

/* Reads a record; false when the bytes are not one. */
bool khach__view_read(khach__view *view, const uint8_t *record, size_t record_bytes);

/* Reads a timestamp; false when there is none, or it is outside the years 1 to 9999. */
bool khach__view_time(khach__slice timestamp, int64_t *seconds, int32_t *milliseconds);

#endif
