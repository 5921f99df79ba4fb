/* How a live cache stands, told to whoever watches. */

#include "outbox.h"
#include "watch.h"

static khach_watch_state state_of(const khach_live *live)
{
    bool is_current = live->is_heard && live->epoch != 0 && live->head_seq <= live->seq;

    switch (live->kind) {
    case KHACH_LIVE_PULL:
        return is_current ? KHACH_WATCH_LIVE : KHACH_WATCH_BEHIND;
    case KHACH_LIVE_LISTEN:
        return is_current ? KHACH_WATCH_LIVE : KHACH_WATCH_CONNECTING;
    case KHACH_LIVE_WAIT:
        return KHACH_WATCH_WAITING;
    case KHACH_LIVE_OPEN:
        break;
    }
    return KHACH_WATCH_CONNECTING;
}

static bool is_same(const khach_watch_report *left, const khach_watch_report *right)
{
    return left->state == right->state && left->status == right->status
        && left->wait_ms == right->wait_ms && left->seq == right->seq
        && left->head_seq == right->head_seq && left->as_of_ms == right->as_of_ms
        && left->verified_at_ms == right->verified_at_ms
        && left->customers_count == right->customers_count
        && left->waiting_count == right->waiting_count
        && left->failed_count == right->failed_count;
}

void khach__watch_tell(khach_watch *watch)
{
    khach_watch_report *report = &watch->report;
    bool is_waiting = watch->live.kind == KHACH_LIVE_WAIT;
    const khach_error *failure = is_waiting ? watch->failure : watch->refusal;

    report->struct_size = sizeof(*report);
    report->state = (int32_t)state_of(&watch->live);
    report->status = (int32_t)khach_error_status(failure);
    report->message = khach_error_message(failure);
    report->wait_ms = is_waiting ? watch->live.wait_ms : 0;
    report->head_seq = watch->live.head_seq > report->seq ? watch->live.head_seq : report->seq;
    if (is_same(report, &watch->told))
        return;
    watch->told = *report;
    if (watch->options.callback != NULL)
        watch->options.callback(watch->options.context, report);
}

khach_status khach__watch_read_cache(
    khach_watch *watch, khach_cache_sync *sync, khach_error **error)
{
    khach_status status = khach__cache_sync_read(watch->client->cache, sync, error);

    watch->report.seq = sync->seq;
    /* What was heard since the last pull is not in the cache. */
    if (sync->as_of_ms > watch->report.as_of_ms)
        watch->report.as_of_ms = sync->as_of_ms;
    watch->report.verified_at_ms = sync->verified_at_ms;
    watch->report.customers_count = sync->customers_count;
    return status;
}

khach_status khach__watch_read_outbox(khach_watch *watch, khach_error **error)
{
    khach_cache *cache = watch->client->cache;
    bool is_due = false;
    khach_status status = khach__outbox_counts(
        cache, &watch->report.waiting_count, &watch->report.failed_count, error);

    if (status == KHACH_OK)
        status = khach__push_is_due(cache, &is_due, error);
    if (status == KHACH_OK && is_due)
        khach__live_edited(&watch->live, khach__watch_time());
    return status;
}
