/* datasets/readers/guard.h -- a library's code, run where it can do no harm.
 *
 * Debian builds GDCM with its assertions on: a damaged file makes it abort. So it runs in a child process,
 * with bounds on memory and time and with nothing to print to; what it makes comes back through shared
 * memory. */
#ifndef CC_DATASETS_READERS_GUARD_H
#define CC_DATASETS_READERS_GUARD_H

#include <stddef.h>
#include "core/status.h"

/* work(result, bytes, path) fills result[bytes] and returns a status, in a child process; the status, the
 * error and the result are those of the call. CC_EFORMAT, naming `path`, where the child dies. `allowance`:
 * the memory, in bytes, that the work may take. */
typedef cc_status (*cc_guard_work)(void *result, size_t bytes, const char *path);
cc_status cc_guard_run(void *result, size_t bytes, cc_guard_work work, const char *path,
                       unsigned long long allowance);

#endif
