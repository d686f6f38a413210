/* tests/experiments/cascade/test_evaluate_classes.c -- a net of several classes on windows of three slices:
 * the most probable class is predicted, the foreground's probability is what is left of the background's, and
 * what a net is not shown is background. */
#include <math.h>
#include "datasets/view.h"
#include "experiments/cascade/evaluate.h"
#include "experiments/config/device.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, SIZE = 32, CANVAS = SIZE * SIZE, SLICES = 3, CLASSES = 4 };

/* Two windows that overlap on the first slice, none on the second; the third's canvas holds its middle. */
static cc_view_item items[] = {
    {.base = 0, .box = {0, 0, 32, 32}, .keep = {0, 0, 32, 32}},
    {.base = 0, .box = {10, 20, 42, 52}, .keep = {10, 20, 42, 52}},
    {.base = 2, .box = {0, 0, 64, 64}, .keep = {0, 0, 64, 60}},
};
enum { ITEMS = sizeof items / sizeof *items };

static cc_slice_set *set, *view;
static cc_config *config;
static cc_model *model;
static cc_plan *plan;
static cc_evaluation_source source;
static const uint32_t slices[] = {0, 1, 2};
static const cc_split_part part = {(uint32_t *)slices, SLICES};

static int setup(void **state) {
    const cc_backend *backend;
    const char *sets[] = {"preprocess.size=32", "train.batch=2", "data.slices=3", "net.classes=4",
                          "loss={type: cross-entropy}"};
    runs_setup(state);
    assert_ok(cc_device_find(&backend, "cpu"));
    assert_ok(cc_config_load(&config, runs_config, sets, 5, 0));
    const cc_experiment_config *net = cc_config_get(config, 0);
    assert_int_equal(net->net.in_channels, 3);
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
                                    .slices = &part,
                                    .set = view,
                                    .items = &part};
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

/* The net's logits on an item, whose channels are put together here. */
static void predict(float logits[CLASSES][CANVAS], size_t item) {
    static float input[2][3][CANVAS], hu[PIXELS];
    const cc_box *b = &items[item].box, *keep = &items[item].keep;
    const int cut = (b->y1 - b->y0 - SIZE) / 2; /* of the third, what is cut away on each side */
    const float *out;
    for (int k = 0; k < 3; k++) {
        assert_ok(cc_slice_set_read_near(set, items[item].base, k - 1, false, hu));
        for (int i = 0; i < CANVAS; i++) {
            const int y = b->y0 + cut + i / SIZE, x = b->x0 + cut + i % SIZE;
            const bool kept = y < keep->y1 && x < keep->x1;
            input[0][k][i] =
                fminf(fmaxf(((kept ? hu[y * SIDE + x] : -200) + 200) * (float)(1 / 1000.0), 0), 1);
        }
    }
    assert_ok(cc_plan_forward(plan, &input[0][0][0], &out));
    memcpy(logits, out, CLASSES * CANVAS * sizeof(float));
}

typedef struct seen {
    float probability[SLICES][PIXELS];
    uint8_t classes[SLICES][PIXELS], mask[SLICES][PIXELS];
    size_t count;
} seen;

static cc_status look(void *context, const cc_prediction *p) {
    seen *s = context;
    memcpy(s->probability[s->count], p->probability, sizeof s->probability[0]);
    memcpy(s->classes[s->count], p->classes, sizeof s->classes[0]);
    memcpy(s->mask[s->count++], p->mask, sizeof s->mask[0]);
    return CC_OK;
}

static void the_most_probable_class_is_predicted_and_the_rest_of_the_background_is_foreground(void **state) {
    (void)state;
    static seen s;
    static float logits[CLASSES][CANVAS];
    static double want[SLICES][PIXELS];
    static int class[SLICES][PIXELS];
    int several[CLASSES] = {0};
    cc_evaluator *evaluator;
    cc_evaluation found;
    for (size_t k = 0; k < ITEMS; k++) {
        const cc_box *b = &items[k].box, *keep = &items[k].keep;
        const int cut = (b->y1 - b->y0 - SIZE) / 2;
        predict(logits, k);
        for (int i = 0; i < CANVAS; i++) {
            const int y = b->y0 + cut + i / SIZE, x = b->x0 + cut + i % SIZE, to = y * SIDE + x;
            double sum = 0;
            int best = 0;
            for (int c = 0; c < CLASSES; c++) {
                sum += exp(logits[c][i]);
                if (logits[c][i] > logits[best][i]) best = c;
            }
            const double p = 1 - exp(logits[0][i]) / sum;
            if (y >= keep->y1 || x >= keep->x1 || p <= want[items[k].base][to]) continue;
            want[items[k].base][to] = p;
            class[items[k].base][to] = best;
        }
    }
    assert_ok(cc_evaluator_create(&evaluator, &source));
    assert_ok(cc_evaluator_run(&found, evaluator, look, &s));
    cc_evaluator_destroy(evaluator);
    assert_true(isfinite(found.loss) && found.loss > 0);
    for (int z = 0; z < SLICES; z++)
        for (int i = 0; i < PIXELS; i++) {
            assert_float_equal(s.probability[z][i], want[z][i], 1e-5);
            assert_int_equal(s.classes[z][i], class[z][i]);
            assert_int_equal(s.mask[z][i], class[z][i] > 0);
            several[class[z][i]]++;
        }
    assert_true(several[0] > PIXELS && several[0] < SLICES * PIXELS - 100); /* more than one is predicted */
}

/* By evaluate.above_hu: probability and class go together. */
static void what_is_taken_away_is_of_no_class(void **state) {
    (void)state;
    static seen s;
    cc_evaluator *evaluator;
    cc_evaluation found;
    cc_evaluation_source above = source;
    float hu[PIXELS];
    size_t left = 0;
    above.only_above = true;
    above.above_hu = 100;
    assert_ok(cc_evaluator_create(&evaluator, &above));
    assert_ok(cc_evaluator_run(&found, evaluator, look, &s));
    cc_evaluator_destroy(evaluator);
    for (size_t z = 0; z < SLICES; z++) {
        assert_ok(cc_slice_set_read(set, z, hu, NULL));
        for (int i = 0; i < PIXELS; i++) {
            if (!(hu[i] > 100)) assert_true(s.classes[z][i] == 0 && s.probability[z][i] == 0);
            assert_int_equal(s.mask[z][i], s.classes[z][i] != 0);
            left += s.mask[z][i];
        }
    }
    assert_true(left > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_probable_class_is_predicted_and_the_rest_of_the_background_is_foreground),
        cmocka_unit_test(what_is_taken_away_is_of_no_class),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
