/* tests/nets/engine/test_placement.c -- buffers that live at the same time do not overlap, and a
 * chain, of which two live at a time, takes the memory of two. */
#include "core/rng.h"
#include "nets/engine/placement.h"
#include "support.h"

static int overlap(const cc_buffer *a, const cc_buffer *b) {
    int together = a->first <= b->last && b->first <= a->last;
    return together && a->bytes && b->bytes && a->offset < b->offset + b->bytes &&
           b->offset < a->offset + a->bytes;
}

static void buffers_that_live_together_never_share_memory(void **state) {
    (void)state;
    enum { COUNT = 120 };
    cc_buffer buffers[COUNT];
    cc_rng rng = cc_rng_init(5, CC_PURPOSE_TEST, 0, 0);
    size_t total, sum = 0;
    for (int i = 0; i < COUNT; i++) {
        int first = (int)cc_rng_below(&rng, 50);
        buffers[i] = (cc_buffer){.bytes = (size_t)cc_rng_below(&rng, 5000),
                                 .first = first,
                                 .last = first + (int)cc_rng_below(&rng, 8)};
        sum += buffers[i].bytes;
    }
    assert_ok(cc_placement_find(buffers, COUNT, &total));
    for (int i = 0; i < COUNT; i++) {
        assert_true(buffers[i].offset + buffers[i].bytes <= total);
        assert_int_equal(buffers[i].offset % 64, 0);
        for (int k = 0; k < i; k++) assert_false(overlap(&buffers[i], &buffers[k]));
    }
    assert_true(total < sum / 2);
}

static void a_chain_needs_two_buffers_only(void **state) {
    (void)state;
    enum { COUNT = 10 };
    cc_buffer buffers[COUNT];
    size_t total;
    for (int i = 0; i < COUNT; i++) buffers[i] = (cc_buffer){.bytes = 640, .first = i, .last = i + 1};
    assert_ok(cc_placement_find(buffers, COUNT, &total));
    assert_int_equal(total, 2 * 640);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_that_live_together_never_share_memory),
        cmocka_unit_test(a_chain_needs_two_buffers_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
