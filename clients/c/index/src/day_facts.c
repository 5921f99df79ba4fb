/* What a row of customer_days says of its customer, as one value: SQLite gives one value in half
 * the time that it takes for five. */

#include "index.h"

/* Written out, for a compiler to see one load in it. */
static uint32_t read_4(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static uint64_t read_8(const uint8_t *at)
{
    return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40
        | (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16
        | (uint64_t)at[6] << 8 | (uint64_t)at[7];
}

static uint8_t *write_number(uint8_t *out, uint64_t value, size_t count)
{
    for (size_t i = count; i-- > 0; value >>= 8)
        out[i] = (uint8_t)value;
    return out + count;
}

void khach__day_facts_write(uint8_t *out, const day_facts *facts)
{
    /* The page comes first: in the order of their bytes, rows of a page are together. */
    out = write_number(out, (uint64_t)facts->page, 8);
    out = write_number(out, facts->traits, 2);
    out = write_number(out, facts->activity, 4);
    out = write_number(out, (uint64_t)facts->since, 8);
    (void)write_number(out, facts->name_mask, 8);
}

bool khach__day_facts_read(day_facts *out, const void *bytes, size_t bytes_count)
{
    const uint8_t *at = bytes;

    if (bytes_count != DAY_FACTS_BYTES)
        return false;
    *out = (day_facts){.page = (int64_t)read_8(at),
        .traits = (uint32_t)at[8] << 8 | at[9],
        .activity = read_4(at + 10),
        .since = (int64_t)read_8(at + 14),
        .name_mask = read_8(at + 22)};
    return true;
}
