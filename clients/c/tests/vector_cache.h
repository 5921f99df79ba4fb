#ifndef KHACH_TESTS_VECTOR_CACHE_H
#define KHACH_TESTS_VECTOR_CACHE_H

/* A cache of rows alone, that does what the engine says; and what the engine says, as JSON. */

#include "vector_rows.h"

typedef struct vector_cache {
    char cursor[64];
    uint64_t seq;
    vector_rows rows;
    vector_rows listed; /* what the server last said that a page holds */
} vector_cache;

/* An action as a conversation writes it. */
json_t *vector_action_write(const vector_cache *cache, const khach_action *action);
/* Does what is not a call, and tells the engine. */
void vector_cache_do(vector_cache *cache, khach_engine *engine);

#endif
