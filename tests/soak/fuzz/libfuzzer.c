/* tests/soak/fuzz/libfuzzer.c -- the targets under libFuzzer: $CALCADE_FUZZ_TARGET says which.
 *
 * Source: llvm.org/docs/LibFuzzer.html. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static const cc_fuzz_target *target;

/* clang's counters of the edges that were taken, one byte each, between these two. */
extern uint8_t __start___sancov_cntrs[], __stop___sancov_cntrs[];

/* What a child of core/guard.h covers is to count, too: the counters' whole pages become memory that children
 * share. */
static void share_counters(void) {
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)__start___sancov_cntrs + page - 1) / page * page,
                    end = (uintptr_t)__stop___sancov_cntrs / page * page;
    if (end <= first) return;
    void *kept = malloc(end - first);
    if (!kept) return;
    memcpy(kept, (void *)first, end - first);
    if (mmap((void *)first, end - first, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) == MAP_FAILED)
        abort();
    memcpy((void *)first, kept, end - first);
    free(kept);
}

static void print_tally(void) {
    const cc_fuzz_tally *t = cc_fuzz_tally_get();
    fprintf(stderr, "fuzz: %s inputs %llu taken %llu slowest %.3f largest %.1f\n", target->name,
            (unsigned long long)t->inputs, (unsigned long long)t->taken, t->slowest_seconds,
            (double)t->largest_bytes / (1 << 20));
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *name = getenv("CALCADE_FUZZ_TARGET"), *seeds = getenv("CALCADE_FUZZ_SEEDS");
    target = cc_fuzz_find(name ? name : "", 0);
    if (!target) {
        fprintf(stderr, "fuzz: CALCADE_FUZZ_TARGET names no target; these are there:\n");
        for (size_t i = 0; (target = cc_fuzz_find(NULL, i)); i++)
            fprintf(stderr, "%s %zu\n", target->name, target->most);
        exit(2);
    }
    if (seeds) {
        if (target->seed) target->seed(seeds);
        exit(0);
    }
    share_counters();
    cc_fuzz_start();
    atexit(print_tally);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count <= target->most) cc_fuzz_try(target, bytes, count);
    return 0;
}
