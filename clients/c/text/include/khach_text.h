#ifndef KHACH_TEXT_H
#define KHACH_TEXT_H

/**
 * The text rules that server and clients share: one implementation, so that an offline answer
 * equals the online one (domain.md §4.5, §4.8; architecture, decision 10).
 *
 * No globals, no locale; any thread. Nothing here keeps a pointer that it was given.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most code points that a name keeps (domain.md M8). */
#define KHACH_NAME_CODE_POINTS_MAX 200

/**
 * Folds UTF-8 for search (domain.md §4.8): NFKC, full case fold, marks and format characters
 * dropped, letters without decomposition mapped, everything else one space; no space at either end.
 *
 * Owns:    on 0, `*out` is yours: release it with khach_text_free(). NUL-terminated.
 * Borrows: `text`, which may be invalid UTF-8: each bad byte counts as U+FFFD.
 * Returns: 0, or -1 when there is no memory.
 */
int khach_text_fold(char **out, size_t *out_bytes, const char *text, size_t text_bytes);

/**
 * Cleans a text that is to be a name: bad bytes become U+FFFD, C0 and C1 controls and bidirectional
 * controls are dropped, NFC, white space trimmed at both ends, cut at
 * KHACH_NAME_CODE_POINTS_MAX. Empty when nothing visible is left (domain.md M1, M8).
 *
 * Owns, Borrows, Returns: as khach_text_fold().
 */
int khach_text_clean_name(char **out, size_t *out_bytes, const char *text, size_t text_bytes);

/** Releases what a function of this header gave. NULL is a no-op. */
void khach_text_free(char *text);

/**
 * The name to show for a person without one, such as "Facebook User" (domain.md M3).
 *
 * Borrows: nothing; the text is static.
 * Returns: that of a khach.v1.Channel, or of no channel in particular for another number.
 */
const char *khach_text_placeholder(int64_t channel);

/** Most tokens that a query may have; one with more finds nothing. */
#define KHACH_QUERY_TOKENS_MAX 64

/**
 * How well a folded name answers a folded query (domain.md §4.8): 1 equal, 2 the name starts with
 * the query, 3 each query token starts a different name token in the same order, 4 in any order.
 *
 * Borrows: both texts, which khach_text_fold() made.
 * Returns: 1 to 4; 0 when the name does not answer, or the query is empty.
 */
int khach_text_name_rank(
    const char *query_folded, size_t query_bytes, const char *name_folded, size_t name_bytes);

/** Nonzero when khach_text_name_rank() is not 0. */
int khach_text_name_matches(
    const char *query_folded, size_t query_bytes, const char *name_folded, size_t name_bytes);

/**
 * Finds the next code point, from `*at` on, that is a sign: neither letter, digit, mark, space nor
 * control, such as a flower. What a folding has no letters of is looked for by its signs.
 * Borrows: `text`; bytes that are no UTF-8 are passed over.
 * Returns: its bytes, which begin at `*at`; 0 when there is none.
 */
size_t khach_text_find_sign(const char *text, size_t text_bytes, size_t *at);

/** A query as a person typed it, made ready to be compared with many names. Opaque. */
typedef struct khach_name_query khach_name_query;

/**
 * Makes a query ready.
 *
 * Owns:    on 0, `*out` is yours: release it with khach_name_query_free().
 * Borrows: `text`.
 * Returns: 0; -1 when nothing visible is in `text`, or more than KHACH_QUERY_TOKENS_MAX tokens;
 *          -2 when there is no memory.
 */
int khach_name_query_open(khach_name_query **out, const char *text, size_t text_bytes);

/** Releases a query. NULL is a no-op. */
void khach_name_query_free(khach_name_query *query);

/** The folded tokens; 0 for a query such as a flower, which is compared as it stands. */
size_t khach_name_query_token_count(const khach_name_query *query);

/** One folded token, borrowed from `query`; not NUL-terminated. */
const char *khach_name_query_token(const khach_name_query *query, size_t index, size_t *bytes);

/** The folded query, borrowed from `query`; empty when it has no tokens. */
const char *khach_name_query_folded(const khach_name_query *query, size_t *bytes);

/** The query as it is compared with names, borrowed from `query`. */
const char *khach_name_query_plain(const khach_name_query *query, size_t *bytes);

/** Nonzero when the query has diacritics, so that names with them come first. */
int khach_name_query_has_marks(const khach_name_query *query);

/**
 * The place of a name among the answers: 0 none, otherwise lower is better. Twice the class of
 * khach_text_name_rank(), less one when the query has diacritics and the name has them too.
 *
 * Borrows: `name`, as the record keeps it (NFC), and `folded`, which khach_text_fold() made of it.
 */
int khach_name_query_rank(const khach_name_query *query, const char *name, size_t name_bytes,
    const char *folded, size_t folded_bytes);

/**
 * The best place that khach_name_query_rank() can give to any name of this folding; 0 for none, and
 * for a query without folded tokens.
 */
int khach_name_query_rank_best(
    const khach_name_query *query, const char *folded, size_t folded_bytes);

/**
 * Bits of a name, by which most names that do not answer a query are passed over without a look at
 * them: a name that answers has every bit of khach_name_query_mask(). It is kept in files; another
 * rule is another layout.
 *
 * Borrows: as khach_name_query_rank().
 */
uint64_t khach_text_name_mask(
    const char *name, size_t name_bytes, const char *folded, size_t folded_bytes);

/** The bits that every name has which answers; 0 when nothing is told. */
uint64_t khach_name_query_mask(const khach_name_query *query);

/** The bits that every name has which begins with the query. */
uint64_t khach_name_query_begin_mask(const khach_name_query *query);

/** The rules of one IANA time zone. Opaque. */
typedef struct khach_zone khach_zone;

/**
 * Loads a zone from the system's tzdata.
 *
 * Owns:    on 0, `*out` is yours: release it with khach_zone_free().
 * Borrows: `name`, such as "Asia/Ho_Chi_Minh".
 * Returns: 0; -1 when there is no such zone or its file cannot be read; -2 when there is no memory.
 */
int khach_zone_open(khach_zone **out, const char *name);

/** Releases a zone. NULL is a no-op. */
void khach_zone_free(khach_zone *zone);

/** Seconds east of UTC at `seconds` since 1970. */
int32_t khach_zone_offset(const khach_zone *zone, int64_t seconds);

/** The local day of an instant, as days since 1970-01-01. */
int32_t khach_zone_day(const khach_zone *zone, int64_t milliseconds);

/** The first instant of a local day, in milliseconds since 1970 UTC. */
int64_t khach_zone_day_start(const khach_zone *zone, int32_t day);

/**
 * Reads "YYYY-MM-DD", years 1970 to 9999, as days since 1970-01-01.
 * Returns: 0, or -1 when `text` is not a date.
 */
int khach_day_parse(int32_t *out, const char *text);

/** Writes a day, given as days since 1970-01-01, as "YYYY-MM-DD". */
void khach_day_format(char out[11], int32_t day);

#ifdef __cplusplus
}
#endif

#endif
