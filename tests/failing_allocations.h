/* tests/failing_allocations.h -- requests for memory that fail, in the program that is linked with
 * failing_allocations.c. */
#ifndef CC_TESTS_FAILING_ALLOCATIONS_H
#define CC_TESTS_FAILING_ALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum failing_where {
    FAILING_OWN, /* requests of the program's own code, which all of calcade is part of */
    FAILING_ALL, /* those of the shared libraries that it calls, too */
} failing_where;

/* Counts requests from now on. The at-th of them fails, from 1 on (0: none), and with `stays` all behind
 * it. */
void failing_start(failing_where where, int64_t at, bool stays);

typedef struct failing_counts {
    int64_t requests, failed;
    int64_t
        kept; /* pieces that the program's own code asked for since the start and that were not given back */
} failing_counts;
/* Nothing fails or is counted any more. */
failing_counts failing_stop(void);
/* Of the first pieces that were kept, where in the program they were asked for: up to `most`, as addresses
 * that addr2line takes. The number of them. */
int failing_kept(uintptr_t *callers, int most);

#endif
