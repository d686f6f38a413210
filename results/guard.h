/* results/guard.h -- files that may kill who reads them are read by another process first. Private to
 * results.
 *
 * HDF5 1.10 itself may crash on a damaged file. Where no digest vouches for one, a child reads it before this
 * process does. The child goes on to the next file only after one that it could read; whatever else it met
 * may have left its memory in disorder, so another child takes its place. */
#ifndef CC_RESULTS_GUARD_H
#define CC_RESULTS_GUARD_H

#include <stdbool.h>
#include "core/status.h"

/* Reads a file in the child; false where it is not a good one. */
typedef bool cc_guard_read(const char *path, unsigned parts);

/* Has a child call `read` (the same in every call) for a file, with a minute of processor time. Not
 * thread-safe: callers hold cc_hdf_lock.
 *   CC_OK       the child lived, whatever it found
 *   CC_EFORMAT  without `where`: two children in a row died of it
 *   CC_EIO      no child can be had */
cc_status cc_guard_try(cc_guard_read *read, const char *path, unsigned parts);

#endif
