#ifndef KHACH_SRC_WATCH_H
#define KHACH_SRC_WATCH_H

/* The live value's actions, done: pulls over the client's connection, a stream over another.
 * watch.c: the doors. watch_turn.c: what is done. watch_tell.c: what is told. */

#include <khach/watch.h>

#include "client.h"
#include "live.h"
#include "stream.h"

struct khach_watch {
    khach_client *client;
    khach_watch_options options;
    khach_live live;
    khach_stream stream;
    int stop_fd;
    int changes_fd; /* of the cache; -1 where none is to be had: then it is looked at in time */
    int clock_fd;   /* a timer of the clock that counts a sleep, each KHACH_LIVE_LOOK_MS: it is over
                     * as soon as the machine wakes, when no other wait is; -1 where none is had */
    int wake_fd;    /* an epoll of them: ends the waits that have nothing else to do */
    khach_watch_report told;
    khach_watch_report report;
    khach_error *failure; /* the last that may pass */
    khach_error *refusal; /* why the server did not take the outbox; NULL when it did */
};

/* watch_turn.c */
khach_live_time khach__watch_time(void);
bool khach__watch_is_stopped(const khach_watch *watch);
/* Does the next action. */
khach_status khach__watch_turn(khach_watch *watch, khach_error **error);

/* watch_tell.c */
/* Reads what the cache says of itself; free() the cursor. */
khach_status khach__watch_read_cache(
    khach_watch *watch, khach_cache_sync *sync, khach_error **error);
/* Reads how many edits wait, and says to the live value whether any is to be sent. */
khach_status khach__watch_read_outbox(khach_watch *watch, khach_error **error);
/* Reports, when anything has changed. */
void khach__watch_tell(khach_watch *watch);

#endif
