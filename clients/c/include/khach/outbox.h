#ifndef KHACH_OUTBOX_H
#define KHACH_OUTBOX_H

#include <khach/client.h>
#include <khach/error.h>
#include <khach/export.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an edit changes. The values are ABI. */
typedef enum khach_edit_kind {
    KHACH_EDIT_NONE = 0,
    /** `text` is the address, at most 2,000 bytes; empty clears it. */
    KHACH_EDIT_ADDRESS = 1,
    /** `text` is the name, at most 200 code points; empty clears it. */
    KHACH_EDIT_MANUAL_NAME = 2,
    /** `text` is the reason, at most 500 bytes. */
    KHACH_EDIT_BLOCK = 3,
    KHACH_EDIT_UNBLOCK = 4,
    /** `text` is the phone or e-mail address; `contact_kind` says which. */
    KHACH_EDIT_ADD_CONTACT = 5,
    KHACH_EDIT_REJECT_CONTACT = 6,
    KHACH_EDIT_PIN_CONTACT = 7,
    KHACH_EDIT_UNPIN_CONTACT = 8
} khach_edit_kind;

/** The values are ABI, and those of the schema. */
typedef enum khach_contact_kind {
    KHACH_CONTACT_NONE = 0,
    KHACH_CONTACT_PHONE = 1,
    KHACH_CONTACT_EMAIL = 2
} khach_contact_kind;

/** An edit of a customer. Begin with khach_edit_init(). */
typedef struct khach_edit {
    size_t struct_size;
    /** A khach_edit_kind. */
    int32_t kind;
    /** A khach_contact_kind, for contacts. */
    int32_t contact_kind;
    const char *customer_id;
    /** Who makes it: 1 to 200 bytes. */
    const char *actor;
    const char *text;
} khach_edit;

/** What became of a mutation. The values are ABI. */
typedef enum khach_mutation_state {
    /** It was never sent. */
    KHACH_MUTATION_WAITING = 1,
    /** It was sent, and no outcome came yet. */
    KHACH_MUTATION_SENT = 2,
    KHACH_MUTATION_APPLIED = 3,
    /** Done, and other than it was asked: of another customer, in a normal form, or nothing. */
    KHACH_MUTATION_MODIFIED = 4,
    /** Not done; the reason says why. */
    KHACH_MUTATION_REJECTED = 5,
    /** Not done: somebody else saved the field since. */
    KHACH_MUTATION_SUPERSEDED = 6
} khach_mutation_state;

/** The outbox at one moment. Opaque. */
typedef struct khach_outbox_list khach_outbox_list;

/**
 * Clears `edit` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `edit`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_edit_init(khach_edit *edit);

/**
 * Accepts an edit without the network: every answer of the cache shows it from now on, and the next
 * sync sends it. When this returns KHACH_OK the edit is on the disk.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `edit` and what it points to; `mutation_id`, which may be NULL.
 * Threads: the thread that has the client; any number of processes.
 * Blocks:  on the disk, and for at most `lock_timeout_ms` while another process writes.
 *
 * KHACH_E_INVALID says which field was expected how; KHACH_E_NOT_FOUND when the cache has no such
 * customer, or the customer no such contact.
 */
KHACH_API KHACH_MUST_USE khach_status khach_mutate(khach_client *client, const khach_edit *edit,
    uint64_t *mutation_id, khach_error **error);

/**
 * Lists what waits, what was not done and nobody has looked after, and what was done lately, in the
 * order in which it was made.
 *
 * Owns:    on KHACH_OK `*out` is yours: khach_outbox_list_free(). As khach_mutate() for `error`.
 * Borrows: nothing.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */
KHACH_API KHACH_MUST_USE khach_status khach_outbox_list_read(
    khach_client *client, khach_outbox_list **out, khach_error **error);

/**
 * Makes a mutation that was not done once more, against what is stored now; the old one is done
 * with. `new_id` may be NULL.
 *
 * Owns:    as khach_mutate().
 * Borrows: `new_id`.
 * Threads: as khach_mutate().
 * Blocks:  as khach_mutate().
 *
 * KHACH_E_INVALID when it was done, or waits.
 */
KHACH_API KHACH_MUST_USE khach_status khach_outbox_retry(
    khach_client *client, uint64_t mutation_id, uint64_t *new_id, khach_error **error);

/**
 * Takes back a mutation that was never sent, or takes one that was not done off the list.
 *
 * Owns:    as khach_mutate().
 * Borrows: nothing.
 * Threads: as khach_mutate().
 * Blocks:  as khach_mutate().
 *
 * KHACH_E_INVALID when it was sent and has no outcome yet: it may have been done. Sync first.
 */
KHACH_API KHACH_MUST_USE khach_status khach_outbox_discard(
    khach_client *client, uint64_t mutation_id, khach_error **error);

/*
 * For every function here:
 * Owns:    nothing is given away, and khach_outbox_list_free() takes the list.
 * Borrows: the list; strings live as long as it does. NULL, or an index past the end, gives "", 0.
 * Threads: any; many may read one list.
 * Blocks:  no.
 */

KHACH_API size_t khach_outbox_list_count(const khach_outbox_list *list);
KHACH_API uint64_t khach_outbox_list_id_at(const khach_outbox_list *list, size_t index);
KHACH_API const char *khach_outbox_list_customer_at(const khach_outbox_list *list, size_t index);
/** A khach_edit_kind; KHACH_EDIT_NONE for one that was taken back. */
KHACH_API int32_t khach_outbox_list_kind_at(const khach_outbox_list *list, size_t index);
/** A khach_contact_kind. */
KHACH_API int32_t khach_outbox_list_contact_kind_at(const khach_outbox_list *list, size_t index);
KHACH_API const char *khach_outbox_list_text_at(const khach_outbox_list *list, size_t index);
KHACH_API const char *khach_outbox_list_actor_at(const khach_outbox_list *list, size_t index);
KHACH_API int64_t khach_outbox_list_made_at_ms_at(const khach_outbox_list *list, size_t index);
/** A khach_mutation_state. */
KHACH_API int32_t khach_outbox_list_state_at(const khach_outbox_list *list, size_t index);
/** The server's reason, such as "ROLE_ON_PAGE"; empty when it was done. */
KHACH_API const char *khach_outbox_list_reason_at(const khach_outbox_list *list, size_t index);
KHACH_API const char *khach_outbox_list_message_at(const khach_outbox_list *list, size_t index);
/** What somebody else saved, when it was superseded, and who. */
KHACH_API const char *khach_outbox_list_stored_at(const khach_outbox_list *list, size_t index);
KHACH_API const char *khach_outbox_list_stored_by_at(const khach_outbox_list *list, size_t index);
/** The commit sequence whose feed shows it; 0 while there is none. */
KHACH_API uint64_t khach_outbox_list_seq_at(const khach_outbox_list *list, size_t index);
/** Releases a list. NULL is a no-op. */
KHACH_API void khach_outbox_list_free(khach_outbox_list *list);

#ifdef __cplusplus
}
#endif

#endif
