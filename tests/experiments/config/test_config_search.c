/* tests/experiments/config/test_config_search.c -- a matrix that samples: the same variants everywhere, named
 * by what was used, and a message for each fault. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "support.h"

static cc_config *config;

static int end(void **state) {
    (void)state;
    cc_config_destroy(config);
    config = NULL;
    return 0;
}

/* A config of a net with a width, its matrix being on line 2. */
static cc_status parse(const char *matrix) {
    char text[1024];
    snprintf(text, sizeof text, "net: {arch: unet}\nmatrix: {%s}\n", matrix);
    end(NULL);
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, 0);
}

static const char *variant(int index) {
    return cc_config_get(config, index)->variant;
}

#define RANGES                                                                                               \
    "optimizer.lr: {log: [1e-5, 1e-2]}, net.width: {integer: [4, 64]}, loss.type: [dice, bce], "             \
    "train.ema: {linear: [0.5, 0.999]}, search_seed: 1"

/* By scipy.stats.qmc.Sobol(4, scramble=False) of SciPy 1.17.1, scrambled in Python with the coins of NumPy's
 * Philox (4x64-10, key [seed, 9], counter [0, interval, dimension, 0]). */
static const char *const sobol[] = {
    "lr=3.9e-3,width=16,loss.type=dice,ema=0.825", "lr=3.1e-5,width=53,loss.type=bce,ema=0.652",
    "lr=2.0e-4,width=23,loss.type=dice,ema=0.934", "lr=1.2e-3,width=49,loss.type=bce,ema=0.537",
    "lr=4.9e-4,width=32,loss.type=bce,ema=0.57",   "lr=1.2e-4,width=41,loss.type=dice,ema=0.941"};

/* By NumPy's Philox, counter [0, point, dimension, 0]: the upper 32 bits of the first number. */
static const char *const at_random[] = {
    "lr=1.1e-5,width=23,loss.type=bce,ema=0.953", "lr=3.5e-3,width=42,loss.type=bce,ema=0.584",
    "lr=8.8e-3,width=9,loss.type=dice,ema=0.739", "lr=3.3e-5,width=54,loss.type=bce,ema=0.776",
    "lr=3.8e-3,width=6,loss.type=bce,ema=0.722",  "lr=3.5e-5,width=54,loss.type=dice,ema=0.653"};

static void samples_are_those_of_an_independent_computation(void **state) {
    (void)state;
    assert_ok(parse(RANGES ", samples: 6"));
    assert_int_equal(cc_config_count(config), 6);
    for (int i = 0; i < 6; i++) assert_string_equal(variant(i), sobol[i]);
    assert_ok(parse(RANGES ", samples: 6, search: random"));
    for (int i = 0; i < 6; i++) assert_string_equal(variant(i), at_random[i]);
}

static void the_value_used_is_the_one_in_the_name(void **state) {
    (void)state;
    assert_ok(parse(RANGES ", samples: 6"));
    const cc_experiment_config *c = cc_config_get(config, 0);
    assert_true(c->optimizer.lr == 3.9e-3 && c->train.ema == 0.825);
    assert_int_equal(c->net.width, 16);
    assert_string_equal(c->loss.type, "dice");
}

static void more_samples_begin_with_the_fewer(void **state) {
    (void)state;
    assert_ok(parse(RANGES ", samples: 64"));
    assert_int_equal(cc_config_count(config), 64);
    for (int i = 0; i < 6; i++) assert_string_equal(variant(i), sobol[i]);
    assert_ok(parse(
        "optimizer.lr: {log: [1e-5, 1e-2]}, net.width: {integer: [4, 64]}, samples: 2, search_seed: 2"));
    assert_null(strstr(variant(0), "lr=3.9e-3")); /* another seed */
}

static void seeds_and_folds_multiply_the_samples(void **state) {
    (void)state;
    assert_ok(parse("seed: [1, 2, 3], net.width: {integer: [4, 64]}, data.fold: [0, 1], samples: 2"));
    assert_int_equal(cc_config_count(config), 12);
    for (int i = 0; i < 12; i++) {
        const cc_experiment_config *c = cc_config_get(config, i);
        assert_string_equal(c->variant, variant(i / 6 * 6));
        assert_int_equal(c->seed, i / 2 % 3 + 1);
        assert_int_equal(c->data.fold, i % 2);
    }
    assert_string_not_equal(variant(0), variant(6));
}

static void samples_cover_small_spaces_once_and_keep_to_their_ranges(void **state) {
    (void)state;
    assert_ok(parse("net.width: {integer: [1, 5]}, samples: 5"));
    int seen[6] = {0};
    for (int i = 0; i < 5; i++) seen[cc_config_get(config, i)->net.width]++;
    for (int width = 1; width <= 5; width++) assert_int_equal(seen[width], 1);
    /* All of a product of lists, and none twice. */
    assert_ok(parse("net.arch: [unet, unet-bn], loss.type: [dice, bce], samples: 4"));
    assert_ok(parse("net.width: {integer_log: [16, 1024]}, samples: 16"));
    int below = 0;
    for (int i = 0; i < 16; i++) {
        const int width = cc_config_get(config, i)->net.width;
        assert_in_range(width, 16, 1024);
        below += width <= 126;
    }
    /* The middle of the logarithmic axis is sqrt(15.5 * 1024.5) = 126.01. */
    assert_int_equal(below, 8);
    /* Rounding does not leave a range, whose ends may have more digits. */
    assert_ok(parse("optimizer.lr: {log: [1.234e-3, 1.246e-3]}, samples: 2, search: random"));
    for (int i = 0; i < 2; i++) {
        const double lr = cc_config_get(config, i)->optimizer.lr;
        assert_true(lr >= 1.234e-3 && lr <= 1.246e-3);
    }
    assert_ok(parse("optimizer.lr: {linear: [0.001, 0.002]}, samples: 101"));
}

static void assert_refused(const char *matrix, const char *part) {
    assert_error(parse(matrix), CC_ECONFIG, part);
    assert_null(config);
}

static void a_search_that_makes_no_sense_is_refused_with_its_line(void **state) {
    (void)state;
    assert_refused("optimizer.lr: {log: [1e-5, 1e-2]}", "t.yaml:2: matrix: a search wants the number of its");
    assert_refused("optimizer.lr: {log: [1e-2, 1e-5]}, samples: 4",
                   "t.yaml:2: matrix: optimizer.lr: log wants two numbers, the lower one first");
    assert_refused("optimizer.lr: {log: [1e-5]}, samples: 4", "log wants two numbers");
    assert_refused("optimizer.lr: {lgo: [1e-5, 1]}, samples: 4", "optimizer.lr wants one range, or a list");
    assert_refused("optimizer.lr: {lgo: [1e-5, 1]}", "optimizer.lr wants a list of values");
    assert_refused("optimizer.lr: {log: [1, 2], linear: [1, 2]}, samples: 4", "wants one range");
    assert_refused("optimizer.lr: 3, samples: 4", "wants a list of values, or a range");
    assert_refused("optimizer.rl: {log: [1e-5, 1]}, samples: 4", "optimizer.rl is no option");
    assert_refused("optimizer.weight_decay: {log: [0, 1]}, samples: 4", "log wants numbers above 0");
    assert_refused("net.width: {integer: [0, 8]}, samples: 4",
                   "t.yaml:2: net.width wants a whole number from 1");
    assert_refused("train.ema: {linear: [0.5, 1]}, samples: 4", "train.ema wants");
    assert_refused("net.width: {integer: [1.5, 8]}, samples: 4", "integer wants two whole numbers");
    assert_refused("net.width: {log: [1, 8]}, samples: 4", "net.width takes whole numbers (integer");
    assert_refused("optimizer.lr: {integer: [1, 8]}, samples: 4", "optimizer.lr takes real numbers (linear");
    assert_refused("net.arch: {integer: [1, 8]}, samples: 4", "net.arch takes no range");
    assert_refused("net: {integer: [1, 8]}, samples: 4", "net takes no range");
    assert_refused("net.width: {integer: [1, 5]}, samples: 6", "only 5 different variants came up, not 6");
    assert_refused("net.width: {integer: [1, 5]}, samples: 0", "samples wants a whole number from 1");
    assert_refused("net.width: {integer: [1, 5]}, samples: 2, search: halton", "one of sobol, random");
    assert_refused("net.width: {integer: [1, 5]}, samples: 2, search_seed: -1", "search_seed wants");
    assert_refused("seed: [1, 2], samples: 2", "a search wants a range, or a list other than of seeds");
    assert_refused("seed: {integer: [1, 5]}, net.width: [1, 2], samples: 2", "seed wants a list of values");
    assert_refused("net.width: {integer: [1, 900]}, samples: 600, seed: [1, 2]", "more than 1024 variants");
    assert_refused("net.arch: [unet, unet-bn], search: random", "wants the number of its samples");
}

#define CASE(name) cmocka_unit_test_teardown(name, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(samples_are_those_of_an_independent_computation),
        CASE(the_value_used_is_the_one_in_the_name),
        CASE(more_samples_begin_with_the_fewer),
        CASE(seeds_and_folds_multiply_the_samples),
        CASE(samples_cover_small_spaces_once_and_keep_to_their_ranges),
        CASE(a_search_that_makes_no_sense_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
