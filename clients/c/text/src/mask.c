/*
 * Which names cannot answer a query, told by 64 bits: a Bloom filter of how a name's words begin.
 */

#include "khach_text.h"

#include <string.h>

/* Lengths in bytes of the beginnings that a mask has: of every word, and of the whole name. */
static const size_t word_lengths[] = {1, 2, 3, 5};
static const size_t name_lengths[] = {2, 3};

/* What a bit stands for. */
typedef enum kind { KIND_WORD = 1, KIND_NAME, KIND_SIGN, KIND_SIGN_TOO } kind;

/* FNV-1a, and its upper bits. */
static uint64_t bit_of(kind what, const char *text, size_t bytes)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) + (uint64_t)what;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001B3);
    return UINT64_C(1) << ((hash * UINT64_C(0x9E3779B97F4A7C15)) >> 58);
}

static uint64_t mask_of_words(const char *folded, size_t folded_bytes)
{
    uint64_t mask = 0;

    for (size_t at = 0; at < folded_bytes;) {
        const char *space = memchr(folded + at, ' ', folded_bytes - at);
        size_t bytes = space == NULL ? folded_bytes - at : (size_t)(space - (folded + at));

        for (size_t i = 0; i < sizeof(word_lengths) / sizeof(*word_lengths); i++) {
            if (word_lengths[i] <= bytes)
                mask |= bit_of(KIND_WORD, folded + at, word_lengths[i]);
        }
        at += bytes + 1;
    }
    return mask;
}

static uint64_t mask_of_beginning(const char *folded, size_t folded_bytes)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < sizeof(name_lengths) / sizeof(*name_lengths); i++) {
        if (name_lengths[i] <= folded_bytes)
            mask |= bit_of(KIND_NAME, folded, name_lengths[i]);
    }
    return mask;
}

/* A query has one sign mostly: two bits for it. */
static uint64_t mask_of_signs(const char *text, size_t text_bytes)
{
    uint64_t mask = 0;
    size_t bytes;

    for (size_t at = 0; (bytes = khach_text_find_sign(text, text_bytes, &at)) > 0; at += bytes)
        mask |= bit_of(KIND_SIGN, text + at, bytes) | bit_of(KIND_SIGN_TOO, text + at, bytes);
    return mask;
}

uint64_t khach_text_name_mask(
    const char *name, size_t name_bytes, const char *folded, size_t folded_bytes)
{
    return mask_of_words(folded, folded_bytes) | mask_of_beginning(folded, folded_bytes)
        | mask_of_signs(name, name_bytes);
}

uint64_t khach_name_query_mask(const khach_name_query *query)
{
    size_t bytes = 0;
    const char *text = khach_name_query_folded(query, &bytes);

    if (khach_name_query_token_count(query) > 0)
        return mask_of_words(text, bytes);
    text = khach_name_query_plain(query, &bytes);
    return mask_of_signs(text, bytes);
}

uint64_t khach_name_query_begin_mask(const khach_name_query *query)
{
    size_t bytes = 0;
    const char *text = khach_name_query_folded(query, &bytes);

    return khach_name_query_mask(query) | mask_of_beginning(text, bytes);
}
