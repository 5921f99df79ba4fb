#ifndef CPHONE_H
#define CPHONE_H

/**
 * Whether one telephone number exists, by the plans of libphonenumber.
 *
 * It judges a number that is already found and normalised; it never searches a text, since the
 * library's own matcher takes 20 ms for 4 kB of a hostile one.
 *
 * Metadata is compiled into libphonenumber. The first call parses it, 6 to 8 ms and about 4 MB,
 * which stay until the process ends; cphone_load() does so at a time of your choosing.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most bytes that a number may have: '+' and 15 digits (E.164). */
#define CPHONE_E164_BYTES_MAX 16

/**
 * Loads the metadata. Optional, and a repetition does nothing.
 *
 * Threads: any; of several first callers, one loads and the others wait.
 * Returns: 0; -1 when there is no memory.
 */
int cphone_load(void);

/**
 * Whether `number` is a valid number in canonical E.164 form, such as "+84912345678".
 *
 * Borrows: `number`: '+' and 2 to 15 ASCII digits in `bytes` bytes; no NUL is needed.
 * Threads: any, at once.
 * Returns: 1 when it is valid; 0 when it is not, is not of that form, keeps a national trunk
 *          prefix ("+4407400123456"), or memory ran out.
 */
int cphone_is_valid_e164(const char *number, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
