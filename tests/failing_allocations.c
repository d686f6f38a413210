/* tests/failing_allocations.c -- malloc and its kin, which fail when a test wants it.
 *
 * A program that defines malloc itself has all of its libraries call it, too (the dynamic linker looks
 * into the program first; "Replacing malloc" in the manual of the GNU C library). What asked is told by
 * the address that the call returns to: the program's own code lies in one piece, and all of calcade is
 * linked into it. Pieces that this code asked for are remembered until they are given back, so that what
 * is left is a leak. The C library itself allocates under names of its own, which need no dlsym. */
#include "failing_allocations.h"

#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *memory);

/* Pieces by their address, in a table that is never full: open addressing, 0 where nothing was and 1 where a
 * piece was given back. */
enum { PIECES = 1 << 20 };
static struct { uintptr_t memory, caller; } pieces[PIECES];
static atomic_flag taken = ATOMIC_FLAG_INIT; /* a lock on the table, which needs no memory */

static _Atomic int64_t requests, failed;
static _Atomic bool counts;
static int64_t kept, fail_at, entries;
static bool fail_on;
static failing_where fail_where;
static uintptr_t program, program_start, program_end; /* where it is loaded; its code */

/* The first object is the program itself. */
static int find_program(struct dl_phdr_info *info, size_t size, void *out) {
    (void)size, (void)out;
    program = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        program_start = info->dlpi_addr + part->p_vaddr;
        program_end = program_start + part->p_memsz;
    }
    return 1;
}

void failing_start(failing_where where, int64_t at, bool stays) {
    dl_iterate_phdr(find_program, NULL);
    for (size_t i = 0; i < PIECES && entries; i++) pieces[i].memory = pieces[i].caller = 0;
    requests = failed = 0;
    kept = entries = 0;
    fail_where = where;
    fail_at = at;
    fail_on = stays;
    counts = true;
}

failing_counts failing_stop(void) {
    counts = false;
    return (failing_counts){requests, failed, kept};
}

int failing_kept(uintptr_t *callers, int most) {
    int count = 0;
    for (size_t i = 0; i < PIECES && count < most; i++)
        if (pieces[i].memory > 1) callers[count++] = pieces[i].caller - program;
    return count;
}

static bool is_own(const void *caller) {
    return (uintptr_t)caller >= program_start && (uintptr_t)caller < program_end;
}

static bool fails(const void *caller) {
    if (!counts || (fail_where == FAILING_OWN && !is_own(caller))) return false;
    const int64_t now = atomic_fetch_add(&requests, 1) + 1;
    if (fail_at == 0 || !(fail_on ? now >= fail_at : now == fail_at)) return false;
    atomic_fetch_add(&failed, 1);
    errno = ENOMEM;
    return true;
}

static size_t place_of(uintptr_t memory) {
    return (size_t)(memory / 16 * 2654435761U) % PIECES;
}

static void remember(void *memory, const void *caller) {
    if (!counts || !memory || !is_own(caller)) return;
    while (atomic_flag_test_and_set(&taken)) continue;
    size_t i = place_of((uintptr_t)memory);
    while (pieces[i].memory > 1) i = (i + 1) % PIECES;
    entries += pieces[i].memory == 0;
    if (entries >= PIECES - 1) abort();
    pieces[i].memory = (uintptr_t)memory;
    pieces[i].caller = (uintptr_t)caller;
    kept++;
    atomic_flag_clear(&taken);
}

static void forget(const void *memory) {
    if (!counts || !memory) return;
    while (atomic_flag_test_and_set(&taken)) continue;
    size_t i = place_of((uintptr_t)memory);
    while (pieces[i].memory && pieces[i].memory != (uintptr_t)memory) i = (i + 1) % PIECES;
    if (pieces[i].memory) {
        pieces[i].memory = 1;
        kept--;
    }
    atomic_flag_clear(&taken);
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t bytes) {
    void *memory = fails(CALLER) ? NULL : __libc_malloc(bytes);
    remember(memory, CALLER);
    return memory;
}

void *calloc(size_t count, size_t bytes) {
    void *memory = fails(CALLER) ? NULL : __libc_calloc(count, bytes);
    remember(memory, CALLER);
    return memory;
}

void *realloc(void *old, size_t bytes) {
    if (fails(CALLER)) return NULL;
    forget(old); /* before another thread can have its address */
    void *memory = __libc_realloc(old, bytes);
    remember(memory, CALLER);
    return memory;
}

void *memalign(size_t alignment, size_t bytes) {
    void *memory = fails(CALLER) ? NULL : __libc_memalign(alignment, bytes);
    remember(memory, CALLER);
    return memory;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    void *memory = fails(CALLER) ? NULL : __libc_memalign(alignment, bytes);
    remember(memory, CALLER);
    return memory;
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
    void *memory = fails(CALLER) ? NULL : __libc_memalign(alignment, bytes);
    remember(memory, CALLER);
    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}

void free(void *memory) {
    forget(memory);
    __libc_free(memory);
}
