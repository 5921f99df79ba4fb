#include "sheet.h"

#include <stdlib.h>

#define PAGES_FIRST 16

struct khach__page {
    size_t start; /* in `texts`: the id, then the name */
    size_t id_bytes;
    size_t name_bytes;
};

/* Ids are of one length, and this order is any order that is always the same. */
static int compare(khach__slice left, khach__slice right)
{
    if (left.count != right.count)
        return left.count < right.count ? -1 : 1;
    return left.count == 0 ? 0 : memcmp(left.bytes, right.bytes, left.count);
}

static khach__slice id_of(const khach__pages *pages, const struct khach__page *page)
{
    return (khach__slice){pages->texts.bytes + page->start, page->id_bytes};
}

bool khach__pages_add(khach__pages *pages, khach__slice id, khach__slice name)
{
    struct khach__page *page;

    if (pages->count == pages->room) {
        size_t room = pages->room == 0 ? PAGES_FIRST : pages->room * 2;
        struct khach__page *grown = realloc(pages->list, room * sizeof(*grown));

        if (grown == NULL)
            return false;
        pages->list = grown;
        pages->room = room;
    }
    page = &pages->list[pages->count];
    *page = (struct khach__page){pages->texts.count, id.count, name.count};
    khach__text_add(&pages->texts, id.bytes, id.count);
    khach__text_add(&pages->texts, name.bytes, name.count);
    if (pages->texts.is_lost)
        return false;
    pages->count++;
    pages->is_sorted = pages->count == 1
        || (pages->is_sorted && compare(id_of(pages, page - 1), id_of(pages, page)) < 0);
    return true;
}

/* Moves each page to its place. Pages come in order of id, so that this hardly happens. */
static void sort(khach__pages *pages)
{
    for (size_t i = 1; i < pages->count; i++) {
        struct khach__page moved = pages->list[i];
        size_t at = i;

        while (at > 0 && compare(id_of(pages, &moved), id_of(pages, &pages->list[at - 1])) < 0) {
            pages->list[at] = pages->list[at - 1];
            at--;
        }
        pages->list[at] = moved;
    }
    pages->is_sorted = true;
}

khach__slice khach__pages_find(khach__pages *pages, khach__slice id)
{
    size_t low = 0;
    size_t high = pages->count;

    if (!pages->is_sorted)
        sort(pages);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct khach__page *page = &pages->list[middle];
        int order = compare(id, id_of(pages, page));

        if (order == 0)
            return (khach__slice){
                pages->texts.bytes + page->start + page->id_bytes, page->name_bytes};
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return (khach__slice){0};
}

void khach__pages_free(khach__pages *pages)
{
    free(pages->list);
    khach__text_free(&pages->texts);
}
