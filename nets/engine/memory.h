/* nets/engine/memory.h -- large pieces of memory: aligned to 64 bytes, touched once so that no step pays for
 * page faults. */
#ifndef CC_NETS_ENGINE_MEMORY_H
#define CC_NETS_ENGINE_MEMORY_H

#include <stddef.h>
#include "core/status.h"

/* Zeroed. *out is NULL where bytes is 0. CC_ENOMEM names the purpose and the size. */
cc_status cc_memory_get(void **out, size_t bytes, const char *purpose);
void cc_memory_free(void *memory);

#endif
