#ifndef KHACH_CUSTOMER_H
#define KHACH_CUSTOMER_H

#include <khach/export.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Values read from the cache. Every string is UTF-8, never NULL, and empty when there is none.
 * Times are milliseconds since 1970 UTC; 0 when there is none. NULL gives empty strings and zeros.
 *
 * For every function here:
 * Owns:    nothing is given away; a _free() takes its value, and all that was borrowed from it.
 * Borrows: the argument, until the call returns. What is returned is borrowed from the argument
 *          until that is freed; it lives apart from the client that gave it.
 * Threads: any; many may read one value, as long as none frees it.
 * Blocks:  no.
 */

/** A customer as the server recorded it. Opaque. */
typedef struct khach_customer khach_customer;

/** Customers in order. Opaque. */
typedef struct khach_customer_list khach_customer_list;

/** The pages of the business. Opaque. */
typedef struct khach_page_list khach_page_list;

/** How far a name can be trusted. The values are ABI, and those of the schema. */
typedef enum khach_name_status {
    KHACH_NAME_UNKNOWN = 0,
    KHACH_NAME_REAL = 1,
    KHACH_NAME_USERNAME = 2,
    KHACH_NAME_MASKED = 3,
    KHACH_NAME_PLACEHOLDER = 4
} khach_name_status;

/** The chat platform. The values are ABI, and those of the schema; expect others. */
typedef enum khach_channel {
    KHACH_CHANNEL_UNKNOWN = 0,
    KHACH_CHANNEL_FACEBOOK = 1,
    KHACH_CHANNEL_INSTAGRAM = 2,
    KHACH_CHANNEL_ZALO_OA = 3,
    KHACH_CHANNEL_SHOPEE = 4,
    KHACH_CHANNEL_LAZADA = 5,
    KHACH_CHANNEL_TIKTOK_SHOP = 6,
    KHACH_CHANNEL_WEB_CHAT = 7,
    KHACH_CHANNEL_OTHER = 8
} khach_channel;

/** The state of blocking. The values are ABI, and those of the schema. */
typedef enum khach_block_state {
    KHACH_BLOCK_UNKNOWN = 0,
    KHACH_BLOCK_NONE = 1,
    KHACH_BLOCK_PENDING = 2,
    KHACH_BLOCK_BLOCKED = 3,
    KHACH_BLOCK_PENDING_UNBLOCK = 4
} khach_block_state;

/** Releases a customer that khach_get() gave, never one of a list. NULL is a no-op. */
KHACH_API void khach_customer_free(khach_customer *customer);

KHACH_API const char *khach_customer_id(const khach_customer *customer);
KHACH_API const char *khach_customer_page_id(const khach_customer *customer);
/** The channel's own id of the person on this page. */
KHACH_API const char *khach_customer_external_user_id(const khach_customer *customer);
/** Empty when no name is known. */
KHACH_API const char *khach_customer_name(const khach_customer *customer);
/** The name, or the channel's text for a person without one, such as "Facebook User". */
KHACH_API const char *khach_customer_display_name(const khach_customer *customer);
/** A khach_name_status. */
KHACH_API int32_t khach_customer_name_status(const khach_customer *customer);
/** A khach_channel. */
KHACH_API int32_t khach_customer_channel(const khach_customer *customer);

KHACH_API int64_t khach_customer_created_at_ms(const khach_customer *customer);
KHACH_API int64_t khach_customer_first_recorded_at_ms(const khach_customer *customer);
KHACH_API int64_t khach_customer_first_inbound_at_ms(const khach_customer *customer);
KHACH_API int64_t khach_customer_last_inbound_at_ms(const khach_customer *customer);
KHACH_API int64_t khach_customer_last_outbound_at_ms(const khach_customer *customer);

/** Phones, primary first; an index past the end gives "" and 0. */
KHACH_API size_t khach_customer_phone_count(const khach_customer *customer);
KHACH_API const char *khach_customer_phone_at(const khach_customer *customer, size_t index);
KHACH_API int32_t khach_customer_phone_is_rejected(const khach_customer *customer, size_t index);
KHACH_API int32_t khach_customer_phone_is_pinned(const khach_customer *customer, size_t index);

/** E-mail addresses, primary first; an index past the end gives "" and 0. */
KHACH_API size_t khach_customer_email_count(const khach_customer *customer);
KHACH_API const char *khach_customer_email_at(const khach_customer *customer, size_t index);
KHACH_API int32_t khach_customer_email_is_rejected(const khach_customer *customer, size_t index);
KHACH_API int32_t khach_customer_email_is_pinned(const khach_customer *customer, size_t index);

/** Entered by hand; empty when nobody did. */
KHACH_API const char *khach_customer_address(const khach_customer *customer);
/** A khach_block_state; KHACH_BLOCK_NONE when never blocked. */
KHACH_API int32_t khach_customer_block_state(const khach_customer *customer);
KHACH_API int64_t khach_customer_block_since_ms(const khach_customer *customer);
/**
 * The stored record: the encoded khach.v1.Customer, byte for byte as the server sent it, unless
 * khach_customer_is_pending().
 *
 * NULL for NULL. `bytes_out`, which may be NULL, is set to its length.
 */
KHACH_API const uint8_t *khach_customer_record(const khach_customer *customer, size_t *bytes_out);
/** Nonzero when edits that wait in the outbox are shown. */
KHACH_API int32_t khach_customer_is_pending(const khach_customer *customer);
/** The commit sequence of this state of the customer. */
KHACH_API uint64_t khach_customer_seq(const khach_customer *customer);

KHACH_API size_t khach_customer_list_count(const khach_customer_list *list);
/** NULL past the end. */
KHACH_API const khach_customer *khach_customer_list_at(
    const khach_customer_list *list, size_t index);
/** The token that continues after this page, for khach_query.after; "" on the last page. */
KHACH_API const char *khach_customer_list_next(const khach_customer_list *list);
/** The commit sequence that the list shows. */
KHACH_API uint64_t khach_customer_list_seq(const khach_customer_list *list);
/** Zero while the first pass is under way: customers may be missing. */
KHACH_API int32_t khach_customer_list_is_complete(const khach_customer_list *list);
/** Always 0: searches are exact. Nonzero meant that a search had not looked at every name. */
KHACH_API int32_t khach_customer_list_is_capped(const khach_customer_list *list);
/** Releases a list and its customers. NULL is a no-op. */
KHACH_API void khach_customer_list_free(khach_customer_list *list);

KHACH_API size_t khach_page_list_count(const khach_page_list *list);
KHACH_API const char *khach_page_list_id_at(const khach_page_list *list, size_t index);
KHACH_API const char *khach_page_list_name_at(const khach_page_list *list, size_t index);
KHACH_API const char *khach_page_list_external_id_at(const khach_page_list *list, size_t index);
/** A khach_channel. */
KHACH_API int32_t khach_page_list_channel_at(const khach_page_list *list, size_t index);
KHACH_API const char *khach_page_list_business_id(const khach_page_list *list);
KHACH_API const char *khach_page_list_business_name(const khach_page_list *list);
/** The IANA zone in which the business's days are counted. */
KHACH_API const char *khach_page_list_business_zone(const khach_page_list *list);
/** Releases a list. NULL is a no-op. */
KHACH_API void khach_page_list_free(khach_page_list *list);

#ifdef __cplusplus
}
#endif

#endif
