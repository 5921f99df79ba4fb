#include "khach_digest.h"

#include <xxhash.h>

static void write_little(uint8_t *out, uint64_t value)
{
    for (int byte = 0; byte < 8; byte++)
        out[byte] = (uint8_t)(value >> (8 * byte));
}

static uint64_t read_little(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (int byte = 7; byte >= 0; byte--)
        value = value << 8 | bytes[byte];
    return value;
}

unsigned khach_digest_slot(int64_t id)
{
    uint8_t bytes[8];

    write_little(bytes, (uint64_t)id);
    return (unsigned)(XXH3_64bits(bytes, sizeof(bytes)) % KHACH_DIGEST_SLOTS);
}

khach_digest khach_digest_row(int64_t id, uint64_t seq, const uint8_t *record, size_t record_bytes)
{
    uint8_t key[16];
    XXH128_hash_t hash;

    write_little(key, (uint64_t)id);
    write_little(key + 8, seq);
    /* A row of another id or sequence is hashed in another way. */
    hash = XXH3_128bits_withSeed(record, record_bytes, XXH3_64bits(key, sizeof(key)));
    return (khach_digest){.low = hash.low64, .high = hash.high64, .count = 1};
}

void khach_digest_add(khach_digest *sum, khach_digest part)
{
    sum->low += part.low;
    sum->high += part.high + (sum->low < part.low);
    sum->count += part.count;
}

void khach_digest_remove(khach_digest *sum, khach_digest part)
{
    sum->high -= part.high + (sum->low < part.low);
    sum->low -= part.low;
    sum->count -= part.count;
}

int khach_digest_is_equal(khach_digest left, khach_digest right)
{
    return left.low == right.low && left.high == right.high && left.count == right.count;
}

void khach_digest_write_sum(uint8_t *out, khach_digest digest)
{
    write_little(out, digest.low);
    write_little(out + 8, digest.high);
}

void khach_digest_write_slot(uint8_t *out, khach_digest digest)
{
    khach_digest_write_sum(out, digest);
    write_little(out + KHACH_DIGEST_SUM_BYTES, digest.count);
}

khach_digest khach_digest_read_slot(const uint8_t *bytes)
{
    return (khach_digest){
        .low = read_little(bytes),
        .high = read_little(bytes + 8),
        .count = read_little(bytes + KHACH_DIGEST_SUM_BYTES),
    };
}
