#include "times.h"

#define DAY_SECONDS 86400

typedef struct civil {
    int32_t year;
    int32_t month;
    int32_t day;
    int32_t second_of_day;
} civil;

static civil civil_of(int64_t seconds)
{
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0 ? 1 : 0);
    /* March is the first month, so that a leap day is the last of its year. */
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int32_t day_of_era = (int32_t)(shifted - era * 146097);
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month = (5 * day_of_year + 2) / 153;

    return (civil){
        .year = (int32_t)(year_of_era + era * 400) + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
        .second_of_day = (int32_t)(seconds - days * DAY_SECONDS),
    };
}

/* Writes a number in `digits` digits. */
static uint8_t *put(uint8_t *at, int32_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (uint8_t)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

static uint8_t *put_byte(uint8_t *at, char byte)
{
    *at = (uint8_t)byte;
    return at + 1;
}

/* "2026-06-30T12:00:00" */
static uint8_t *put_iso(uint8_t *at, civil local)
{
    at = put_byte(put(at, local.year, 4), '-');
    at = put_byte(put(at, local.month, 2), '-');
    at = put_byte(put(at, local.day, 2), 'T');
    at = put_byte(put(at, local.second_of_day / 3600, 2), ':');
    at = put_byte(put(at, local.second_of_day / 60 % 60, 2), ':');
    return put(at, local.second_of_day % 60, 2);
}

void khach__time_add_vietnamese(khach__text *out, const khach_zone *zone, int64_t seconds)
{
    uint8_t bytes[32];
    civil local = civil_of(seconds + khach_zone_offset(zone, seconds));
    uint8_t *at = put_byte(put(bytes, local.day, 2), '/');

    at = put_byte(put(at, local.month, 2), '/');
    at = put_byte(put(at, local.year, 4), ' ');
    at = put_byte(put(at, local.second_of_day / 3600, 2), ':');
    at = put(at, local.second_of_day / 60 % 60, 2);
    khach__text_add(out, bytes, (size_t)(at - bytes));
}

void khach__time_add_english(khach__text *out, const khach_zone *zone, int64_t seconds)
{
    uint8_t bytes[32];
    int32_t offset = khach_zone_offset(zone, seconds);
    int32_t distance = offset < 0 ? -offset : offset;
    uint8_t *at;

    /* Offsets of before there were time zones have seconds, which ISO 8601 has not. */
    distance -= distance % 60;
    offset = offset < 0 ? -distance : distance;
    at = put_iso(bytes, civil_of(seconds + offset));
    at = put_byte(at, offset < 0 ? '-' : '+');
    at = put_byte(put(at, distance / 3600, 2), ':');
    at = put(at, distance / 60 % 60, 2);
    khach__text_add(out, bytes, (size_t)(at - bytes));
}

void khach__time_add_utc(khach__text *out, int64_t seconds, int32_t milliseconds)
{
    uint8_t bytes[32];
    uint8_t *at = put_iso(bytes, civil_of(seconds));

    if (milliseconds > 0)
        at = put(put_byte(at, '.'), milliseconds, 3);
    at = put_byte(at, 'Z');
    khach__text_add(out, bytes, (size_t)(at - bytes));
}
