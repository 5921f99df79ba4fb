#include "zone_rule.h"

#define DAY_SECONDS 86400
#define HOUR_SECONDS 3600

/* A place in a rule's text; reading past the end fails every reader below. */
typedef struct reader {
    const char *at;
    const char *end;
} reader;

static bool take(reader *in, char wanted)
{
    if (in->at == in->end || *in->at != wanted)
        return false;
    in->at++;
    return true;
}

static bool read_number(reader *in, int32_t *out)
{
    int32_t value = 0;
    const char *first = in->at;

    while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && in->at - first < 4)
        value = value * 10 + (*in->at++ - '0');
    *out = value;
    return in->at > first;
}

/* A zone's abbreviation: three letters or more, or anything in angle brackets. */
static bool skip_name(reader *in)
{
    const char *first = in->at;

    if (take(in, '<')) {
        while (in->at < in->end && *in->at != '>')
            in->at++;
        return take(in, '>');
    }
    while (in->at < in->end
        && ((*in->at >= 'A' && *in->at <= 'Z') || (*in->at >= 'a' && *in->at <= 'z')))
        in->at++;
    return in->at - first >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(reader *in, int32_t *out)
{
    int32_t sign = 1;
    int32_t hours = 0;
    int32_t minutes = 0;
    int32_t seconds = 0;

    if (take(in, '-'))
        sign = -1;
    else
        (void)take(in, '+');
    if (!read_number(in, &hours) || hours > 167)
        return false;
    if (take(in, ':') && (!read_number(in, &minutes) || minutes > 59))
        return false;
    if (take(in, ':') && (!read_number(in, &seconds) || seconds > 59))
        return false;

    *out = sign * (hours * HOUR_SECONDS + minutes * 60 + seconds);
    return true;
}

static bool read_date(reader *in, khach__zone_date *date)
{
    date->month = 0;
    date->week = 0;
    date->seconds = 2 * HOUR_SECONDS;
    if (take(in, 'M')) {
        date->kind = KHACH__ZONE_DATE_WEEKDAY;
        if (!read_number(in, &date->month) || !take(in, '.') || !read_number(in, &date->week)
            || !take(in, '.') || !read_number(in, &date->day))
            return false;
        if (date->month < 1 || date->month > 12 || date->week < 1 || date->week > 5
            || date->day > 6)
            return false;
    } else if (take(in, 'J')) {
        date->kind = KHACH__ZONE_DATE_JULIAN;
        if (!read_number(in, &date->day) || date->day < 1 || date->day > 365)
            return false;
    } else {
        date->kind = KHACH__ZONE_DATE_DAY;
        if (!read_number(in, &date->day) || date->day > 365)
            return false;
    }
    return !take(in, '/') || read_time(in, &date->seconds);
}

bool khach__zone_rule_read(khach__zone_rule *rule, const char *text, size_t text_bytes)
{
    reader in = {text, text + text_bytes};
    int32_t west = 0;

    if (!skip_name(&in) || !read_time(&in, &west))
        return false;
    rule->standard_offset = -west;
    rule->summer_offset = rule->standard_offset + HOUR_SECONDS;
    rule->has_summer = false;
    if (in.at == in.end)
        return true;

    if (!skip_name(&in))
        return false;
    if (in.at < in.end && *in.at != ',') {
        if (!read_time(&in, &west))
            return false;
        rule->summer_offset = -west;
    }
    if (!take(&in, ',') || !read_date(&in, &rule->summer_start) || !take(&in, ',')
        || !read_date(&in, &rule->summer_end))
        return false;
    rule->has_summer = true;
    return in.at == in.end;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int64_t khach__zone_days(int64_t year, int32_t month, int32_t day)
{
    /* March is the first month, so that a leap day is the last of its year. */
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t year_of_era = shifted - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
        - 719468;
}

static int64_t year_of_day(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);

    return year_of_era + era * 400 + (day_of_year >= 306 ? 1 : 0);
}

/* Local seconds since 1970 at which `date` comes in `year`. */
static int64_t date_seconds(const khach__zone_date *date, int64_t year)
{
    int64_t days = 0;

    switch (date->kind) {
    case KHACH__ZONE_DATE_WEEKDAY: {
        int64_t first = khach__zone_days(year, date->month, 1);
        int64_t next = date->month == 12 ? khach__zone_days(year + 1, 1, 1)
                                         : khach__zone_days(year, date->month + 1, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday. */

        days = first + (date->day - weekday + 7) % 7 + 7 * (int64_t)(date->week - 1);
        if (days >= next)
            days -= 7;
        break;
    }
    case KHACH__ZONE_DATE_JULIAN:
        days = khach__zone_days(year, 1, 1) + date->day - 1;
        if (is_leap(year) && date->day >= 60)
            days++;
        break;
    case KHACH__ZONE_DATE_DAY:
        days = khach__zone_days(year, 1, 1) + date->day;
        break;
    }
    return days * DAY_SECONDS + date->seconds;
}

int32_t khach__zone_rule_offset(const khach__zone_rule *rule, int64_t seconds)
{
    int64_t local;
    int64_t day;
    int64_t year;
    int64_t start;
    int64_t end;
    bool is_summer;

    if (!rule->has_summer)
        return rule->standard_offset;

    local = seconds + rule->standard_offset;
    day = local >= 0 ? local / DAY_SECONDS : -((-local + DAY_SECONDS - 1) / DAY_SECONDS);
    year = year_of_day(day);
    start = date_seconds(&rule->summer_start, year) - rule->standard_offset;
    end = date_seconds(&rule->summer_end, year) - rule->summer_offset;
    is_summer = start < end ? seconds >= start && seconds < end : seconds < end || seconds >= start;
    return is_summer ? rule->summer_offset : rule->standard_offset;
}
