/* nets/engine/placement.h -- where buffers of known lifetimes lie in one piece of memory.
 *
 * Buffers whose lifetimes overlap never overlap in memory. Greedy by size (largest first, lowest gap that
 * fits), which for such schedules is close to optimal: Pisarchyk & Lee, "Efficient memory management for deep
 * neural net inference", 2020. */
#ifndef CC_NETS_ENGINE_PLACEMENT_H
#define CC_NETS_ENGINE_PLACEMENT_H

#include <stddef.h>
#include "core/status.h"

typedef struct cc_buffer {
    size_t bytes;    /* 0: no buffer; its offset is then 0 */
    int first, last; /* steps at which it is written first and read last, both included */
    size_t offset;   /* found: a multiple of 64 */
} cc_buffer;

/* Finds the offsets; *total is the size of the piece. CC_ENOMEM. */
cc_status cc_placement_find(cc_buffer *buffers, int count, size_t *total);

#endif
