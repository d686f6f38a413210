/* What the net says of windows comes back to their places. */
#include <math.h>
#include <omp.h>
#include "datasets/mirror.h"
#include "datasets/view.h"
#include "experiments/cascade/evaluate.h"
#include "experiments/config/device.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, SIZE = 32, SLICES = 3 };

/* Three slices of one patient: the first has two windows that overlap, the second none, the third one, of
 * which only a part is kept. */
static cc_view_item items[] = {
    {.base = 0, .box = {0, 0, 32, 32}, .keep = {0, 0, 32, 32}},
    {.base = 0, .box = {10, 20, 42, 52}, .keep = {10, 20, 42, 52}},
    {.base = 2, .box = {32, 32, 64, 64}, .keep = {40, 34, 60, 64}},
};
enum { ITEMS = sizeof items / sizeof *items };

static cc_slice_set *set, *view;
static cc_config *config;
static cc_model *model;
static cc_plan *plan;
static cc_evaluation_source source;
static const uint32_t slices[] = {0, 1, 2}, shown[] = {0, 1, 2};
static const cc_split_part slice_part = {(uint32_t *)slices, SLICES}, item_part = {(uint32_t *)shown, ITEMS},
                           no_items = {(uint32_t *)shown, 0};

static int setup(void **state) {
    const cc_backend *backend;
    const char *set_fit[] = {"preprocess.size=32", "train.batch=2"};
    runs_setup(state);
    assert_ok(cc_device_find(&backend, "cpu"));
    assert_ok(cc_config_load(&config, runs_config, set_fit, 2, CC_CONFIG_RUNNABLE));
    const cc_experiment_config *net = cc_config_get(config, 0);
    cc_slice_options options = {.source = "ctheart", .root = runs_data, .window_hu = {-200, 800}};
    assert_ok(cc_slice_set_open(&set, &options));
    cc_view_options over = {.base = set, .items = items, .count = ITEMS, .fill_hu = -200};
    assert_ok(cc_view_open(&view, &over));
    assert_ok(cc_model_create(&model, &net->net, backend));
    assert_ok(cc_plan_create(&plan, model, &(cc_plan_options){.n = 2, .height = SIZE, .width = SIZE}));
    assert_ok(cc_model_initialise(model, 5));
    source = (cc_evaluation_source){.plan = plan,
                                    .net = net,
                                    .fit = {.mode = "pad", .height = SIZE, .width = SIZE},
                                    .threshold = 0.5,
                                    .base = set,
                                    .slices = &slice_part,
                                    .set = view,
                                    .items = &item_part};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    cc_slice_set_close(view);
    cc_slice_set_close(set);
    cc_config_destroy(config);
    return 0;
}

/* The net's probabilities on an item's picture, straight from the plan. */
static void predict(float out[SIZE * SIZE], size_t item) {
    float input[2 * SIZE * SIZE] = {0};
    const float *logits;
    assert_ok(cc_slice_set_read(view, item, input, NULL));
    for (int i = 0; i < SIZE * SIZE; i++) {
        float value = (input[i] + 200) * (float)(1 / 1000.0);
        input[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    assert_ok(cc_plan_forward(plan, input, &logits));
    for (int i = 0; i < SIZE * SIZE; i++) out[i] = 1.0f / (1.0f + expf(-logits[i]));
}

/* What the slices' probabilities must be: the largest of the windows that hold a pixel, else 0. */
static void expect(float want[SLICES][PIXELS]) {
    float p[SIZE * SIZE];
    memset(want, 0, SLICES * PIXELS * sizeof(float));
    for (size_t k = 0; k < ITEMS; k++) {
        const cc_box *b = &items[k].box, *keep = &items[k].keep;
        predict(p, k);
        for (int y = keep->y0; y < keep->y1; y++)
            for (int x = keep->x0; x < keep->x1; x++) {
                float *to = &want[items[k].base][y * SIDE + x];
                *to = fmaxf(*to, p[(y - b->y0) * SIZE + x - b->x0]);
            }
    }
}

typedef struct seen {
    float probability[SLICES][PIXELS];
    cc_counts counts[SLICES];
    size_t count;
} seen;

static cc_status look(void *context, const cc_prediction *p) {
    seen *s = context;
    assert_int_equal(p->slice, s->count);
    memcpy(s->probability[s->count], p->probability, sizeof s->probability[0]);
    s->counts[s->count++] = p->counts;
    return CC_OK;
}

static void run(seen *s, const cc_evaluation_source *with) {
    cc_evaluator *evaluator;
    cc_evaluation found;
    s->count = 0;
    assert_ok(cc_evaluator_create(&evaluator, with));
    assert_ok(cc_evaluator_run(&found, evaluator, look, s));
    assert_int_equal(s->count, SLICES);
    assert_int_equal(found.counts.tp + found.counts.fp + found.counts.fn + found.counts.tn, SLICES * PIXELS);
    assert_true(isnan(found.loss) == (with->items->count == 0));
    cc_evaluator_destroy(evaluator);
}

static void windows_go_back_to_where_they_were_cut(void **state) {
    (void)state;
    static float want[SLICES][PIXELS];
    static seen s;
    expect(want);
    run(&s, &source);
    assert_memory_equal(s.probability, want, sizeof want);
    assert_true(want[0][15 * SIDE + 25] > 0 && want[2][50 * SIDE + 50] > 0 && want[2][33 * SIDE + 33] == 0);
}

static int64_t count_truth(size_t slice) {
    uint8_t truth[PIXELS];
    int64_t count = 0;
    assert_ok(cc_slice_set_read(set, slice, NULL, truth));
    for (int i = 0; i < PIXELS; i++) count += truth[i] != 0;
    return count;
}

static void a_slice_without_a_window_counts_its_truth_as_missed(void **state) {
    (void)state;
    static seen s;
    run(&s, &source);
    assert_true(count_truth(1) > 0);
    assert_int_equal(s.counts[1].fn, count_truth(1));
    assert_int_equal(s.counts[1].tp + s.counts[1].fp, 0);
    cc_evaluation_source nothing = source;
    nothing.items = &no_items;
    nothing.set = NULL;
    nothing.plan = NULL;
    run(&s, &nothing);
    for (size_t i = 0; i < SLICES; i++) assert_int_equal(s.counts[i].fn, count_truth(i));
}

static void outside_what_the_stage_before_marked_nothing_is_left(void **state) {
    (void)state;
    static float want[SLICES][PIXELS];
    static seen s;
    static uint8_t mask[PIXELS];
    cc_masks *within;
    assert_ok(cc_masks_create(&within, set));
    for (int i = 0; i < PIXELS; i++) mask[i] = i % 3 == 0;
    cc_masks_put(within, 0, mask);
    expect(want);
    for (int k = 0; k < SLICES; k++)
        for (int i = 0; i < PIXELS; i++)
            if (k > 0 || i % 3 != 0) want[k][i] = 0;
    cc_evaluation_source both = source;
    both.within = within;
    run(&s, &both);
    assert_memory_equal(s.probability, want, sizeof want);
    cc_masks_destroy(within);
}

/* The mean over an item's picture and its mirror images, each turned back: index arithmetic, without
 * datasets/mirror.h. */
static void predict_mirrored(float out[SIZE * SIZE], size_t item, bool along_x, bool along_y) {
    float input[2 * SIZE * SIZE], picture[SIZE * SIZE];
    double sum[SIZE * SIZE] = {0};
    const float *logits;
    int images = 0;
    assert_ok(cc_slice_set_read(view, item, picture, NULL));
    for (int fx = 0; fx <= along_x; fx++)
        for (int fy = 0; fy <= along_y; fy++, images++) {
            memset(input, 0, sizeof input);
            for (int y = 0; y < SIZE; y++)
                for (int x = 0; x < SIZE; x++) {
                    const int from = (fy ? SIZE - 1 - y : y) * SIZE + (fx ? SIZE - 1 - x : x);
                    const float value = (picture[from] + 200) * (float)(1 / 1000.0);
                    input[y * SIZE + x] = value < 0 ? 0 : value > 1 ? 1 : value;
                }
            assert_ok(cc_plan_forward(plan, input, &logits));
            for (int y = 0; y < SIZE; y++)
                for (int x = 0; x < SIZE; x++)
                    sum[(fy ? SIZE - 1 - y : y) * SIZE + (fx ? SIZE - 1 - x : x)] +=
                        1 / (1 + exp(-(double)logits[y * SIZE + x]));
        }
    for (int i = 0; i < SIZE * SIZE; i++) out[i] = (float)(sum[i] / images);
}

/* The largest difference of two predictions. */
static double largest_difference(float a[SLICES][PIXELS], float b[SLICES][PIXELS]) {
    double most = 0;
    for (int s = 0; s < SLICES; s++)
        for (int i = 0; i < PIXELS; i++) most = fmax(most, fabs((double)a[s][i] - (double)b[s][i]));
    return most;
}

static void of_mirror_images_the_mean_counts(void **state) {
    (void)state;
    static const unsigned axes[] = {CC_MIRROR_X, CC_MIRROR_Y, CC_MIRROR_X | CC_MIRROR_Y};
    static float want[SLICES][PIXELS], plain[SLICES][PIXELS];
    static seen s;
    run(&s, &source);
    memcpy(plain, s.probability, sizeof plain);
    for (int a = 0; a < 3; a++) {
        cc_evaluation_source with = source;
        with.mirrors = axes[a];
        run(&s, &with);
        memset(want, 0, sizeof want);
        for (size_t k = 0; k < ITEMS; k++) {
            float p[SIZE * SIZE];
            const cc_box *b = &items[k].box, *keep = &items[k].keep;
            predict_mirrored(p, k, axes[a] & CC_MIRROR_X, axes[a] & CC_MIRROR_Y);
            for (int y = keep->y0; y < keep->y1; y++)
                for (int x = keep->x0; x < keep->x1; x++) {
                    float *to = &want[items[k].base][y * SIDE + x];
                    *to = fmaxf(*to, p[(y - b->y0) * SIZE + x - b->x0]);
                }
        }
        assert_true(largest_difference(s.probability, want) < 1e-6);
        assert_true(largest_difference(s.probability, plain) > 1e-3);
    }
}

/* Each kernel becomes the mean of itself and its mirror images. */
static void make_symmetric(cc_model *of) {
    for (int i = 0; i < cc_model_parameter_count(of); i++) {
        const cc_parameter *p = cc_model_parameter(of, i);
        if (p->of.rank != 4) continue;
        const int tall = (int)p->of.dims[2], wide = (int)p->of.dims[3];
        float *values = malloc((size_t)p->count * sizeof *values),
              *mean = calloc((size_t)p->count, sizeof *mean);
        assert_non_null(values);
        assert_non_null(mean);
        assert_ok(cc_model_get(values, of, i));
        for (int64_t k = 0; k < p->count; k++) {
            const int64_t first = k / (tall * wide) * tall * wide;
            const int y = (int)(k - first) / wide, x = (int)(k - first) % wide;
            for (int m = 0; m < 4; m++)
                mean[k] +=
                    0.25F * values[first + (m & 1 ? tall - 1 - y : y) * wide + (m & 2 ? wide - 1 - x : x)];
        }
        assert_ok(cc_model_set(of, i, mean));
        free(values);
        free(mean);
    }
}

static void a_symmetric_net_says_the_same_of_mirror_images(void **state) {
    (void)state;
    static float plain[SLICES][PIXELS];
    static seen s;
    make_symmetric(model);
    run(&s, &source);
    memcpy(plain, s.probability, sizeof plain);
    cc_evaluation_source with = source;
    with.mirrors = CC_MIRROR_X | CC_MIRROR_Y;
    run(&s, &with);
    assert_true(largest_difference(s.probability, plain) < 1e-5);
    assert_ok(cc_model_initialise(model, 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_go_back_to_where_they_were_cut),
        cmocka_unit_test(a_slice_without_a_window_counts_its_truth_as_missed),
        cmocka_unit_test(outside_what_the_stage_before_marked_nothing_is_left),
        cmocka_unit_test(of_mirror_images_the_mean_counts),
        cmocka_unit_test(a_symmetric_net_says_the_same_of_mirror_images),
    };
    omp_set_num_threads(1);
    return cmocka_run_group_tests(tests, setup, teardown);
}
