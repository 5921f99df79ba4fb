#ifndef KHACH_ZONE_RULE_H
#define KHACH_ZONE_RULE_H

/* The rule for years after the last transition of a zone: the footer of a TZif file, which is a
 * POSIX TZ string (RFC 8536 §3.3.1). Pure arithmetic. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum khach__zone_date_kind {
    KHACH__ZONE_DATE_WEEKDAY, /* Mm.w.d */
    KHACH__ZONE_DATE_JULIAN,  /* Jn: 1 to 365, 29 February never counted */
    KHACH__ZONE_DATE_DAY      /* n: 0 to 365 */
} khach__zone_date_kind;

typedef struct khach__zone_date {
    khach__zone_date_kind kind;
    int32_t month;
    int32_t week;
    int32_t day;
    int32_t seconds; /* of the local day; may be negative or above 24 h */
} khach__zone_date;

typedef struct khach__zone_rule {
    int32_t standard_offset; /* seconds east of UTC */
    int32_t summer_offset;
    bool has_summer;
    khach__zone_date summer_start;
    khach__zone_date summer_end;
} khach__zone_rule;

/* Reads a rule; false when `text` is not one. */
bool khach__zone_rule_read(khach__zone_rule *rule, const char *text, size_t text_bytes);

/* Seconds east of UTC at `seconds` since 1970. */
int32_t khach__zone_rule_offset(const khach__zone_rule *rule, int64_t seconds);

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
int64_t khach__zone_days(int64_t year, int32_t month, int32_t day);

#endif
