/* tests/core/test_arena.c -- memory of one lifetime: zeroed, aligned, never overlapping, and growth past
 * the first block. */
#include <string.h>
#include "support.h"
#include "core/arena.h"

static void memory_is_zeroed_aligned_and_never_shared(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    static unsigned char *got[COUNT];
    cc_arena *arena = cc_arena_create();
    for (int i = 0; i < COUNT; i++) {
        size_t bytes = (size_t)i % 97 + 1;
        got[i] = cc_arena_get(arena, bytes);
        assert_true((uintptr_t)got[i] % 16 == 0);
        for (size_t b = 0; b < bytes; b++) assert_int_equal(got[i][b], 0);
        memset(got[i], i % 255 + 1, bytes);
    }
    for (int i = 0; i < COUNT; i++)
        for (size_t b = 0; b < (size_t)i % 97 + 1; b++) assert_int_equal(got[i][b], i % 255 + 1);
    cc_arena_destroy(arena);
}

static void a_request_larger_than_a_block_is_served(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    char *large = cc_arena_get(arena, 3 << 20), *small = cc_arena_get(arena, 1);
    large[(3 << 20) - 1] = 1;
    *small = 2;
    assert_int_equal(large[(3 << 20) - 1], 1);
    cc_arena_destroy(arena);
}

static void an_overflowing_size_is_refused(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    assert_null(cc_arena_get_array(arena, SIZE_MAX / 8 + 2, 8));
    assert_int_equal(cc_error_get()->status, CC_ENOMEM);
    assert_null(cc_arena_get(arena, SIZE_MAX));
    cc_arena_destroy(arena);
}

static void strings_are_copied_with_their_end(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    assert_string_equal(cc_arena_copy(arena, "scan"), "scan");
    assert_string_equal(cc_arena_copy_n(arena, "scan", 2), "sc");
    assert_string_equal(cc_arena_format(arena, "%s-%02d", "fold", 3), "fold-03");
    cc_arena_destroy(arena);
    cc_arena_destroy(NULL);
}

/* As where memory was out before: what is then passed on is NULL. */
static void nothing_gives_nothing(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_error_clear();
    assert_null(cc_arena_copy(arena, NULL));
    assert_int_equal(cc_error_get()->status, CC_ENOMEM);
    cc_arena_destroy(arena);
    cc_error_clear();
    assert_null(cc_arena_get(NULL, 8));
    assert_int_equal(cc_error_get()->status, CC_ENOMEM);
    assert_null(cc_arena_get_array(NULL, 2, 8));
    assert_null(cc_arena_copy(NULL, "a"));
    assert_null(cc_arena_format(NULL, "%d", 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_never_shared),
        cmocka_unit_test(a_request_larger_than_a_block_is_served),
        cmocka_unit_test(an_overflowing_size_is_refused),
        cmocka_unit_test(strings_are_copied_with_their_end),
        cmocka_unit_test(nothing_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
