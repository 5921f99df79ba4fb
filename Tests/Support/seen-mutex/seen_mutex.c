/* Tells ThreadSanitizer of a contended Mutex of Swift's Synchronization.
 *
 * An uncontended one is locked and unlocked by atomics in the caller, which ThreadSanitizer sees. A
 * contended one goes through a futex of the kernel, in a library that is not instrumented, and
 * what its lock orders looks like a race. Preloaded into the tests, this says after each such lock
 * that all before the unlock is known, and nothing else: races beside the lock are still found. */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

/* Of a process that is sanitized; others that inherit the library have none. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void seen_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool seen_try_lock(SELF) __asm__(TRY_LOCK);
SWIFT void seen_unlock(SELF) __asm__(UNLOCK);

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    return found;
}

SWIFT void seen_lock(uint32_t thread, SELF)
{
    typedef SWIFT void lock(uint32_t, __attribute__((swift_context)) void *);

    ((lock *)real(LOCK))(thread, self);
    if (__tsan_acquire != NULL)
        __tsan_acquire(self);
}

SWIFT bool seen_try_lock(SELF)
{
    typedef SWIFT bool try_lock(__attribute__((swift_context)) void *);
    bool is_locked = ((try_lock *)real(TRY_LOCK))(self);

    if (is_locked && __tsan_acquire != NULL)
        __tsan_acquire(self);
    return is_locked;
}

SWIFT void seen_unlock(SELF)
{
    typedef SWIFT void unlock(__attribute__((swift_context)) void *);

    if (__tsan_release != NULL)
        __tsan_release(self);
    ((unlock *)real(UNLOCK))(self);
}
