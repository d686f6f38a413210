/* core/guard.h -- a library's code, run where it can do no harm.
 *
 * Debian builds GDCM with its assertions on, so that a damaged file makes it abort; HDF5 1.10 itself may
 * crash on one. So they run in a child process, with bounds on time and memory, with nothing to print to and
 * none of the caller's files: a lock that the caller holds does not live on with the child. What the child
 * makes comes back through shared memory. */
#ifndef CC_CORE_GUARD_H
#define CC_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

/* What the child does with a file: reads and fills context[bytes], which begins as the caller's. */
typedef cc_status (*cc_guard_work)(void *context, size_t bytes, const char *path);

typedef struct cc_guard_job {
    cc_guard_work work;
    size_t bytes;                 /* of the context */
    unsigned long long allowance; /* bytes of memory that a file may take; 0: any amount */
    /* Both bounds follow the file's size instead: a second of processor time and one more a MiB; 48 MiB of
     * memory and 32 times the size, as rows of a table that are deflated to a tenth are held twice. */
    bool by_size;
} cc_guard_job;

/* How a child came out of a file. */
typedef enum cc_guard_fate {
    CC_GUARD_LIVES,
    CC_GUARD_DIED,
    CC_GUARD_RAN_OUT, /* of its processor time: it was ended */
} cc_guard_fate;

/* Does the job for one file in a child of its own, with a minute of processor time. The status and the error
 * are the work's; on CC_OK the context is too, else it is untouched.
 *   CC_EFORMAT  naming `path`: the child died, as on a damaged file
 *   CC_EIO      no child can be had */
cc_status cc_guard_run(void *context, const cc_guard_job *job, const char *path);

/* The same with a child that lives on, for many files. *fate: where that is not CC_GUARD_LIVES, the guard
 * is good for cc_guard_end alone. Work that fails may leave the child's memory in disorder, which the next
 * file must not suffer for.
 * One thread at a time. */
typedef struct cc_guard cc_guard;
cc_status cc_guard_start(cc_guard **out, const cc_guard_job *job);
cc_status cc_guard_ask(cc_guard_fate *fate, cc_guard *guard, void *context, const char *path);
/* Both halves of cc_guard_ask: between them the caller does something else. One file at a time, with the same
 * path in both. cc_guard_give fails only where the path is too long, and has then given nothing. */
cc_status cc_guard_give(cc_guard *guard, const void *context, const char *path);
cc_status cc_guard_take(cc_guard_fate *fate, cc_guard *guard, void *context, const char *path);
/* Whether this process has started it, or a parent of it, by fork. */
bool cc_guard_is_own(const cc_guard *guard);
void cc_guard_end(cc_guard *guard); /* NULL does nothing */

#endif
