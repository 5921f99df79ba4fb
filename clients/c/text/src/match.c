/*
 * Which names a query finds, and in which order (domain.md §4.8).
 */

#define _GNU_SOURCE /* memmem */

#include "khach_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define NAME_TOKENS_MAX 1024

typedef struct token {
    const char *bytes;
    size_t count;
} token;

struct khach_name_query {
    char *folded;
    size_t folded_bytes;
    char *plain; /* NFC; lower case too when it has marks to compare */
    size_t plain_bytes;
    bool has_marks;
    size_t tokens_count;
    token tokens[KHACH_QUERY_TOKENS_MAX];
};

/* Splits at spaces; a text with more than `room` tokens gives its first `room`. */
static size_t split(token *tokens, size_t room, const char *text, size_t text_bytes)
{
    size_t count = 0;

    for (size_t at = 0; at < text_bytes && count < room;) {
        const char *space = memchr(text + at, ' ', text_bytes - at);
        size_t length = space == NULL ? text_bytes - at : (size_t)(space - (text + at));

        if (length > 0)
            tokens[count++] = (token){text + at, length};
        at += length + 1;
    }
    return count;
}

static bool starts_with(token name, token query)
{
    return name.count >= query.count && memcmp(name.bytes, query.bytes, query.count) == 0;
}

/* Longest first. Sets of names with a common prefix are nested or apart, so giving the longest
 * query token any free name token can never take the last one from another. */
static bool matches_any_order(
    const token *query, size_t query_count, const token *name, size_t name_count)
{
    bool used_name[NAME_TOKENS_MAX] = {false};
    bool used_query[KHACH_QUERY_TOKENS_MAX] = {false};

    if (query_count > name_count)
        return false;
    for (size_t turn = 0; turn < query_count; turn++) {
        size_t longest = query_count;
        size_t found = name_count;

        for (size_t i = 0; i < query_count; i++) {
            if (!used_query[i] && (longest == query_count || query[i].count > query[longest].count))
                longest = i;
        }
        for (size_t i = 0; i < name_count && found == name_count; i++) {
            if (!used_name[i] && starts_with(name[i], query[longest]))
                found = i;
        }
        if (found == name_count)
            return false;
        used_query[longest] = true;
        used_name[found] = true;
    }
    return true;
}

static bool matches_in_order(
    const token *query, size_t query_count, const token *name, size_t name_count)
{
    size_t at = 0;

    for (size_t i = 0; i < name_count && at < query_count; i++) {
        if (starts_with(name[i], query[at]))
            at++;
    }
    return at == query_count;
}

static int rank_tokens(const token *query, size_t query_count, const char *query_folded,
    size_t query_bytes, const char *name_folded, size_t name_bytes)
{
    token name[NAME_TOKENS_MAX];
    size_t name_count;

    if (query_count == 0)
        return 0;
    if (query_bytes <= name_bytes && memcmp(query_folded, name_folded, query_bytes) == 0)
        return query_bytes == name_bytes ? 1 : 2;

    name_count = split(name, NAME_TOKENS_MAX, name_folded, name_bytes);
    if (matches_in_order(query, query_count, name, name_count))
        return 3;
    return matches_any_order(query, query_count, name, name_count) ? 4 : 0;
}

int khach_text_name_rank(
    const char *query_folded, size_t query_bytes, const char *name_folded, size_t name_bytes)
{
    token query[KHACH_QUERY_TOKENS_MAX + 1];
    size_t count = split(query, KHACH_QUERY_TOKENS_MAX + 1, query_folded, query_bytes);

    if (count > KHACH_QUERY_TOKENS_MAX)
        return 0;
    return rank_tokens(query, count, query_folded, query_bytes, name_folded, name_bytes);
}

int khach_text_name_matches(
    const char *query_folded, size_t query_bytes, const char *name_folded, size_t name_bytes)
{
    return khach_text_name_rank(query_folded, query_bytes, name_folded, name_bytes) != 0;
}

/* --- the query as a value --- */

static bool is_sign(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);

    return (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO)
        || (category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO);
}

size_t khach_text_find_sign(const char *text, size_t text_bytes, size_t *at)
{
    while (*at < text_bytes) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t used = utf8proc_iterate(
            (const uint8_t *)text + *at, (utf8proc_ssize_t)(text_bytes - *at), &code);

        if (used > 0 && is_sign(code))
            return (size_t)used;
        *at += used > 0 ? (size_t)used : 1;
    }
    return 0;
}

/* Lowers each code point of NFC text, and composes again. */
static char *lower(const char *text, size_t text_bytes, size_t *out_bytes)
{
    uint8_t *bytes = malloc(text_bytes * 4 + 1);
    size_t count = 0;
    char *out = NULL;

    *out_bytes = 0;
    if (bytes == NULL)
        return NULL;
    for (size_t at = 0; at < text_bytes;) {
        utf8proc_int32_t code = 0;
        utf8proc_ssize_t used = utf8proc_iterate(
            (const uint8_t *)text + at, (utf8proc_ssize_t)(text_bytes - at), &code);

        if (used <= 0)
            break;
        count += (size_t)utf8proc_encode_char(utf8proc_tolower(code), bytes + count);
        at += (size_t)used;
    }
    if (khach_text_clean_name(&out, out_bytes, (const char *)bytes, count) != 0)
        out = NULL;
    free(bytes);
    return out;
}

/* True when a letter of `text` is not what its folding is: it has a mark or a stroke. */
static bool has_marks(const char *text, size_t text_bytes)
{
    for (size_t at = 0; at < text_bytes;) {
        utf8proc_int32_t code = 0;
        utf8proc_int32_t parts[32];
        int boundary = 0;
        utf8proc_ssize_t used = utf8proc_iterate(
            (const uint8_t *)text + at, (utf8proc_ssize_t)(text_bytes - at), &code);

        if (used <= 0)
            return false;
        if (code == 0x0111 || code == 0x0110)
            return true;
        if (utf8proc_decompose_char(code, parts, 32, UTF8PROC_DECOMPOSE, &boundary) > 1
            && utf8proc_category(parts[1]) == UTF8PROC_CATEGORY_MN)
            return true;
        at += (size_t)used;
    }
    return false;
}

int khach_name_query_open(khach_name_query **out, const char *text, size_t text_bytes)
{
    khach_name_query *query = calloc(1, sizeof(*query));
    char *lowered = NULL;
    size_t lowered_bytes = 0;
    token extra[KHACH_QUERY_TOKENS_MAX + 1];
    int result = -2;

    *out = NULL;
    if (query == NULL
        || khach_text_fold(&query->folded, &query->folded_bytes, text, text_bytes) != 0
        || khach_text_clean_name(&query->plain, &query->plain_bytes, text, text_bytes) != 0)
        goto done;

    result = -1;
    if (query->plain_bytes == 0)
        goto done;
    query->tokens_count =
        split(extra, KHACH_QUERY_TOKENS_MAX + 1, query->folded, query->folded_bytes);
    if (query->tokens_count > KHACH_QUERY_TOKENS_MAX)
        goto done;
    memcpy(query->tokens, extra, sizeof(query->tokens));

    query->has_marks = has_marks(query->plain, query->plain_bytes);
    if (query->has_marks && query->tokens_count > 0) {
        lowered = lower(query->plain, query->plain_bytes, &lowered_bytes);
        result = -2;
        if (lowered == NULL)
            goto done;
        khach_text_free(query->plain);
        query->plain = lowered;
        query->plain_bytes = lowered_bytes;
    }
    *out = query;
    query = NULL;
    result = 0;

done:
    khach_name_query_free(query);
    return result;
}

void khach_name_query_free(khach_name_query *query)
{
    if (query == NULL)
        return;
    khach_text_free(query->folded);
    khach_text_free(query->plain);
    free(query);
}

size_t khach_name_query_token_count(const khach_name_query *query)
{
    return query->tokens_count;
}

const char *khach_name_query_token(const khach_name_query *query, size_t index, size_t *bytes)
{
    *bytes = query->tokens[index].count;
    return query->tokens[index].bytes;
}

const char *khach_name_query_folded(const khach_name_query *query, size_t *bytes)
{
    *bytes = query->folded_bytes;
    return query->folded;
}

const char *khach_name_query_plain(const khach_name_query *query, size_t *bytes)
{
    *bytes = query->plain_bytes;
    return query->plain;
}

int khach_name_query_has_marks(const khach_name_query *query)
{
    return query->has_marks && query->tokens_count > 0;
}

int khach_name_query_rank_best(
    const khach_name_query *query, const char *folded, size_t folded_bytes)
{
    int rank = 2
        * rank_tokens(query->tokens, query->tokens_count, query->folded, query->folded_bytes,
            folded, folded_bytes);

    return rank == 0 || !query->has_marks ? rank : rank - 1;
}

int khach_name_query_rank(const khach_name_query *query, const char *name, size_t name_bytes,
    const char *folded, size_t folded_bytes)
{
    char *lowered = NULL;
    size_t lowered_bytes = 0;
    int rank;

    if (query->tokens_count == 0)
        return memmem(name, name_bytes, query->plain, query->plain_bytes) == NULL ? 0 : 2;

    rank = 2
        * rank_tokens(query->tokens, query->tokens_count, query->folded, query->folded_bytes,
            folded, folded_bytes);
    if (rank == 0 || !query->has_marks)
        return rank;

    lowered = lower(name, name_bytes, &lowered_bytes);
    if (lowered != NULL
        && memmem(lowered, lowered_bytes, query->plain, query->plain_bytes) != NULL)
        rank--;
    khach_text_free(lowered);
    return rank;
}
