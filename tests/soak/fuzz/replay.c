/* tests/soak/fuzz/replay.c -- every seed and every earlier finding of the fuzzing targets, once: the test
 * soak/fuzz. */
#include "fuzz.h"
#include "support.h"
#include <stdio.h>
#include <stdlib.h>
#include "core/arena.h"
#include "core/file.h"

static int tried;

/* The files of a folder, in order; a folder that is not there holds none. */
static void try_folder(const cc_fuzz_target *target, const char *folder) {
    char **names, path[CC_PATH_MAX], *bytes;
    size_t count, size;
    if (!cc_folder_exists(folder)) return;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_folder_list(&names, &count, folder, arena));
    for (size_t i = 0; i < count; i++) {
        assert_ok(cc_path_join(path, folder, names[i]));
        assert_ok(cc_file_read(&bytes, &size, path, target->most, arena));
        fprintf(stderr, "%s\r", path); /* where it stands, should it end the program here */
        cc_fuzz_try(target, (const uint8_t *)bytes, size);
        tried++;
    }
    cc_arena_destroy(arena);
}

static void no_input_breaks_what_readers_promise(void **state) {
    (void)state;
    const cc_fuzz_target *target;
    char place[CC_PATH_MAX];
    cc_fuzz_start();
    for (size_t i = 0; (target = cc_fuzz_find(NULL, i)); i++) {
        const char *own = cc_test_folder();
        if (target->seed) target->seed(own);
        try_folder(target, own);
        snprintf(place, sizeof place, "tests/soak/fuzz/seeds/%s", target->name);
        try_folder(target, cc_test_source(place));
        snprintf(place, sizeof place, "tests/soak/fuzz/regressions/%s", target->name);
        try_folder(target, cc_test_source(place));
    }
    const cc_fuzz_tally *t = cc_fuzz_tally_get();
    print_message("%d inputs, of which %llu are taken; the slowest took %.3f s, the largest %.1f MiB\n",
                  tried, (unsigned long long)t->taken, t->slowest_seconds,
                  (double)t->largest_bytes / (1 << 20));
    assert_true(tried > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_input_breaks_what_readers_promise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
