/* Hashes of derived rows, for sums of them. */

#include "check.h"

#include <string.h>

/* What a sum is of: the same numbers in two tables are not the same row. */
enum { OF_TOKEN = 1, OF_DAY, OF_CONTACT, OF_BLOCK, OF_CUSTOMERS, OF_TOKENS, OF_DAYS };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;

    hash = mix(hash, count);
    for (; count > 0; at += count < 8 ? count : 8, count -= count < 8 ? count : 8) {
        uint64_t value = 0;

        memcpy(&value, at, count < 8 ? count : 8);
        hash = mix(hash, value);
    }
    return hash;
}

/* So that sums of hashes do not cancel out as sums of the like. */
static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

size_t khach__check_part(int64_t id)
{
    return finish(mix(0, (uint64_t)id)) % CHECK_PARTS;
}

static uint64_t begin(int what, int64_t business_id)
{
    return mix((uint64_t)what, (uint64_t)business_id);
}

uint64_t khach__token_hash(int64_t business_id, const void *token, size_t token_bytes,
    int64_t id, const void *folded, size_t folded_bytes)
{
    uint64_t hash = mix_bytes(begin(OF_TOKEN, business_id), token, token_bytes);

    return finish(mix_bytes(mix(hash, (uint64_t)id), folded, folded_bytes));
}

uint64_t khach__tokens_hash(int64_t business_id, const void *token, size_t token_bytes)
{
    return finish(mix_bytes(begin(OF_TOKENS, business_id), token, token_bytes));
}

uint64_t khach__day_hash(int64_t business_id, int64_t day, int64_t created_at, int64_t id,
    const void *facts, size_t facts_bytes)
{
    uint64_t hash = mix(mix(begin(OF_DAY, business_id), (uint64_t)day), (uint64_t)created_at);

    return finish(mix_bytes(mix(hash, (uint64_t)id), facts, facts_bytes));
}

uint64_t khach__contact_hash(int64_t business_id, int64_t page_id, int64_t kind,
    const void *value, size_t value_bytes, int64_t first_seen_at, int64_t id)
{
    uint64_t hash = mix(mix(begin(OF_CONTACT, business_id), (uint64_t)page_id), (uint64_t)kind);

    hash = mix_bytes(hash, value, value_bytes);
    return finish(mix(mix(hash, (uint64_t)first_seen_at), (uint64_t)id));
}

uint64_t khach__block_hash(
    int64_t business_id, int64_t at, int64_t id, int64_t kind, int64_t page_id)
{
    uint64_t hash = mix(mix(begin(OF_BLOCK, business_id), (uint64_t)at), (uint64_t)id);

    return finish(mix(mix(hash, (uint64_t)kind), (uint64_t)page_id));
}

uint64_t khach__customers_hash(int64_t business_id, int64_t page_id, int64_t traits)
{
    return finish(
        mix(mix(begin(OF_CUSTOMERS, business_id), (uint64_t)page_id), (uint64_t)traits));
}

uint64_t khach__days_hash(int64_t business_id, int64_t day, int64_t page_id, const daily *counted)
{
    uint64_t hash = mix(mix(begin(OF_DAYS, business_id), (uint64_t)day), (uint64_t)page_id);
    uint64_t sum = 0;

    for (size_t i = 0; i < counted->count; i++)
        sum += counted->parts[i].count * finish(mix(hash, counted->parts[i].key));
    return sum;
}
