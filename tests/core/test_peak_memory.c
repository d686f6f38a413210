/* tests/core/test_peak_memory.c -- the peak of a process's memory, against sizes that the test takes
 * itself. */
#include <sys/mman.h>
#include "support.h"
#include "core/peak_memory.h"

enum { MIB = 1 << 20, LARGE = 96 * MIB };

/* Takes and gives back so much, of the system itself: an allocator may keep what it is given back. */
static void take(size_t bytes) {
    volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    for (size_t i = 0; i < bytes; i += 4096) memory[i] = 1;
    assert_int_equal(munmap((void *)memory, bytes), 0);
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
