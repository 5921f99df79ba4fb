#include "overlay.h"

#include <stdlib.h>
#include <string.h>

static void *take(const khach_overlay *overlay, size_t bytes)
{
    void *taken = overlay->arena->allocator.alloc(overlay->arena->allocator.allocator_data, bytes);

    if (taken != NULL)
        memset(taken, 0, bytes);
    return taken;
}

bool khach__overlay_open(khach_overlay *overlay, khach_arena *arena, const uint8_t *record,
    size_t record_bytes, khach_overlay_page page)
{
    khach__arena_clear(arena);
    overlay->arena = arena;
    overlay->page = page;
    overlay->customer = khach__v1__customer__unpack(&arena->allocator, record_bytes, record);
    return overlay->customer != NULL;
}

bool khach__overlay_write(const khach_overlay *overlay, uint8_t **out, size_t *out_bytes)
{
    *out_bytes = khach__v1__customer__get_packed_size(overlay->customer);
    *out = malloc(*out_bytes + 1);
    if (*out == NULL)
        return false;
    (void)khach__v1__customer__pack(overlay->customer, *out);
    return true;
}

/* --- entries by hand --- */

/* Saves a text; nothing when it is there already. False when there is no memory. */
static bool save(const khach_overlay *overlay, Khach__V1__HandEntry **stored,
    const Khach__V1__ClientMutation *mutation, const Khach__V1__EditText *edit)
{
    Khach__V1__HandEntry *next;

    if (strcmp(*stored == NULL ? "" : (*stored)->text, edit->text) == 0)
        return true;
    next = take(overlay, sizeof(*next));
    if (next == NULL)
        return false;
    khach__v1__hand_entry__init(next);
    next->text = edit->text;
    next->updated_by = mutation->actor;
    next->updated_at = mutation->made_at;
    next->edit_revision = (*stored == NULL ? 0 : (*stored)->edit_revision) + 1;
    *stored = next;
    return true;
}

static bool save_name(const khach_overlay *overlay, const Khach__V1__ClientMutation *mutation)
{
    Khach__V1__Customer *customer = overlay->customer;
    const Khach__V1__EditText *edit = mutation->manual_name;

    if (!save(overlay, &customer->manual_name, mutation, edit))
        return false;
    if (edit->text[0] != '\0') {
        customer->name = edit->text;
        customer->name_status = KHACH__V1__NAME_STATUS__REAL;
        customer->name_source = KHACH__V1__NAME_SOURCE__NAME_SOURCE_MANUAL;
    } else if (customer->name_source == KHACH__V1__NAME_SOURCE__NAME_SOURCE_MANUAL) {
        /* What the channel calls the person, the server alone knows. */
        customer->name = edit->text;
        customer->name_status = KHACH__V1__NAME_STATUS__PLACEHOLDER;
        customer->name_source = KHACH__V1__NAME_SOURCE__NAME_SOURCE_UNSPECIFIED;
    }
    return true;
}

/* --- blocks --- */

static bool is_blocked(Khach__V1__Block__State state)
{
    return state == KHACH__V1__BLOCK__STATE__BLOCKED
        || state == KHACH__V1__BLOCK__STATE__PENDING_UNBLOCK;
}

/* Opens an interval, or closes the last one. */
static bool turn(const khach_overlay *overlay, Khach__V1__Block *block, bool opens,
    Google__Protobuf__Timestamp *at)
{
    Khach__V1__BlockInterval *interval = take(overlay, sizeof(*interval));
    size_t count = block->n_intervals;
    Khach__V1__BlockInterval **intervals = take(overlay, (count + 1) * sizeof(*intervals));

    if (interval == NULL || intervals == NULL)
        return false;
    khach__v1__block_interval__init(interval);
    if (count > 0)
        memcpy(intervals, block->intervals, count * sizeof(*intervals));
    if (opens) {
        interval->from = at;
        intervals[count++] = interval;
    } else if (count > 0 && intervals[count - 1]->until == NULL) {
        interval->from = intervals[count - 1]->from;
        interval->until = at;
        intervals[count - 1] = interval;
    }
    block->intervals = intervals;
    block->n_intervals = count;
    return true;
}

/* Enters a state, as the server does when nobody has a role on the page. */
static bool enter(const khach_overlay *overlay, const Khach__V1__ClientMutation *mutation,
    Khach__V1__Block__State state, char *reason)
{
    const Khach__V1__Block *stored = overlay->customer->block;
    Khach__V1__Block *next = take(overlay, sizeof(*next));
    bool was_blocked = stored != NULL && is_blocked(stored->state);

    if (next == NULL)
        return false;
    if (stored == NULL)
        khach__v1__block__init(next);
    else
        *next = *stored;
    next->state = state;
    next->since = mutation->made_at;
    next->by = mutation->actor;
    next->reason = reason;
    next->error = (char *)(uintptr_t)protobuf_c_empty_string;
    overlay->customer->block = next;
    return is_blocked(state) == was_blocked
        || turn(overlay, next, is_blocked(state), mutation->made_at);
}

static bool block(const khach_overlay *overlay, const Khach__V1__ClientMutation *mutation)
{
    const Khach__V1__Block *stored = overlay->customer->block;

    switch (stored == NULL ? KHACH__V1__BLOCK__STATE__NONE : stored->state) {
    case KHACH__V1__BLOCK__STATE__BLOCKED:
    case KHACH__V1__BLOCK__STATE__PENDING_BLOCK:
        return true;
    case KHACH__V1__BLOCK__STATE__PENDING_UNBLOCK:
        return enter(
            overlay, mutation, KHACH__V1__BLOCK__STATE__BLOCKED, mutation->block->reason);
    default:
        return enter(overlay, mutation,
            overlay->page.has_gateway ? KHACH__V1__BLOCK__STATE__PENDING_BLOCK
                                      : KHACH__V1__BLOCK__STATE__BLOCKED,
            mutation->block->reason);
    }
}

static bool unblock(const khach_overlay *overlay, const Khach__V1__ClientMutation *mutation)
{
    const Khach__V1__Block *stored = overlay->customer->block;

    switch (stored == NULL ? KHACH__V1__BLOCK__STATE__NONE : stored->state) {
    case KHACH__V1__BLOCK__STATE__BLOCKED:
        return enter(overlay, mutation,
            overlay->page.has_gateway ? KHACH__V1__BLOCK__STATE__PENDING_UNBLOCK
                                      : KHACH__V1__BLOCK__STATE__NONE,
            mutation->unblock->reason);
    case KHACH__V1__BLOCK__STATE__PENDING_BLOCK:
        return enter(
            overlay, mutation, KHACH__V1__BLOCK__STATE__NONE, mutation->unblock->reason);
    default:
        return true;
    }
}

/* --- contact points --- */

/* The contact points of a kind. */
typedef struct contact_list {
    Khach__V1__ContactPoint ***points;
    size_t *count;
} contact_list;

static contact_list contacts(Khach__V1__Customer *customer, uint32_t kind)
{
    if (kind == 1)
        return (contact_list){&customer->phones, &customer->n_phones};
    return (contact_list){&customer->emails, &customer->n_emails};
}

Khach__V1__ContactPoint *khach__overlay_contact(
    const Khach__V1__Customer *customer, uint32_t kind, const char *value)
{
    Khach__V1__ContactPoint **points = kind == 1 ? customer->phones : customer->emails;
    size_t count = kind == 1 ? customer->n_phones : customer->n_emails;

    for (size_t i = 0; i < count; i++)
        if (strcmp(points[i]->value, value) == 0)
            return points[i];
    return NULL;
}

/* Pinned first, rejected last, then seen last first (domain.md §4.6). */
static bool is_better(const Khach__V1__ContactPoint *left, const Khach__V1__ContactPoint *right)
{
    if (left->rejected != right->rejected)
        return right->rejected;
    if (left->pinned != right->pinned)
        return left->pinned;
    return khach__record_ms(left->last_seen_at) > khach__record_ms(right->last_seen_at);
}

/* Puts them in order; those of one place stay as they were. */
static void sort(contact_list list)
{
    Khach__V1__ContactPoint **points = *list.points;

    for (size_t i = 1; i < *list.count; i++) {
        Khach__V1__ContactPoint *moved = points[i];
        size_t to = i;

        for (; to > 0 && is_better(moved, points[to - 1]); to--)
            points[to] = points[to - 1];
        points[to] = moved;
    }
}

static bool add(const khach_overlay *overlay, const Khach__V1__ClientMutation *mutation)
{
    const Khach__V1__EditContact *edit = mutation->add_contact;
    contact_list list = contacts(overlay->customer, edit->kind);
    Khach__V1__ContactPoint *point =
        khach__overlay_contact(overlay->customer, edit->kind, edit->value);
    Khach__V1__ContactPoint **grown;

    if (point == NULL) {
        point = take(overlay, sizeof(*point));
        grown = take(overlay, (*list.count + 1) * sizeof(*grown));
        if (point == NULL || grown == NULL)
            return false;
        khach__v1__contact_point__init(point);
        point->value = edit->value;
        point->first_seen_at = mutation->made_at;
        point->last_seen_at = mutation->made_at;
        if (*list.count > 0)
            memcpy(grown, *list.points, *list.count * sizeof(*grown));
        grown[*list.count] = point;
        *list.points = grown;
        (*list.count)++;
    }
    point->added_by_hand = true;
    point->rejected = false;
    sort(list);
    return true;
}

static void reject(const khach_overlay *overlay, const Khach__V1__EditContact *edit)
{
    Khach__V1__ContactPoint *point =
        khach__overlay_contact(overlay->customer, edit->kind, edit->value);

    if (point == NULL)
        return;
    point->rejected = true;
    point->pinned = false;
    point->added_by_hand = false;
    sort(contacts(overlay->customer, edit->kind));
}

static void pin(const khach_overlay *overlay, const Khach__V1__EditContact *edit, bool is_pinned)
{
    contact_list list = contacts(overlay->customer, edit->kind);
    Khach__V1__ContactPoint *point =
        khach__overlay_contact(overlay->customer, edit->kind, edit->value);

    if (point == NULL)
        return;
    for (size_t i = 0; is_pinned && i < *list.count; i++)
        (*list.points)[i]->pinned = false;
    point->pinned = is_pinned;
    if (is_pinned)
        point->rejected = false;
    sort(list);
}

bool khach__overlay_apply(khach_overlay *overlay, const Khach__V1__ClientMutation *mutation)
{
    switch (mutation->change_case) {
    case KHACH__V1__CLIENT_MUTATION__CHANGE_ADDRESS:
        return save(overlay, &overlay->customer->address, mutation, mutation->address);
    case KHACH__V1__CLIENT_MUTATION__CHANGE_MANUAL_NAME:
        return save_name(overlay, mutation);
    case KHACH__V1__CLIENT_MUTATION__CHANGE_BLOCK:
        return block(overlay, mutation);
    case KHACH__V1__CLIENT_MUTATION__CHANGE_UNBLOCK:
        return unblock(overlay, mutation);
    case KHACH__V1__CLIENT_MUTATION__CHANGE_ADD_CONTACT:
        return add(overlay, mutation);
    case KHACH__V1__CLIENT_MUTATION__CHANGE_REJECT_CONTACT:
        reject(overlay, mutation->reject_contact);
        return true;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_PIN_CONTACT:
        pin(overlay, mutation->pin_contact, true);
        return true;
    case KHACH__V1__CLIENT_MUTATION__CHANGE_UNPIN_CONTACT:
        pin(overlay, mutation->unpin_contact, false);
        return true;
    default:
        return true;
    }
}
