#ifndef KHACH_TESTS_SHEET_SAMPLES_H
#define KHACH_TESTS_SHEET_SAMPLES_H

/* Customers that were written by hand, as the server stores them. */

#include <stddef.h>
#include <stdint.h>

enum {
    SAMPLE_FULL,  /* everything is known */
    SAMPLE_BARE,  /* nothing is */
    SAMPLE_NASTY, /* what breaks files */
    SAMPLE_ABROAD, /* other countries, short things, times of another age */
    SAMPLE_COUNT
};

#define SAMPLE_PAGE "p0000000000007"
#define SAMPLE_PAGE_NAME "Áo dài, \"Sài Gòn\""

/* The bytes of a sample: release with free(). */
uint8_t *sample_record(int sample, size_t *bytes);

/* A customer whose name has this many bytes. */
uint8_t *sample_record_named(const char *name, size_t *bytes);

#endif
