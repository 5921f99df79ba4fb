/*
 * Time zones from the system's tzdata (RFC 8536), read into a value: no TZ variable, no tzset(),
 * so that any number of zones serve any number of threads.
 */

#include "khach_text.h"

#include "zone_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define ZONE_NAME_BYTES_MAX 100
#define ZONE_FILE_BYTES_MAX (1024 * 1024)
#define HEADER_BYTES 44
#define DAY_SECONDS 86400
/* No zone was ever further from UTC than this. */
#define OFFSET_SECONDS_MAX (26 * 3600)
/* Instants beyond this are not looked up in rules; about the year 36 800. */
#define SECONDS_MAX INT64_C(1099511627776)

struct khach_zone {
    size_t count;
    int64_t *times;   /* ascending: when an offset begins */
    int32_t *offsets; /* of the same index */
    int32_t first_offset;
    bool has_rule;
    khach__zone_rule rule;
};

/* The six counts of a TZif header. */
typedef struct zone_header {
    size_t utc_count;
    size_t standard_count;
    size_t leap_count;
    size_t time_count;
    size_t type_count;
    size_t name_bytes;
} zone_header;

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t read_i64(const uint8_t *bytes)
{
    return (int64_t)((uint64_t)read_u32(bytes) << 32 | read_u32(bytes + 4));
}

/* Reads a header; false when the bytes are not one, or claim more than a file may hold. */
static bool header_read(zone_header *header, const uint8_t *bytes, size_t bytes_count)
{
    uint32_t counts[6];

    if (bytes_count < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    for (size_t i = 0; i < 6; i++) {
        counts[i] = read_u32(bytes + 20 + i * 4);
        if (counts[i] > ZONE_FILE_BYTES_MAX)
            return false;
    }
    header->utc_count = counts[0];
    header->standard_count = counts[1];
    header->leap_count = counts[2];
    header->time_count = counts[3];
    header->type_count = counts[4];
    header->name_bytes = counts[5];
    return true;
}

static size_t body_bytes(const zone_header *header, size_t time_bytes)
{
    return header->time_count * (time_bytes + 1) + header->type_count * 6 + header->name_bytes
        + header->leap_count * (time_bytes + 4) + header->standard_count + header->utc_count;
}

/* Fills `zone` from the second, 64-bit block. */
static int body_read(khach_zone *zone, const zone_header *header, const uint8_t *body)
{
    const uint8_t *indexes = body + header->time_count * 8;
    const uint8_t *types = indexes + header->time_count;

    if (header->type_count == 0)
        return -1;
    zone->times = malloc((header->time_count + 1) * sizeof(int64_t));
    zone->offsets = malloc((header->time_count + 1) * sizeof(int32_t));
    if (zone->times == NULL || zone->offsets == NULL)
        return -2;

    zone->first_offset = (int32_t)read_u32(types);
    zone->count = header->time_count;
    for (size_t i = 0; i < zone->count; i++) {
        if (indexes[i] >= header->type_count)
            return -1;
        zone->times[i] = read_i64(body + i * 8);
        zone->offsets[i] = (int32_t)read_u32(types + (size_t)indexes[i] * 6);
        if (i > 0 && zone->times[i] <= zone->times[i - 1])
            return -1;
        if (zone->offsets[i] < -OFFSET_SECONDS_MAX || zone->offsets[i] > OFFSET_SECONDS_MAX)
            return -1;
    }
    return 0;
}

static int zone_read(khach_zone *zone, const uint8_t *bytes, size_t bytes_count)
{
    zone_header header;
    size_t at;
    const uint8_t *end;
    int result;

    if (!header_read(&header, bytes, bytes_count))
        return -1;
    at = HEADER_BYTES + body_bytes(&header, 4);
    if (at > bytes_count || !header_read(&header, bytes + at, bytes_count - at))
        return -1;
    at += HEADER_BYTES;
    if (body_bytes(&header, 8) > bytes_count - at)
        return -1;
    result = body_read(zone, &header, bytes + at);
    if (result != 0)
        return result;

    /* The footer: a line feed, the rule, a line feed. */
    at += body_bytes(&header, 8);
    if (bytes_count - at < 2 || bytes[at] != '\n')
        return 0;
    end = memchr(bytes + at + 1, '\n', bytes_count - at - 1);
    if (end != NULL)
        zone->has_rule = khach__zone_rule_read(
            &zone->rule, (const char *)bytes + at + 1, (size_t)(end - (bytes + at + 1)));
    return 0;
}

/* A name may hold what IANA names hold, which have no dots, so it cannot leave its folder or name
 * one file in two ways. "right" counts leap seconds; "posix" is the same zones again. */
static bool name_is_safe(const char *name)
{
    size_t bytes = strlen(name);

    if (bytes == 0 || bytes > ZONE_NAME_BYTES_MAX || name[0] == '/' || name[bytes - 1] == '/'
        || strstr(name, "//") != NULL || strncmp(name, "right/", 6) == 0
        || strncmp(name, "posix/", 6) == 0)
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")
        == bytes;
}

int khach_zone_open(khach_zone **out, const char *name)
{
    char path[sizeof(ZONE_FOLDER) + ZONE_NAME_BYTES_MAX];
    uint8_t *bytes = NULL;
    size_t bytes_count;
    khach_zone *zone = NULL;
    FILE *file = NULL;
    int result = -1;

    *out = NULL;
    if (name == NULL || !name_is_safe(name))
        return -1;
    (void)snprintf(path, sizeof(path), "%s%s", ZONE_FOLDER, name);
    file = fopen(path, "rbe");
    if (file == NULL)
        goto done;

    result = -2;
    bytes = malloc(ZONE_FILE_BYTES_MAX);
    zone = calloc(1, sizeof(*zone));
    if (bytes == NULL || zone == NULL)
        goto done;
    bytes_count = fread(bytes, 1, ZONE_FILE_BYTES_MAX, file);
    result = zone_read(zone, bytes, bytes_count);
    if (result == 0) {
        *out = zone;
        zone = NULL;
    }

done:
    if (file != NULL)
        (void)fclose(file);
    free(bytes);
    khach_zone_free(zone);
    return result;
}

void khach_zone_free(khach_zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->times);
    free(zone->offsets);
    free(zone);
}

int32_t khach_zone_offset(const khach_zone *zone, int64_t seconds)
{
    size_t low = 0;
    size_t high = zone->count;

    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    if (seconds < -SECONDS_MAX)
        seconds = -SECONDS_MAX;
    if (zone->has_rule && (zone->count == 0 || seconds >= zone->times[zone->count - 1]))
        return khach__zone_rule_offset(&zone->rule, seconds);

    /* The first transition after `seconds`. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->times[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? zone->first_offset : zone->offsets[low - 1];
}

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;

    return value % divisor < 0 ? quotient - 1 : quotient;
}

int32_t khach_zone_day(const khach_zone *zone, int64_t milliseconds)
{
    int64_t seconds = floor_divide(milliseconds, 1000);

    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    if (seconds < -SECONDS_MAX)
        seconds = -SECONDS_MAX;
    return (int32_t)floor_divide(seconds + khach_zone_offset(zone, seconds), DAY_SECONDS);
}

int64_t khach_zone_day_start(const khach_zone *zone, int32_t day)
{
    int64_t midnight = (int64_t)day * DAY_SECONDS;
    int64_t first = midnight - OFFSET_SECONDS_MAX;
    int64_t last = midnight + OFFSET_SECONDS_MAX;
    int64_t found = INT64_MAX;

    /* Midnight as each offset near it would have it, where that offset holds then. */
    for (int64_t at = first; at <= last; at += 3600) {
        int64_t offset = khach_zone_offset(zone, at);
        int64_t start = midnight - offset;

        if (start < found && khach_zone_offset(zone, start) == offset)
            found = start;
    }
    if (found != INT64_MAX)
        return found * 1000;

    /* The clocks jumped over midnight: the day begins with the jump. */
    while (first < last) {
        int64_t middle = first + (last - first) / 2;

        if (middle + khach_zone_offset(zone, middle) >= midnight)
            last = middle;
        else
            first = middle + 1;
    }
    return first * 1000;
}

int khach_day_parse(int32_t *out, const char *text)
{
    static const int32_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t year;
    int32_t month;
    int32_t day;
    bool leap;

    if (text == NULL || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return -1;
    for (size_t i = 0; i < 10; i++) {
        if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9'))
            return -1;
    }
    year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    month = (text[5] - '0') * 10 + text[6] - '0';
    day = (text[8] - '0') * 10 + text[9] - '0';
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return -1;
    if (day > lengths[month - 1] + (month == 2 && leap ? 1 : 0))
        return -1;

    *out = (int32_t)khach__zone_days(year, month, day);
    return 0;
}

void khach_day_format(char out[11], int32_t day)
{
    /* Years of March to February in eras of 400: the leap day is the last of a year. */
    int64_t shifted = (int64_t)day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;
    unsigned year = (unsigned)(year_of_era + era * 400 + (month >= 10));
    unsigned number = (unsigned)(month < 10 ? month + 3 : month - 9);
    unsigned date = (unsigned)(of_year - (153 * month + 2) / 5 + 1);

    for (int at = 3; at >= 0; at--, year /= 10)
        out[at] = (char)('0' + year % 10);
    out[4] = out[7] = '-';
    out[5] = (char)('0' + number / 10 % 10);
    out[6] = (char)('0' + number % 10);
    out[8] = (char)('0' + date / 10 % 10);
    out[9] = (char)('0' + date % 10);
    out[10] = '\0';
}
