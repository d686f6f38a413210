/* tests/datasets/test_sliding_window.c -- windows over a volume: places and weights by the rules of MONAI
 * 1.6.1 (dense_patch_slices, compute_importance_map), sums by hand. What a net makes of them is compared with
 * its sliding_window_inference by `calcade parity`. */
#include "datasets/sliding_window.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"

enum { VOXELS_MAX = 4096 };

/* Slices as they come out. */
typedef struct taken {
    float values[VOXELS_MAX];
    size_t plane, channels, voxels;
    int64_t slices;
    cc_status status; /* what the next one is answered with */
} taken;

static cc_status take(void *context, int64_t z, float *values) {
    taken *t = context;
    assert_int_equal(z, t->slices);
    t->slices++;
    for (size_t c = 0; c < t->channels; c++)
        memcpy(t->values + c * t->voxels + (size_t)z * t->plane, values + c * t->plane,
               t->plane * sizeof *values);
    memset(values, 0xff, t->channels * t->plane * sizeof *values); /* they are the callee's */
    return t->status;
}

static cc_sliding_options options_of(const int64_t dims[3], const int64_t size[3], double overlap, taken *t) {
    cc_sliding_options o = {
        .weight = CC_SLIDING_WEIGHT_gaussian, .sigma = 0.125, .channels = 1, .take = take, .context = t};
    for (int k = 0; k < 3; k++) o.dims[k] = dims[k], o.size[k] = size[k], o.overlap[k] = overlap;
    *t = (taken){
        .plane = (size_t)(dims[0] * dims[1]), .channels = 1, .voxels = (size_t)(dims[0] * dims[1] * dims[2])};
    return o;
}

/* Places on one axis of n voxels. */
static void windows_start_by_the_rule_of_monai(void **state) {
    (void)state;
    static const struct {
        int64_t n, size;
        double overlap;
        int64_t count, first[6], last;
    } cases[] = {
        {30, 16, 0.5, 3, {0, 8, 14}, 14},
        {33, 9, 0.25, 5, {0, 6, 12, 18, 24}, 24},
        {33, 13, 0.25, 4, {0, 9, 18, 20}, 20},
        {20, 10, 0, 2, {0, 10}, 10},
        {21, 10, 0, 3, {0, 10, 11}, 11},
        {16, 16, 0.9, 1, {0}, 0},             /* as large: one, whatever the overlap */
        {14, 10, 0.9, 5, {0, 1, 2, 3, 4}, 4}, /* 10 * (1 - 0.9) lies below 1: a step of 1 all the same */
        {14, 10, 0.8, 5, {0, 1, 2, 3, 4}, 4}, /* and 10 * (1 - 0.8) below 2 */
        {7, 10, 0.5, 1, {-1}, -1},            /* smaller: 1 voxel of 0 before, 2 behind */
        {1, 4, 0.5, 1, {-1}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int axis = 0; axis < 3; axis++) {
            taken t;
            cc_sliding *s;
            int64_t dims[3] = {1, 1, 1}, size[3] = {1, 1, 1}, start[3];
            dims[axis] = cases[i].n, size[axis] = cases[i].size;
            const cc_sliding_options o = options_of(dims, size, cases[i].overlap, &t);
            assert_ok(cc_sliding_create(&s, &o));
            assert_int_equal(cc_sliding_count(s), cases[i].count);
            for (int64_t k = 0; k < cases[i].count; k++) {
                cc_sliding_start(start, s, (size_t)k);
                assert_int_equal(start[axis], cases[i].first[k]);
            }
            assert_int_equal(start[axis], cases[i].last);
            cc_sliding_destroy(s);
        }
}

/* Two windows of 4 on 6 voxels answer 1 and 3: where both are, the mean by their weights, exp(-(i - 1.5)^2 /
 * 0.5) = 0.0111090, 0.6065307 and back. */
static void overlapping_answers_are_averaged_by_their_weights(void **state) {
    (void)state;
    taken t;
    cc_sliding *s;
    cc_sliding_options o = options_of((int64_t[]){6, 1, 1}, (int64_t[]){4, 1, 1}, 0.5, &t);
    const double outer = 0.011108996538, inner = 0.606530659713;
    assert_ok(cc_sliding_create(&s, &o));
    assert_ok(cc_sliding_add(s, (float[]){1, 1, 1, 1}));
    assert_int_equal(t.slices, 0); /* the second window still reaches the slice */
    assert_ok(cc_sliding_add(s, (float[]){3, 3, 3, 3}));
    assert_int_equal(t.slices, 1);
    const double want[6] = {
        1, 1, (inner + 3 * outer) / (inner + outer), (outer + 3 * inner) / (inner + outer), 3, 3};
    for (int i = 0; i < 6; i++) assert_float_equal(t.values[i], want[i], 1e-5);
    assert_error(cc_sliding_add(s, (float[]){3, 3, 3, 3}), CC_EINVAL, "all 2 windows");
    cc_sliding_destroy(s);
    o.weight = CC_SLIDING_WEIGHT_constant;
    t.slices = 0;
    assert_ok(cc_sliding_create(&s, &o));
    assert_ok(cc_sliding_add(s, (float[]){1, 1, 1, 1}));
    assert_ok(cc_sliding_add(s, (float[]){3, 3, 3, 3}));
    for (int i = 0; i < 6; i++) assert_float_equal(t.values[i], (i < 2 ? 1 : i < 4 ? 2 : 3), 0);
    cc_sliding_destroy(s);
}

/* A window of 16 at sigma 0.125: exp(-(7.5)^2 / 8) = 8.8e-4 is raised to 1e-3. Read from the mean of answers
 * 0 and 1 where an outermost voxel meets another. */
static void the_smallest_weight_is_a_thousandth(void **state) {
    (void)state;
    taken t;
    cc_sliding *s;
    const cc_sliding_options o = options_of((int64_t[]){17, 1, 1}, (int64_t[]){16, 1, 1}, 0, &t);
    float zeros[16] = {0}, ones[16];
    for (int i = 0; i < 16; i++) ones[i] = 1;
    assert_ok(
        cc_sliding_create(&s, &o)); /* starts 0 and 1: voxel 1 is number 1 of the first and 0 of the second */
    assert_ok(cc_sliding_add(s, zeros));
    assert_ok(cc_sliding_add(s, ones));
    const double second = exp(-6.5 * 6.5 / 8);
    assert_float_equal(t.values[1], 1e-3 / (1e-3 + second), 1e-6);
    cc_sliding_destroy(s);
}

/* The net that changes nothing: what is cut is what comes back, through every ring, whatever the sizes, also
 * of a volume that is smaller than its window, one voxel thin, and with two channels. */
static void what_is_cut_and_answered_as_it_was_is_the_volume(void **state) {
    (void)state;
    static const int64_t dims[][3] = {{9, 8, 13}, {5, 4, 3}, {1, 1, 1}, {12, 1, 7}, {6, 6, 6}, {3, 11, 2}};
    static const int64_t sizes[][3] = {{4, 3, 5}, {6, 6, 6}, {1, 1, 1}, {5, 2, 9}};
    static const double overlaps[] = {0, 0.25, 0.5, 0.9};
    for (size_t i = 0; i < sizeof dims / sizeof *dims * 16; i++) {
        taken t, *out = &t;
        cc_sliding *s;
        const int64_t *d = dims[i / 16], *size = sizes[i / 4 % 4];
        cc_sliding_options o = options_of(d, size, overlaps[i % 4], out);
        t.channels = o.channels = 2;
        float image[2 * 1024], window[2 * 256];
        for (size_t k = 0; k < 2 * t.voxels; k++) image[k] = (float)((k * 37) % 101) - 50;
        assert_ok(cc_sliding_create(&s, &o));
        for (size_t k = 0; k < cc_sliding_count(s); k++) {
            memset(window, 0x7f, sizeof window);
            cc_sliding_cut(window, s, k, image, 2);
            int64_t start[3];
            cc_sliding_start(start, s, k);
            if (start[0] < 0) assert_true(window[0] == 0); /* continued with 0 */
            assert_ok(cc_sliding_add(s, window));
        }
        assert_int_equal(t.slices, d[2]);
        for (size_t k = 0; k < 2 * t.voxels; k++) assert_float_equal(t.values[k], image[k], 4e-6);
        cc_sliding_destroy(s);
    }
}

static void bytes_do_not_depend_on_the_number_of_threads(void **state) {
    (void)state;
    static taken one, three;
    taken *both[] = {&one, &three};
    const int before = omp_get_max_threads();
    for (int run = 0; run < 2; run++) {
        cc_sliding *s;
        cc_sliding_options o = options_of((int64_t[]){10, 9, 8}, (int64_t[]){4, 5, 4}, 0.5, both[run]);
        both[run]->channels = o.channels = 4;
        omp_set_num_threads(run ? 3 : 1);
        assert_ok(cc_sliding_create(&s, &o));
        for (size_t k = 0; k < cc_sliding_count(s); k++) {
            float answer[4 * 80];
            for (int i = 0; i < 320; i++) answer[i] = sinf((float)(i + 7 * (int)k));
            assert_ok(cc_sliding_add(s, answer));
        }
        cc_sliding_destroy(s);
    }
    omp_set_num_threads(before);
    assert_memory_equal(one.values, three.values, sizeof one.values);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    taken t;
    cc_sliding *s = NULL;
    cc_sliding_options o = options_of((int64_t[]){6, 5, 4}, (int64_t[]){4, 4, 0}, 0.5, &t);
    assert_error(cc_sliding_create(&s, &o), CC_EINVAL, "a window of 0 in 4 voxels along z");
    o.size[2] = INT64_MAX;
    assert_error(cc_sliding_create(&s, &o), CC_EINVAL, "in 4 voxels along z");
    o.size[2] = 4, o.overlap[1] = 1;
    assert_error(cc_sliding_create(&s, &o), CC_EINVAL, "an overlap of 1");
    o.overlap[1] = 0.5, o.sigma = 0;
    assert_error(cc_sliding_create(&s, &o), CC_EINVAL, "a sigma of 0");
    o.weight = CC_SLIDING_WEIGHT_constant, o.channels = 0;
    assert_error(cc_sliding_create(&s, &o), CC_EINVAL, "answers of 0 channels");
    assert_null(s);
    cc_sliding_destroy(NULL);
    /* What the taker says is passed on. */
    o.channels = 1, o.size[0] = 6, o.size[1] = 5;
    t.status = CC_EIO;
    float answer[120] = {0};
    assert_ok(cc_sliding_create(&s, &o));
    assert_int_equal(cc_sliding_add(s, answer), CC_EIO);
    cc_sliding_destroy(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_start_by_the_rule_of_monai),
        cmocka_unit_test(overlapping_answers_are_averaged_by_their_weights),
        cmocka_unit_test(the_smallest_weight_is_a_thousandth),
        cmocka_unit_test(what_is_cut_and_answered_as_it_was_is_the_volume),
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
