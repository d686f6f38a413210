#include "nets/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

cc_status cc_memory_get(void **out, size_t bytes, const char *purpose) {
    *out = NULL;
    if (bytes == 0) return CC_OK;
    size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, rounded);
    if (!memory) return cc_fail_memory(purpose, bytes);
    if (alignment == HUGE_PAGE) madvise(memory, rounded, MADV_HUGEPAGE);
    memset(memory, 0, rounded);
    *out = memory;
    return CC_OK;
}

void cc_memory_free(void *memory) {
    free(memory);
}
