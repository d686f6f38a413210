/* tests/core/test_peak_memory.c -- the peak of a process's memory, against sizes that the test takes
 * itself. */
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/peak_memory.h"

enum { MIB = 1 << 20, LARGE = 96 * MIB };

/* Takes and gives back so much; the allocator returns such a piece to the system at once. */
static void take(size_t bytes) {
    volatile char *memory = malloc(bytes);
    assert_non_null(memory);
    for (size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
    free((void *)memory);
}

static void the_peak_is_of_what_came_since_the_start(void **state) {
    (void)state;
    cc_peak_memory_start();
    int64_t before = cc_peak_memory_get();
    if (before == 0) skip(); /* a system that does not tell */
    take(LARGE);
    int64_t peak = cc_peak_memory_get();
    assert_in_range(peak, before + LARGE - 8 * MIB, before + LARGE + 32 * MIB);
    /* Begun anew it is small again, or not known: never that of the span before. */
    cc_peak_memory_start();
    assert_in_range(cc_peak_memory_get(), 0, peak - LARGE / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_peak_is_of_what_came_since_the_start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
