#ifndef KHACH_SRC_LIVE_H
#define KHACH_SRC_LIVE_H

/*
 * How a cache is kept live, as a value: it is told what happened and says what to do next. It
 * knows no socket, no file and no clock; time is an argument (docs/sync.md, "Live").
 *
 * A stream of notices says when to pull, and never what: whatever is lost, late or told twice, the
 * pull goes from the stored cursor. A pull sends the outbox first, unless the server has just
 * refused it: then the outbox waits by itself, and holds up no pull.
 */

#include <stdbool.h>
#include <stdint.h>

/* A jump of the clock that counts suspended time, beyond the one that does not: a sleep. */
#define KHACH_LIVE_SUSPEND_MS 2000
/* How long the clocks are not looked at. */
#define KHACH_LIVE_LOOK_MS 5000

/* What to do. */
typedef enum khach_live_kind {
    KHACH_LIVE_PULL,   /* sync until there is no more; then khach__live_pulled() or _failed() */
    KHACH_LIVE_OPEN,   /* open a stream from the stored cursor; then khach__live_opened() or
                          _failed() */
    KHACH_LIVE_LISTEN, /* hear the stream until `until_ms`; then khach__live_heard(), _ended() or
                          _passed() */
    KHACH_LIVE_WAIT    /* do nothing until `until_ms`; then khach__live_passed() */
} khach_live_kind;

typedef struct khach_live_limits {
    uint32_t silence_ms;  /* after which a stream counts as half open */
    uint32_t pull_ms;     /* after which is pulled unasked, so that lost notices do no harm */
    uint32_t backoff_ms;  /* the longest first wait; each failure doubles it */
    uint32_t backoff_max_ms;
} khach_live_limits;

typedef struct khach_live_time {
    int64_t now_ms;  /* by a clock that stands still while the machine sleeps */
    int64_t boot_ms; /* by one that does not */
} khach_live_time;

typedef struct khach_live {
    /* To be read. */
    khach_live_kind kind;
    int64_t until_ms;
    uint32_t epoch;    /* of the stream; 0 when there is none, and then it is to be closed */
    uint32_t wait_ms;  /* of the last WAIT */
    uint64_t seq;      /* that the cache covers */
    uint64_t head_seq; /* the server's, as last heard; never below `seq` */
    bool sends;        /* PULL: the outbox goes with it */

    khach_live_limits limits;
    khach_live_kind after_wait;
    uint64_t random;
    uint32_t last_epoch;
    uint32_t failures; /* since a stream was last heard */
    bool was_refused;  /* and no stream was heard since */
    bool is_heard;     /* the stream that there is */
    int64_t heard_ms;
    int64_t pulled_ms;
    int64_t slept_ms;  /* by how much the clocks differ */
    bool has_edits;    /* in the outbox, which the server has not had */
    uint32_t refusals; /* of the outbox, since it was last taken */
    int64_t send_ms;   /* not before is it sent again */
} khach_live;

/* Begins with a pull. `random` is the seed of the waits; `seq` what the cache covers. */
void khach__live_begin(khach_live *live, const khach_live_limits *limits, uint64_t random,
    uint64_t seq, khach_live_time time);

/* The cache has all that the server had, and covers `seq`. */
void khach__live_pulled(khach_live *live, uint64_t seq, khach_live_time time);
/* A page of a pull that goes on: the server has `head_seq`. */
void khach__live_progressed(khach_live *live, uint64_t head_seq);
/* Before khach__live_pulled(): the server did not take the outbox, which is sent again later. */
void khach__live_refused_edits(khach_live *live, khach_live_time time);
/* There are edits in the outbox. */
void khach__live_edited(khach_live *live, khach_live_time time);
/* The stream was asked for; `live->epoch` is its name. */
void khach__live_opened(khach_live *live, khach_live_time time);
/* PULL or OPEN came to nothing. */
void khach__live_failed(khach_live *live, khach_live_time time);
/* A poke or a bookmark: the server has `head_seq`. Of another stream, it is dropped. */
void khach__live_heard(
    khach_live *live, uint32_t epoch, uint64_t head_seq, khach_live_time time);
/* The stream ended or broke. Of another stream, it is dropped. */
void khach__live_ended(khach_live *live, uint32_t epoch, khach_live_time time);
/* The server does not take the cursor: a sync knows what to do. Of another stream, it is
 * dropped. */
void khach__live_refused(khach_live *live, uint32_t epoch, khach_live_time time);
/* Time has passed. */
void khach__live_passed(khach_live *live, khach_live_time time);

#endif
