#ifndef KHACH_EXPORT_TIMES_H
#define KHACH_EXPORT_TIMES_H

/* Instants as a file writes them. */

#include "text.h"

#include "khach_text.h"

/* "30/06/2026 12:00", local to the zone. */
void khach__time_add_vietnamese(khach__text *out, const khach_zone *zone, int64_t seconds);

/* "2026-06-30T12:00:00+07:00", local to the zone. */
void khach__time_add_english(khach__text *out, const khach_zone *zone, int64_t seconds);

/* "2026-06-30T05:00:00Z", with three more digits when there are milliseconds: as protobuf JSON. */
void khach__time_add_utc(khach__text *out, int64_t seconds, int32_t milliseconds);

#endif
