/* results/seal.h -- the block of text before a run file's HDF5, with the digest of all that follows. Private
 * to results.
 *
 * HDF5 calls it the user block: any HDF5 program passes over it. A file without one is taken as it is. */
#ifndef CC_RESULTS_SEAL_H
#define CC_RESULTS_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

enum { CC_SEAL_BYTES = 512 };

/* The block of a file whose bytes behind it are `rest`. */
void cc_seal_make(char block[CC_SEAL_BYTES], const void *rest, size_t count);

/* Checks a file against its block; *sealed is false where it has none and begins with HDF5. CC_EFORMAT
 * without `where` where it is damaged. */
cc_status cc_seal_check(bool *sealed, const char *path);

#endif
