#ifndef KHACH_DIGEST_H
#define KHACH_DIGEST_H

/* Digests of records: sums that are equal when the records are (docs/sync.md).
 *
 * The server and every cache compute them with this code, from the bytes that they have stored. A
 * sum finds damage and faults, one missing and one too many among them; it is no proof against
 * somebody who makes records with intent. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names the way of hashing; a change of it is another number. */
#define KHACH_DIGEST_VERSION 1
/* Parts of a page, by a hash of the id. */
#define KHACH_DIGEST_SLOTS 256
#define KHACH_DIGEST_SUM_BYTES 16
/* A sum and its count, as they are sent: both little endian. */
#define KHACH_DIGEST_SLOT_BYTES 24

/* The sum of the hashes of some rows, modulo 2^128, and how many they are. */
typedef struct khach_digest {
    uint64_t low;
    uint64_t high;
    uint64_t count;
} khach_digest;

/* 0 to KHACH_DIGEST_SLOTS - 1. */
unsigned khach_digest_slot(int64_t id);

/* The digest of one row: of its id, its commit sequence and the bytes of its record. */
khach_digest khach_digest_row(
    int64_t id, uint64_t seq, const uint8_t *record, size_t record_bytes);

void khach_digest_add(khach_digest *sum, khach_digest part);
/* Takes away what was added; the order does not matter. */
void khach_digest_remove(khach_digest *sum, khach_digest part);
int khach_digest_is_equal(khach_digest left, khach_digest right);

/* The 16 bytes of a sum as they are sent. */
void khach_digest_write_sum(uint8_t *out, khach_digest digest);
/* The 24 bytes of a slot. */
void khach_digest_write_slot(uint8_t *out, khach_digest digest);
khach_digest khach_digest_read_slot(const uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
