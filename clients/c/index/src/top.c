/* The first rows of a list, kept while they are found in any order. */

#include "index.h"

#include <string.h>

int khach__position_compare(khach_index_order order, const khach_index_position *left,
    const khach_index_position *right)
{
    int is_ascending = order == KHACH_INDEX_CREATED_ASCENDING;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->key != right->key)
        return (left->key > right->key) == is_ascending ? 1 : -1;
    if (left->id != right->id)
        return (left->id > right->id) == is_ascending ? 1 : -1;
    return 0;
}

bool khach__top_wants(const top *list, const khach_index_position *row)
{
    return list->count < list->room
        || khach__position_compare(list->order, row, &list->rows[list->count - 1]) < 0;
}

bool khach__top_is_settled(const top *list, int64_t bound)
{
    const khach_index_position *last = &list->rows[list->room - 1];

    if (list->count < list->room)
        return false;
    if (list->order != KHACH_INDEX_RELEVANCE)
        return bound == INT64_MIN || last->key >= bound;
    return last->rank <= list->complete_rank
        || (last->rank == list->complete_rank + 1
            && (bound == INT64_MIN || last->key >= bound));
}

void khach__top_add(top *list, const khach_index_position *row)
{
    size_t low = 0;
    size_t high = list->count;

    if (list->room == 0 || !khach__top_wants(list, row))
        return;
    if (list->after != NULL && khach__position_compare(list->order, list->after, row) >= 0)
        return;
    /* What comes in order goes to the end. */
    if (high > 0 && khach__position_compare(list->order, row, &list->rows[high - 1]) > 0)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = khach__position_compare(list->order, row, &list->rows[middle]);

        if (order == 0)
            return; /* Two words of one name begin with the same token. */
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (list->count < list->room)
        list->count++;
    memmove(&list->rows[low + 1], &list->rows[low],
        (list->count - 1 - low) * sizeof(*list->rows));
    list->rows[low] = *row;
}
