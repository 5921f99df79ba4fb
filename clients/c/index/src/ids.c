/* Sets of customers: sorted, and by hash. */

#include "index.h"

#include <stdlib.h>

/* --- sorted --- */


bool khach__id_set_add(id_set *set, int64_t id)
{
    if (set->count == set->room) {
        size_t room = set->room * 2 + 1024;
        int64_t *grown = realloc(set->ids, room * sizeof(*grown));

        if (grown == NULL)
            return false;
        set->ids = grown;
        set->room = room;
    }
    set->ids[set->count++] = id;
    return true;
}

static int compare_ids(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

void khach__id_set_sort(id_set *set)
{
    size_t count = 0;

    if (set->count == 0)
        return;
    qsort(set->ids, set->count, sizeof(*set->ids), compare_ids);
    for (size_t i = 0; i < set->count; i++) {
        if (count == 0 || set->ids[i] != set->ids[count - 1])
            set->ids[count++] = set->ids[i];
    }
    set->count = count;
}

bool khach__id_set_has(const id_set *set, int64_t id)
{
    size_t low = 0;
    size_t high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->ids[middle] == id)
            return true;
        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* --- by hash --- */

static size_t place_of(const id_hash *set, int64_t id)
{
    size_t at = (size_t)((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (set->room - 1);

    while (set->ids[at] != 0 && set->ids[at] != id)
        at = (at + 1) & (set->room - 1);
    return at;
}

static bool grow(id_hash *set)
{
    id_hash grown = {.room = set->room == 0 ? 1024 : set->room * 2, .count = set->count};

    grown.ids = calloc(grown.room, sizeof(*grown.ids));
    if (grown.ids == NULL)
        return false;
    for (size_t i = 0; i < set->room; i++) {
        if (set->ids[i] != 0)
            grown.ids[place_of(&grown, set->ids[i])] = set->ids[i];
    }
    free(set->ids);
    *set = grown;
    return true;
}

khach_index_status khach__id_hash_add(id_hash *set, int64_t id, bool *is_new)
{
    size_t at;

    if (set->count * 2 >= set->room && !grow(set))
        return KHACH_INDEX_MEMORY;
    at = place_of(set, id);
    *is_new = set->ids[at] != id;
    set->count += *is_new;
    set->ids[at] = id;
    return KHACH_INDEX_OK;
}

khach_index_status khach__id_hash_fill(id_hash *set, const id_set *ids)
{
    khach_index_status status = KHACH_INDEX_OK;
    bool is_new;

    for (size_t i = 0; i < ids->count && status == KHACH_INDEX_OK; i++)
        status = khach__id_hash_add(set, ids->ids[i], &is_new);
    return status;
}

bool khach__id_hash_has(const id_hash *set, int64_t id)
{
    return set->room > 0 && set->ids[place_of(set, id)] == id;
}

void khach__id_hash_free(id_hash *set)
{
    free(set->ids);
    *set = (id_hash){0};
}
