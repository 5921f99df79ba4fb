/* The live value as tables: what happens, and what it says to do (docs/sync.md, "Live"; the names
 * of the cases are those of sync.md). Time is an argument; nothing here waits. */

#include "harness.h"
#include "live.h"
#include "notice.h"
#include "position.h"

#include <khach/position.h>

static const khach_live_limits limits = {30000, 60000, 500, 60000};

typedef enum event {
    NOTHING,
    PULLED,     /* `number`: the sequence that the cache covers */
    PROGRESSED, /* `number`: the server's head */
    OPENED,
    FAILED,
    HEARD,      /* `number`: the server's head */
    HEARD_LATE, /* over the stream before */
    ENDED,
    ENDED_LATE,
    REFUSED,
    EDITED,
    PULLED_ONLY, /* as PULLED, but the server did not take the outbox */
    PASSED, /* `number`: milliseconds */
    SLEPT   /* `number`: milliseconds that only one of the clocks counts */
} event;

typedef struct step {
    event event;
    uint64_t number;
    khach_live_kind then;
} step;

typedef struct scenario {
    const char *name;
    step steps[24];
} scenario;

static const scenario scenarios[] = {
    {"a cache is synced, a stream opened, and heard",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN}}},
    {"a poke is pulled, once",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_PULL},
            {PULLED, 8, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_LISTEN}}},
    {"F1: a poke while a pull is under way is not lost",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 10, KHACH_LIVE_PULL},
            {HEARD, 12, KHACH_LIVE_PULL}, {PULLED, 10, KHACH_LIVE_PULL},
            {PULLED, 12, KHACH_LIVE_LISTEN}}},
    {"F1: one that the pull has met already asks for nothing",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 10, KHACH_LIVE_PULL},
            {HEARD, 12, KHACH_LIVE_PULL}, {PULLED, 12, KHACH_LIVE_LISTEN},
            {HEARD, 11, KHACH_LIVE_LISTEN}}},
    {"A14: a pull that brings nothing of what was spoken of is not tried in a hot loop",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 12, KHACH_LIVE_PULL},
            {PULLED, 7, KHACH_LIVE_LISTEN}, {HEARD, 12, KHACH_LIVE_PULL}}},
    {"F2: what a stream says that is no more is dropped, and so is its end",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {ENDED, 0, KHACH_LIVE_WAIT},
            {HEARD_LATE, 9, KHACH_LIVE_WAIT}, {PASSED, 500, KHACH_LIVE_OPEN},
            {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD_LATE, 9, KHACH_LIVE_LISTEN},
            {ENDED_LATE, 0, KHACH_LIVE_LISTEN}, {HEARD, 7, KHACH_LIVE_LISTEN}}},
    {"F2: a notice twice, and an older one, ask for nothing",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_PULL},
            {PULLED, 8, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_LISTEN},
            {HEARD, 3, KHACH_LIVE_LISTEN}}},
    {"F3: whatever is lost, a pull follows within a minute",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {PASSED, 29000, KHACH_LIVE_LISTEN}, {HEARD, 7, KHACH_LIVE_LISTEN},
            {PASSED, 29000, KHACH_LIVE_LISTEN}, {HEARD, 7, KHACH_LIVE_LISTEN},
            {PASSED, 1999, KHACH_LIVE_LISTEN}, {PASSED, 1, KHACH_LIVE_PULL},
            {PULLED, 9, KHACH_LIVE_LISTEN}}},
    {"F3: also where no stream is to be had",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {FAILED, 0, KHACH_LIVE_WAIT},
            {PASSED, 59999, KHACH_LIVE_OPEN}, {FAILED, 0, KHACH_LIVE_WAIT},
            {PASSED, 60000, KHACH_LIVE_PULL}, {PULLED, 9, KHACH_LIVE_OPEN}}},
    {"F5: a silent stream is half open after 30 s, and not before",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {PASSED, 29999, KHACH_LIVE_LISTEN}, {PASSED, 1, KHACH_LIVE_WAIT},
            {PASSED, 500, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}}},
    {"F5: a stream over which nothing ever came, too",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {PASSED, 30000, KHACH_LIVE_WAIT}}},
    {"F5: the time of a long pull is not silence",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_PULL},
            {PASSED, 50000, KHACH_LIVE_PULL}, {PULLED, 8, KHACH_LIVE_LISTEN},
            {PASSED, 29999, KHACH_LIVE_LISTEN}}},
    {"F5: a machine that slept asks for another stream at once",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {SLEPT, 3600000, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD_LATE, 9, KHACH_LIVE_LISTEN}, {HEARD, 9, KHACH_LIVE_PULL}}},
    {"F5: and waits for nothing when it wakes",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {FAILED, 0, KHACH_LIVE_WAIT},
            {SLEPT, 3600000, KHACH_LIVE_OPEN}}},
    {"F5: clocks that differ a little have not slept",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {SLEPT, KHACH_LIVE_SUSPEND_MS, KHACH_LIVE_LISTEN},
            {SLEPT, KHACH_LIVE_SUSPEND_MS + 1, KHACH_LIVE_OPEN}}},
    {"F6: after a loss the stream is asked for from the stored cursor, and says what is new",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {ENDED, 0, KHACH_LIVE_WAIT}, {PASSED, 500, KHACH_LIVE_OPEN},
            {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 20, KHACH_LIVE_PULL},
            {PROGRESSED, 21, KHACH_LIVE_PULL}, {PULLED, 21, KHACH_LIVE_LISTEN}}},
    {"F6: a pull that failed is tried again, before a stream is asked for",
        {{FAILED, 0, KHACH_LIVE_WAIT}, {PASSED, 500, KHACH_LIVE_PULL},
            {PULLED, 7, KHACH_LIVE_OPEN}}},
    {"B1: a cursor that the server does not take is mended by a sync, at once",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {REFUSED, 0, KHACH_LIVE_PULL},
            {PULLED, 3, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 3, KHACH_LIVE_LISTEN}}},
    {"O9: one that is refused again after that waits",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {REFUSED, 0, KHACH_LIVE_PULL},
            {PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {REFUSED, 0, KHACH_LIVE_WAIT}, {PASSED, 500, KHACH_LIVE_PULL}}},
    {"F9: a server that stops in order is come back to as to one that was lost",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN}, {ENDED, 0, KHACH_LIVE_WAIT},
            {PASSED, 500, KHACH_LIVE_OPEN}}},
    {"G5: an edit of an idle cache is sent at once",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 7, KHACH_LIVE_LISTEN}, {EDITED, 0, KHACH_LIVE_PULL},
            {PULLED, 8, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_LISTEN}}},
    {"G5: one that is made while a pull is under way goes with it, or is told once more",
        {{EDITED, 0, KHACH_LIVE_PULL}, {PULLED, 7, KHACH_LIVE_OPEN},
            {EDITED, 0, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_PULL},
            {PULLED, 8, KHACH_LIVE_LISTEN}}},
    {"G5: an edit hurries nothing that waits, and is sent before a stream is asked for",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {FAILED, 0, KHACH_LIVE_WAIT}, {EDITED, 0, KHACH_LIVE_WAIT},
            {PASSED, 500, KHACH_LIVE_PULL}, {PULLED, 8, KHACH_LIVE_OPEN}}},
    {"G5: after a lost connection it is sent again without another edit",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {EDITED, 0, KHACH_LIVE_PULL},
            {FAILED, 0, KHACH_LIVE_WAIT}, {PASSED, 500, KHACH_LIVE_PULL},
            {FAILED, 0, KHACH_LIVE_WAIT}, {PASSED, 1000, KHACH_LIVE_PULL},
            {PULLED, 8, KHACH_LIVE_OPEN}}},
    {"G5: what the server does not take is sent again later, and the stream stays",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {EDITED, 0, KHACH_LIVE_PULL},
            {PULLED_ONLY, 7, KHACH_LIVE_LISTEN}, {EDITED, 0, KHACH_LIVE_LISTEN},
            {PASSED, 500, KHACH_LIVE_PULL}, {PULLED_ONLY, 7, KHACH_LIVE_LISTEN},
            {PASSED, 1000, KHACH_LIVE_PULL}, {PULLED, 8, KHACH_LIVE_LISTEN},
            {EDITED, 0, KHACH_LIVE_PULL}}},
    {"G4: an outbox that is not taken holds up no pull",
        {{PULLED_ONLY, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN},
            {HEARD, 9, KHACH_LIVE_PULL}, {PULLED, 9, KHACH_LIVE_LISTEN},
            {PASSED, 500, KHACH_LIVE_PULL}}},
    {"F10: of a storm of pokes while a pull is under way, one pull comes",
        {{PULLED, 7, KHACH_LIVE_OPEN}, {OPENED, 0, KHACH_LIVE_LISTEN}, {HEARD, 8, KHACH_LIVE_PULL},
            {HEARD, 9, KHACH_LIVE_PULL}, {HEARD, 500, KHACH_LIVE_PULL},
            {HEARD, 1000, KHACH_LIVE_PULL}, {PULLED, 1000, KHACH_LIVE_LISTEN}}},
};

static void take(khach_live *live, const step *step, khach_live_time *time)
{
    switch (step->event) {
    case PULLED:
        khach__live_pulled(live, step->number, *time);
        break;
    case EDITED:
        khach__live_edited(live, *time);
        break;
    case PULLED_ONLY:
        khach__live_refused_edits(live, *time);
        khach__live_pulled(live, step->number, *time);
        break;
    case PROGRESSED:
        khach__live_progressed(live, step->number);
        break;
    case OPENED:
        khach__live_opened(live, *time);
        break;
    case FAILED:
        khach__live_failed(live, *time);
        break;
    case HEARD:
        khach__live_heard(live, live->epoch, step->number, *time);
        break;
    case HEARD_LATE:
        khach__live_heard(live, live->last_epoch - (live->epoch != 0), step->number, *time);
        break;
    case ENDED:
        khach__live_ended(live, live->epoch, *time);
        break;
    case ENDED_LATE:
        khach__live_ended(live, live->epoch - 1, *time);
        break;
    case REFUSED:
        khach__live_refused(live, live->epoch, *time);
        break;
    case PASSED:
        time->now_ms += (int64_t)step->number;
        time->boot_ms += (int64_t)step->number;
        khach__live_passed(live, *time);
        break;
    case SLEPT:
        time->boot_ms += (int64_t)step->number;
        khach__live_passed(live, *time);
        break;
    case NOTHING:
        break;
    }
}

static void test_scenarios(void)
{
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        khach_live live;
        khach_live_time time = {1000000, 9000000};

        khach__live_begin(&live, &limits, 1, 0, time);
        CHECK_INT(live.kind, KHACH_LIVE_PULL);
        for (size_t at = 0; scenarios[i].steps[at].event != NOTHING; at++) {
            const step *step = &scenarios[i].steps[at];

            take(&live, step, &time);
            if (live.kind != step->then) {
                fprintf(stderr, "%s: step %zu: %d expected, %d found\n", scenarios[i].name, at + 1,
                    (int)step->then, (int)live.kind);
                exit(1);
            }
            /* Whatever it waits for has an end. */
            CHECK(live.kind == KHACH_LIVE_PULL || live.kind == KHACH_LIVE_OPEN
                || (live.until_ms >= time.now_ms && live.until_ms <= time.now_ms + 60000));
            CHECK(live.kind != KHACH_LIVE_LISTEN
                || live.until_ms <= time.now_ms + KHACH_LIVE_LOOK_MS);
        }
    }
}

/* Full jitter: waits are anywhere from nothing to a bound that doubles to a bound. */
static void test_waits(void)
{
    static const uint32_t most[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    uint32_t highest[sizeof(most) / sizeof(most[0])] = {0};
    uint32_t lowest[sizeof(most) / sizeof(most[0])];
    khach_live_time time = {1000000, 1000000};
    khach_live live;

    memset(lowest, 0xFF, sizeof(lowest));
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        khach__live_begin(&live, &limits, seed, 0, time);
        for (size_t at = 0; at < sizeof(most) / sizeof(most[0]); at++) {
            khach__live_failed(&live, time);
            CHECK_INT(live.kind, KHACH_LIVE_WAIT);
            CHECK(live.wait_ms <= most[at]);
            CHECK_INT(live.until_ms, time.now_ms + live.wait_ms);
            highest[at] = live.wait_ms > highest[at] ? live.wait_ms : highest[at];
            lowest[at] = live.wait_ms < lowest[at] ? live.wait_ms : lowest[at];
            live.kind = live.after_wait;
        }
    }
    for (size_t at = 0; at < sizeof(most) / sizeof(most[0]); at++) {
        CHECK(highest[at] > most[at] - most[at] / 50);
        CHECK(lowest[at] < most[at] / 50);
    }

    /* A stream that was heard begins anew; one that was only opened does not. */
    khach__live_begin(&live, &limits, 1, 0, time);
    for (int i = 0; i < 40; i++) {
        khach__live_failed(&live, time);
        live.kind = live.after_wait;
    }
    khach__live_pulled(&live, 1, time);
    khach__live_opened(&live, time);
    CHECK_INT(live.failures, 40);
    khach__live_heard(&live, live.epoch, 1, time);
    CHECK_INT(live.failures, 0);
}

/* A pull goes without an outbox that was refused until its time has come, and a server that takes
 * it begins anew. */
static void test_refused_edits(void)
{
    khach_live live;
    khach_live_time time = {1000000, 1000000};

    khach__live_begin(&live, &limits, 3, 0, time);
    CHECK(live.sends);
    for (uint32_t refusals = 1; refusals <= 40; refusals++) {
        khach__live_refused_edits(&live, time);
        khach__live_pulled(&live, 1, time);
        CHECK_INT(live.refusals, refusals);
        CHECK(live.send_ms <= time.now_ms + limits.backoff_max_ms);
        if (live.kind == KHACH_LIVE_OPEN)
            khach__live_opened(&live, time);
        if (live.send_ms > time.now_ms) {
            time.now_ms = time.boot_ms = live.send_ms - 1;
            khach__live_heard(&live, live.epoch, live.seq + 1, time);
            CHECK_INT(live.kind, KHACH_LIVE_PULL);
            CHECK(!live.sends);
            khach__live_pulled(&live, live.seq + 1, time);
            CHECK_INT(live.refusals, refusals);
            time.now_ms = time.boot_ms = live.send_ms;
            khach__live_passed(&live, time);
        }
        CHECK_INT(live.kind, KHACH_LIVE_PULL);
        CHECK(live.sends);
    }
    khach__live_pulled(&live, 9, time);
    CHECK_INT(live.refusals, 0);
    CHECK_INT(live.kind, KHACH_LIVE_LISTEN);
    CHECK(!live.has_edits);
}

static void test_notices(void)
{
    static const struct {
        const char *name;
        uint8_t bytes[16];
        size_t count;
        bool is_notice;
        uint64_t head_seq;
        int64_t read_at_ms;
    } cases[] = {
        {"a poke", {0x0A, 2, 0x08, 7}, 4, true, 7, 0},
        {"a bookmark", {0x12, 7, 0x08, 7, 0x12, 3, 0x08, 0xE8, 0x07}, 9, true, 7, 1000000},
        {"a bookmark of nothing", {0x12, 0}, 2, true, 0, 0},
        {"nothing", {0}, 0, true, 0, 0},
        {"an event that is not known yet", {0x1A, 2, 0x08, 9}, 4, true, 0, 0},
        {"one that is cut off", {0x0A, 2, 0x08}, 3, false, 0, 0},
        {"one with a number that has no end", {0x0A, 2, 0x08, 0x80}, 4, false, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        khach_notice notice;

        if (khach__notice_read(&notice, cases[i].bytes, cases[i].count) != cases[i].is_notice) {
            fprintf(stderr, "%s\n", cases[i].name);
            exit(1);
        }
        if (cases[i].is_notice) {
            CHECK_INT(notice.head_seq, cases[i].head_seq);
            CHECK_INT(notice.read_at_ms, cases[i].read_at_ms);
        }
    }
}

#define GENERATION "000102030405060708090a0b0c0d0e0f"

static void test_positions(void)
{
    static const struct {
        const char *text;
        bool is_position;
        uint64_t seq;
    } cases[] = {
        {GENERATION "-1", true, 1},
        {GENERATION "-18446744073709551615", true, UINT64_MAX},
        {GENERATION "-18446744073709551616", false, 0},
        {GENERATION "-99999999999999999999", false, 0},
        {GENERATION "-100000000000000000000", false, 0},
        {GENERATION "-0", false, 0},
        {GENERATION "-01", false, 0},
        {GENERATION "-", false, 0},
        {GENERATION "-+1", false, 0},
        {GENERATION "-1 ", false, 0},
        {GENERATION ".1", false, 0},
        {GENERATION, false, 0},
        {"000102030405060708090A0B0C0D0E0F-1", false, 0},
        {"00010203-1", false, 0},
        {"", false, 0},
        {"7", false, 0},
    };
    uint8_t bytes[] = {1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 99};
    khach_bytes cursor = {bytes, sizeof(bytes)};
    khach_position position;
    char text[KHACH_POSITION_BYTES_MAX];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (khach__position_read(&position, cases[i].text) != cases[i].is_position) {
            fprintf(stderr, "position \"%s\"\n", cases[i].text);
            exit(1);
        }
        if (!cases[i].is_position)
            continue;
        CHECK(position.seq == cases[i].seq);
        khach__position_write(text, &position);
        CHECK_TEXT(text, cases[i].text);
    }

    CHECK(khach__position_generation(position.generation, &cursor));
    position.seq = 3;
    khach__position_write(text, &position);
    CHECK_TEXT(text, GENERATION "-3");
    cursor.count = KHACH_GENERATION_BYTES;
    CHECK(!khach__position_generation(position.generation, &cursor));
}

int main(void)
{
    test_scenarios();
    test_waits();
    test_refused_edits();
    test_notices();
    test_positions();
    return 0;
}
