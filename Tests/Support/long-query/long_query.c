/*
 * Preloaded under a program: a query of SQLite that begins while a file is there lasts for ever,
 * unless the program's own progress handler ends it. Built by LongQuery.swift and peer.py.
 *
 * QUERY_WHILE queries that begin while this file is there
 * QUERY_TELL  a FIFO, which is told `b` when one of them has begun, and `e` when its handler has
 *             ended it
 * QUERY_TIME  `still`: none passes for such a query, and no deadline ends it
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct sqlite3 sqlite3;
typedef int (*progress_handler)(void *);

/* Of the one query that a thread runs. */
static _Thread_local progress_handler handler;
static _Thread_local void *handler_context;

/* When it began, for one whose time stands still. */
static _Thread_local bool is_still;
static _Thread_local struct timespec beginning;

static void tell(char what)
{
    const char *path = getenv("QUERY_TELL");
    int fd = path == NULL ? -1 : open(path, O_WRONLY);

    if (fd < 0 || write(fd, &what, 1) != 1)
        abort();
    (void)close(fd);
}

static int look(void *unused)
{
    const char *trigger = getenv("QUERY_WHILE");
    const char *passing = getenv("QUERY_TIME");

    (void)unused;
    if (trigger != NULL && access(trigger, F_OK) == 0) {
        (void)clock_gettime(CLOCK_MONOTONIC, &beginning);
        is_still = passing != NULL && strcmp(passing, "still") == 0;
        tell('b');
        while (handler(handler_context) == 0)
            (void)sched_yield();
        is_still = false;
        tell('e');
        return 1;
    }
    return handler(handler_context);
}

void sqlite3_progress_handler(sqlite3 *db, int steps, progress_handler wanted, void *context)
{
    void (*real)(sqlite3 *, int, progress_handler, void *);

    handler = wanted;
    handler_context = context;
    *(void **)&real = dlsym(RTLD_NEXT, "sqlite3_progress_handler");
    real(db, steps, wanted == NULL ? NULL : look, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int (*real)(clockid_t, struct timespec *);

    if (is_still && clock == CLOCK_MONOTONIC) {
        *out = beginning;
        return 0;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, out);
}
