#ifndef KHACH_LOOK_H
#define KHACH_LOOK_H

#include <khach/sync.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What has changed since the cache was last offline, for more than ten minutes by the server's
 *  clock. A customer that changed and changed back is not counted. */
typedef struct khach_difference {
    size_t struct_size;
    /** Of the cache when it went offline; 0 and 0 before its first pass has ended. */
    uint64_t since_seq;
    int64_t since_ms;
    /** Customers that were not there before, and that are there no more. */
    uint64_t new_count;
    uint64_t gone_count;
    /** Of those that were there before and are now. */
    uint64_t blocked_count;
    uint64_t unblocked_count;
    uint64_t got_phone_count;
    uint64_t got_email_count;
    /** All of those that were touched, whatever it was. */
    uint64_t changed_count;
    /** Of `gone_count`: those of pages that the caller may see no longer. */
    uint64_t out_of_scope_count;
} khach_difference;

/** Why a customer is, or is not, in the answers of a cache. The values are ABI. */
typedef enum khach_presence {
    /** The cache has everything as of its seq, and the customer is not there. */
    KHACH_PRESENCE_ABSENT = 0,
    /** The first pass has not ended: the customer may come yet. */
    KHACH_PRESENCE_NOT_YET = 1,
    KHACH_PRESENCE_PRESENT = 2,
    /** An older state is answered; a newer one cannot be read and was put aside. */
    KHACH_PRESENCE_OLDER = 3,
    /** The only state that came cannot be read and was put aside. */
    KHACH_PRESENCE_PUT_ASIDE = 4,
    /** It has left together with the right to see its page, and may well exist. Told for as long as
     *  khach_difference counts it. */
    KHACH_PRESENCE_OUT_OF_SCOPE = 5
} khach_presence;

/** What the server says of a customer. The values are ABI. */
typedef enum khach_server_word {
    /** The client has no address. */
    KHACH_SERVER_NOT_ASKED = 0,
    /** The server gave no answer. */
    KHACH_SERVER_SILENT = 1,
    /** It has the same bytes of the same commit. */
    KHACH_SERVER_SAME = 2,
    /** It has another state: newer, unless the cache is damaged or the server was restored. */
    KHACH_SERVER_OTHER = 3,
    /** It has no such customer. */
    KHACH_SERVER_NONE = 4
} khach_server_word;

/** Everything that a cache knows of whether a customer is there. */
typedef struct khach_explanation {
    size_t struct_size;
    /** A khach_presence. */
    int32_t presence;
    /** Nonzero when what is derived of the row is not what its record says: repair. */
    int32_t is_damaged;
    /** The page and the commit sequence of the state that is answered; "" and 0 for none. */
    char page_id[16];
    uint64_t seq;
    /** Nonzero when the page is not, or no longer, one of the business. */
    int32_t is_page_unknown;
    /** Of the state that was put aside: its commit sequence, why, and the library that did. */
    uint64_t quarantined_seq;
    char quarantine_reason[128];
    char quarantine_library[32];
    /** Edits of the customer that were made here and have no outcome yet. */
    uint64_t pending_count;
    /** What the cache covers, as khach_cache_state has it. */
    int32_t phase;
    uint64_t cache_seq;
    int64_t as_of_ms;
    /** A khach_server_word, and the commit sequence that the server has. */
    int32_t server_word;
    uint64_t server_seq;
} khach_explanation;

/**
 * Clears `difference` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `difference`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_difference_init(khach_difference *difference);

/**
 * Clears `explanation` and sets its size. NULL is a no-op.
 *
 * Owns:    nothing.
 * Borrows: `explanation`, until the call returns.
 * Threads: any.
 * Blocks:  no.
 */
KHACH_API void khach_explanation_init(khach_explanation *explanation);

/**
 * Says what has changed since the cache was last offline.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, whose struct_size is set.
 * Threads: the thread that has the client.
 * Blocks:  on the disk.
 */
KHACH_API KHACH_MUST_USE khach_status khach_difference_read(
    khach_difference *out, khach_client *client, khach_error **error);

/**
 * Says why a customer is, or is not, in the answers of the cache, and what the server says, if the
 * client has an address and it answers. An id that nobody has is explained like another.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `out`, whose struct_size is set; `id`, until the call returns.
 * Threads: the thread that has the client.
 * Blocks:  on the disk; for at most the connect and call timeouts.
 *
 * KHACH_E_INVALID for an id that is none.
 */
KHACH_API KHACH_MUST_USE khach_status khach_explain(
    khach_explanation *out, khach_client *client, const char *id, khach_error **error);

/** How a cache is, finding by finding. Opaque. */
typedef struct khach_checkup khach_checkup;

/** How good a finding is. The values are ABI. */
typedef enum khach_finding {
    KHACH_FINDING_GOOD = 0,
    /** Nothing is wrong yet, or it mends itself. */
    KHACH_FINDING_NOTE = 1,
    /** Somebody has to do something. */
    KHACH_FINDING_BAD = 2
} khach_finding;

/**
 * Looks over the cache: its files, its layout, every row, its locks and leader, its sync, and its
 * server, if the client has an address. Changes nothing.
 *
 * Owns:    on KHACH_OK `*out` is yours: release it with khach_checkup_free(). On failure `*out` is
 *          NULL. If `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: nothing.
 * Threads: the thread that has the client.
 * Blocks:  for a walk over the whole file; for at most the connect and call timeouts.
 */
KHACH_API KHACH_MUST_USE khach_status khach_checkup_make(
    khach_checkup **out, khach_client *client, khach_error **error);

/*
 * For every function here:
 * Owns:    nothing is given away; khach_checkup_free() takes `checkup`, and its strings with it.
 * Borrows: the argument, until the call returns. Strings are borrowed from `checkup`.
 * Threads: any; one checkup belongs to one thread at a time.
 * Blocks:  no.
 */

/** How many findings there are. */
KHACH_API size_t khach_checkup_count(const khach_checkup *checkup);
/** What a finding is about, such as "leader"; "" beyond the last. */
KHACH_API const char *khach_checkup_name_at(const khach_checkup *checkup, size_t index);
/** A khach_finding. */
KHACH_API int32_t khach_checkup_finding_at(const khach_checkup *checkup, size_t index);
/** For people. */
KHACH_API const char *khach_checkup_text_at(const khach_checkup *checkup, size_t index);
/** Releases `checkup`. NULL is a no-op. */
KHACH_API void khach_checkup_free(khach_checkup *checkup);

/**
 * Takes a cache away: overwrites the file and its log, and removes them with what lies beside them.
 * A client that has it open in another process is told, and reads nothing of it any more. On disks
 * that write to another place than the old one, only encryption makes sure of more. Edits that wait
 * in its outbox go with it: `waiting_count` of khach_cache_state says how many those are.
 *
 * Owns:    if `error` is not NULL, `*error` is set on failure and is yours.
 * Borrows: `cache_path`, until the call returns.
 * Threads: any; no client of this process may have the cache open.
 * Blocks:  on the disk.
 *
 * KHACH_E_CACHE_LOCKED while a process writes or leads the sync; KHACH_E_CACHE_FOREIGN for what is
 * no cache, which is not touched; KHACH_E_NOT_FOUND when there is none.
 */
KHACH_API KHACH_MUST_USE khach_status khach_wipe(const char *cache_path, khach_error **error);

#ifdef __cplusplus
}
#endif

#endif
