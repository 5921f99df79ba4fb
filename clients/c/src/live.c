#include "live.h"

#include <stddef.h>

#define DOUBLINGS_MAX 16

/* splitmix64 */
static uint64_t next_random(khach_live *live)
{
    uint64_t mixed = live->random += 0x9E3779B97F4A7C15u;

    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

static int64_t least(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

static bool may_send(const khach_live *live, khach_live_time time)
{
    return live->refusals == 0 || time.now_ms >= live->send_ms;
}

static void pull(khach_live *live, khach_live_time time)
{
    live->kind = KHACH_LIVE_PULL;
    live->sends = may_send(live, time);
}

static void listen_on(khach_live *live, khach_live_time time)
{
    if (live->has_edits && may_send(live, time)) {
        pull(live, time);
        return;
    }
    live->kind = KHACH_LIVE_LISTEN;
    live->until_ms = least(least(live->heard_ms + live->limits.silence_ms,
                               live->pulled_ms + live->limits.pull_ms),
        time.now_ms + KHACH_LIVE_LOOK_MS);
    if (live->has_edits)
        live->until_ms = least(live->until_ms, live->send_ms);
}

/* Full jitter: anything from nothing to what the failures allow, so that the clients of a server
 * that went away do not come back together. */
static uint32_t next_wait(khach_live *live, uint32_t failures)
{
    uint32_t doublings = failures < DOUBLINGS_MAX ? failures : DOUBLINGS_MAX;
    uint64_t most = (uint64_t)live->limits.backoff_ms << doublings;

    if (most > live->limits.backoff_max_ms)
        most = live->limits.backoff_max_ms;
    return (uint32_t)(next_random(live) % (most + 1));
}

static void wait_before(khach_live *live, khach_live_kind next, khach_live_time time)
{
    live->wait_ms = next_wait(live, live->failures++);
    live->epoch = 0;
    live->kind = KHACH_LIVE_WAIT;
    live->after_wait = next;
    live->until_ms = time.now_ms + live->wait_ms;
}

/* Whether the machine slept since this was last asked. */
static bool has_slept(khach_live *live, khach_live_time time)
{
    int64_t slept_ms = time.boot_ms - time.now_ms;
    bool has = slept_ms - live->slept_ms > KHACH_LIVE_SUSPEND_MS;

    live->slept_ms = slept_ms;
    return has;
}

void khach__live_begin(khach_live *live, const khach_live_limits *limits, uint64_t random,
    uint64_t seq, khach_live_time time)
{
    *live = (khach_live){
        .kind = KHACH_LIVE_PULL,
        .sends = true,
        .limits = *limits,
        .random = random,
        .seq = seq,
        .head_seq = seq,
        .slept_ms = time.boot_ms - time.now_ms,
    };
}

void khach__live_pulled(khach_live *live, uint64_t seq, khach_live_time time)
{
    bool has_moved = seq > live->seq;

    /* A server that was restored has a lower one. */
    live->seq = seq;
    live->pulled_ms = time.now_ms;
    live->heard_ms = time.now_ms; /* meanwhile nobody listened */
    if (live->sends) {
        live->has_edits = false;
        live->refusals = 0;
    }
    if (live->head_seq > seq && has_moved && live->epoch != 0) {
        pull(live, time);
        return;
    }
    live->head_seq = seq;
    if (live->epoch == 0)
        live->kind = KHACH_LIVE_OPEN;
    else
        listen_on(live, time);
}

void khach__live_progressed(khach_live *live, uint64_t head_seq)
{
    if (head_seq > live->head_seq)
        live->head_seq = head_seq;
}

void khach__live_refused_edits(khach_live *live, khach_live_time time)
{
    live->sends = false;
    live->has_edits = true;
    live->send_ms = time.now_ms + next_wait(live, live->refusals++);
}

void khach__live_edited(khach_live *live, khach_live_time time)
{
    live->has_edits = true;
    if (live->kind == KHACH_LIVE_LISTEN)
        listen_on(live, time);
}

void khach__live_opened(khach_live *live, khach_live_time time)
{
    live->epoch = ++live->last_epoch;
    live->is_heard = false;
    live->heard_ms = time.now_ms;
    listen_on(live, time);
}

void khach__live_failed(khach_live *live, khach_live_time time)
{
    wait_before(live, live->kind, time);
}

void khach__live_heard(
    khach_live *live, uint32_t epoch, uint64_t head_seq, khach_live_time time)
{
    if (epoch == 0 || epoch != live->epoch)
        return;
    live->heard_ms = time.now_ms;
    live->failures = 0;
    live->was_refused = false;
    live->is_heard = true;
    if (head_seq > live->head_seq)
        live->head_seq = head_seq;
    if (live->kind != KHACH_LIVE_LISTEN)
        return;
    if (live->head_seq > live->seq)
        pull(live, time);
    else
        listen_on(live, time);
}

void khach__live_ended(khach_live *live, uint32_t epoch, khach_live_time time)
{
    if (epoch == 0 || epoch != live->epoch)
        return;
    live->epoch = 0;
    if (live->kind == KHACH_LIVE_LISTEN)
        wait_before(live, KHACH_LIVE_OPEN, time);
}

void khach__live_refused(khach_live *live, uint32_t epoch, khach_live_time time)
{
    bool is_first = !live->was_refused;

    if (epoch == 0 || epoch != live->epoch)
        return;
    live->was_refused = true;
    live->epoch = 0;
    if (is_first)
        pull(live, time);
    else
        wait_before(live, KHACH_LIVE_PULL, time);
}

void khach__live_passed(khach_live *live, khach_live_time time)
{
    bool has_woken = has_slept(live, time);

    switch (live->kind) {
    case KHACH_LIVE_LISTEN:
        if (has_woken) {
            /* The peer may be long gone, and nothing would say so. */
            live->epoch = 0;
            live->kind = KHACH_LIVE_OPEN;
        } else if (time.now_ms >= live->heard_ms + live->limits.silence_ms) {
            wait_before(live, KHACH_LIVE_OPEN, time);
        } else if (time.now_ms >= live->pulled_ms + live->limits.pull_ms) {
            pull(live, time);
        } else {
            listen_on(live, time);
        }
        break;
    case KHACH_LIVE_WAIT:
        if (!has_woken && time.now_ms < live->until_ms)
            break;
        /* Where no stream is to be had, a cache is kept up by pulling alone. */
        if (live->after_wait == KHACH_LIVE_PULL || (live->has_edits && may_send(live, time))
            || time.now_ms >= live->pulled_ms + live->limits.pull_ms)
            pull(live, time);
        else
            live->kind = live->after_wait;
        break;
    case KHACH_LIVE_PULL:
    case KHACH_LIVE_OPEN:
        break;
    }
}
