/* nets/engine/memory.c -- large pieces of the host's memory: a mapping of its own in huge pages from 2 MiB
 * on, malloc's below.
 *
 * A header lies before each piece, so that free knows which of the two it was. Pieces are zeroed at once:
 * that touches every page, and a step meets no page fault. */
#include "nets/engine/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };
#ifdef CC_SANITIZED
static const size_t mapped_least = SIZE_MAX; /* sanitizers watch the ends of malloc's pieces alone */
#else
static const size_t mapped_least = HUGE_PAGE;
#endif

/* Lies before each piece. */
typedef union header {
    struct {
        void *base;    /* of the mapping */
        size_t mapped; /* its bytes; 0: the piece is malloc's */
    };
    unsigned char space[ALIGNMENT];
} header;

/* Huge pages spare a step most of its TLB misses. A mapping of its own goes
 * back to the system when it is freed; malloc would keep it, and the algorithms that a plan tries out leave a
 * quarter of what a step takes. */
static void *map_piece(size_t bytes) {
    size_t rounded = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, mapped = rounded + 2 * HUGE_PAGE;
    unsigned char *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return NULL;
    uintptr_t end = (uintptr_t)base + sizeof(header) + HUGE_PAGE - 1;
    unsigned char *memory = base + (end / HUGE_PAGE * HUGE_PAGE - (uintptr_t)base);
    ((header *)memory)[-1] = (header){{.base = base, .mapped = mapped}};
    madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
}

static void *allocate_piece(size_t bytes) {
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    header *base = aligned_alloc(ALIGNMENT, sizeof *base + rounded);
    if (!base) return NULL;
    *base = (header){{.base = base}};
    return base + 1;
}

cc_status cc_memory_get(void **out, size_t bytes, const char *purpose) {
    *out = NULL;
    if (bytes == 0) return CC_OK;
    if (bytes > SIZE_MAX / 2) return cc_fail_memory(purpose, bytes);
    void *memory = bytes >= mapped_least ? map_piece(bytes) : allocate_piece(bytes);
    if (!memory) return cc_fail_memory(purpose, bytes);
    memset(memory, 0, bytes);
    *out = memory;
    return CC_OK;
}

void cc_memory_free(void *memory) {
    if (!memory) return;
    header *h = (header *)memory - 1;
    if (h->mapped)
        munmap(h->base, h->mapped);
    else
        free(h->base);
}
