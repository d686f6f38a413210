/* What members say, made up here, is combined slice by slice; right values by other arithmetic. */
#include <math.h>
#include "experiments/cascade/combine.h"
#include "metrics/consensus.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, SLICES = 12, MEMBERS = 4, CLASSES = 3, SCAN = 3 };

static cc_slice_set *set;
static uint32_t numbers[SLICES];
static const cc_split_part all = {numbers, SLICES};
/* Of each member: probabilities that sum to 1, and the class. */
static float by_class[MEMBERS][SLICES][CLASSES][PIXELS];
static uint8_t classes[MEMBERS][SLICES][PIXELS];

static int setup(void **state) {
    runs_setup(state);
    cc_slice_options options = {.source = "ctheart", .root = runs_data, .window_hu = {-200, 800}};
    assert_ok(cc_slice_set_open(&set, &options));
    assert_int_equal(cc_slice_set_count(set), SLICES);
    unsigned next = 1;
    for (int s = 0; s < SLICES; s++) numbers[s] = (uint32_t)s;
    for (int m = 0; m < MEMBERS; m++)
        for (int s = 0; s < SLICES; s++)
            for (int i = 0; i < PIXELS; i++) {
                float sum = 0;
                for (int k = 0; k < CLASSES; k++) {
                    next = next * 1664525U + 1013904223U; /* Numerical Recipes' ranqd1 */
                    sum += by_class[m][s][k][i] = (float)(next >> 16) / 65536;
                }
                for (int k = 0; k < CLASSES; k++) by_class[m][s][k][i] /= sum;
                classes[m][s][i] = (uint8_t)(next >> 20 & 3) % CLASSES;
            }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    cc_slice_set_close(set);
    return 0;
}

static int asked; /* how often a member was */

static cc_status predict(void *context, int member, const cc_split_part *slices, bool want_classes,
                         cc_prediction_sink *sink, void *to) {
    (void)context;
    asked++;
    for (size_t i = 0; i < slices->count; i++) {
        const uint32_t s = slices->slices[i];
        const cc_prediction p = {.slice = s,
                                 .height = SIDE,
                                 .width = SIDE,
                                 .probability = by_class[member][s][1],
                                 .classes = classes[member][s],
                                 .by_class = want_classes ? by_class[member][s][0] : NULL};
        CC_TRY(sink(to, &p));
    }
    return CC_OK;
}

typedef struct seen {
    float probability[SLICES][PIXELS];
    uint8_t mask[SLICES][PIXELS], classes[SLICES][PIXELS];
    size_t count;
} seen;

static cc_status look(void *context, const cc_prediction *p) {
    seen *s = context;
    assert_int_equal(p->slice, s->count);
    memcpy(s->probability[s->count], p->probability, sizeof *s->probability);
    memcpy(s->mask[s->count], p->mask, sizeof *s->mask);
    memcpy(s->classes[s->count++], p->classes, sizeof *s->classes);
    assert_int_equal(p->counts.tp + p->counts.fp + p->counts.fn + p->counts.tn, PIXELS);
    return CC_OK;
}

static cc_combination like(const char *combine, int of_classes) {
    return (cc_combination){.combine = combine,
                            .members = MEMBERS,
                            .classes = of_classes,
                            .predict = predict,
                            .base = set,
                            .slices = &all,
                            .threshold = 0.5};
}

static void run(seen *s, const cc_combination *c) {
    s->count = 0;
    asked = 0;
    assert_ok(cc_combination_run(c, look, s));
    assert_int_equal(s->count, SLICES);
}

static void the_class_of_the_largest_mean_is_predicted(void **state) {
    (void)state;
    static seen s;
    const cc_combination c = like("mean", CLASSES);
    run(&s, &c);
    assert_int_equal(asked, MEMBERS);
    for (int n = 0; n < SLICES; n++)
        for (int i = 0; i < PIXELS; i++) {
            long double mean[CLASSES] = {0};
            int best = 0;
            for (int k = 0; k < CLASSES; k++) {
                for (int m = 0; m < MEMBERS; m++) mean[k] += by_class[m][n][k][i];
                if ((float)mean[k] > (float)mean[best]) best = k;
            }
            assert_int_equal(s.classes[n][i], best);
            assert_int_equal(s.mask[n][i], best > 0);
            assert_float_equal(s.probability[n][i], (double)(mean[1] + mean[2]) / MEMBERS, 1e-6);
        }
}

static void of_labels_a_tie_is_background(void **state) {
    (void)state;
    static seen s;
    size_t ties = 0;
    const cc_combination c = like("labels", CLASSES);
    run(&s, &c);
    for (int n = 0; n < SLICES; n++)
        for (int i = 0; i < PIXELS; i++) {
            int votes[CLASSES] = {0}, first = 0, most = 0;
            for (int m = 0; m < MEMBERS; m++) votes[classes[m][n][i]]++;
            for (int k = 0; k < CLASSES; k++) most = votes[k] > most ? votes[k] : most;
            for (int k = 0; k < CLASSES; k++) first += votes[k] == most;
            ties += first > 1;
            int want = 0;
            for (int k = 0; k < CLASSES; k++)
                if (first == 1 && votes[k] == most) want = k;
            assert_int_equal(s.classes[n][i], want);
            assert_float_equal(s.probability[n][i], (MEMBERS - votes[0]) / (double)MEMBERS, 1e-7);
        }
    assert_true(ties > 0);
}

/* Members are asked more often where less fits into memory at one time, and say the same. */
static void rounds_change_no_prediction(void **state) {
    (void)state;
    static const char *const ways[] = {"mean", "majority", "staple"};
    static seen whole, parted;
    for (int w = 0; w < 3; w++) {
        cc_combination c = like(ways[w], 1);
        run(&whole, &c);
        assert_int_equal(asked, MEMBERS);
        c.bytes = 1; /* a slice at a time; of staple a scan, which it looks at as a whole */
        run(&parted, &c);
        assert_int_equal(asked, w == 2 ? MEMBERS * SLICES / SCAN : MEMBERS * SLICES);
        assert_memory_equal(whole.probability, parted.probability, sizeof whole.probability);
        assert_memory_equal(whole.mask, parted.mask, sizeof whole.mask);
    }
}

static void who_does_not_take_a_slice_has_no_say_in_it(void **state) {
    (void)state;
    static seen s;
    static bool takes[MEMBERS][SLICES];
    for (int m = 0; m < MEMBERS; m++)
        for (int n = 0; n < SLICES; n++) takes[m][n] = m % 2 == n / SCAN % 2;
    cc_combination c = like("mean", 1);
    c.takes = takes[0];
    run(&s, &c);
    for (int n = 0; n < SLICES; n++)
        for (int i = 0; i < PIXELS; i++) {
            const int m = n / SCAN % 2;
            const double mean = ((double)by_class[m][n][1][i] + (double)by_class[m + 2][n][1][i]) / 2;
            assert_float_equal(s.probability[n][i], mean, 1e-7);
        }
}

static void what_is_no_denser_is_taken_away(void **state) {
    (void)state;
    static seen s;
    float image[PIXELS];
    size_t kept = 0, taken = 0;
    cc_combination c = like("mean", CLASSES);
    c.only_above = true;
    c.above_hu = 40;
    run(&s, &c);
    for (int n = 0; n < SLICES; n++) {
        assert_ok(cc_slice_set_read(set, (size_t)n, image, NULL));
        for (int i = 0; i < PIXELS; i++) {
            kept += s.mask[n][i];
            taken += image[i] <= 40;
            if (image[i] <= 40) assert_true(s.probability[n][i] == 0 && !s.classes[n][i] && !s.mask[n][i]);
        }
    }
    assert_true(kept > 0 && taken > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_class_of_the_largest_mean_is_predicted),
        cmocka_unit_test(of_labels_a_tie_is_background),
        cmocka_unit_test(rounds_change_no_prediction),
        cmocka_unit_test(who_does_not_take_a_slice_has_no_say_in_it),
        cmocka_unit_test(what_is_no_denser_is_taken_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
