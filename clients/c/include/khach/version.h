#ifndef KHACH_VERSION_H
#define KHACH_VERSION_H

#include <khach/export.h>

#include <stdint.h>

#define KHACH_VERSION_MAJOR 0
#define KHACH_VERSION_MINOR 1
#define KHACH_VERSION_PATCH 0
#define KHACH_VERSION_STRING "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * For every function here:
 * Owns:    nothing.
 * Borrows: nothing; the string is static.
 * Threads: any.
 * Blocks:  no.
 */

/** The library's version as major * 1 000 000 + minor * 1 000 + patch. */
KHACH_API uint32_t khach_version_number(void);

/** The library's version as "major.minor.patch". */
KHACH_API const char *khach_version_string(void);

#ifdef __cplusplus
}
#endif

#endif
