/* tests/experiments/config/test_config_identity.c -- what of a config is part of a run's identity: not where
 * things lie nor what they are called, and of options that are younger than many runs only what is used. */
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config.h"
#include "support.h"

static cc_config *config;
static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    cc_config_destroy(config);
    config = NULL;
    cc_arena_destroy(arena);
    return 0;
}

static cc_status parse(const char *text) {
    cc_config_destroy(config);
    config = NULL;
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, 0);
}

/* A file of that text, with one override. */
static cc_status load(const char *text, const char *set) {
    const char *path = cc_test_path(cc_test_folder(), "v.yaml");
    assert_ok(cc_file_write(path, text, strlen(text)));
    cc_config_destroy(config);
    config = NULL;
    return cc_config_load(&config, path, &set, 1, 0);
}

static const cc_experiment_config *first(void) {
    return cc_config_get(config, 0);
}

static void places_names_and_threads_are_no_part_of_the_identity(void **state) {
    (void)state;
    char *here, *there, *other;
    assert_ok(parse("{name: a, variant: b, data: {root: /a}, train: {workers: 1}}"));
    assert_ok(cc_config_identity_text(&here, first(), arena));
    assert_ok(parse("{name: c, data: {root: /b}, train: {workers: 9, threads: 3}}"));
    assert_ok(cc_config_identity_text(&there, first(), arena));
    assert_ok(parse("{name: c, data: {root: /b}, train: {workers: 9}, results: {threshold: 0.4}}"));
    assert_ok(cc_config_identity_text(&other, first(), arena));
    assert_string_equal(here, there);
    assert_string_not_equal(here, other);
    assert_non_null(strstr(here, "seed: 1\n"));
}

/* Runs that were made before an option was there keep their identity. */
static void an_option_that_was_added_counts_where_it_is_not_its_default(void **state) {
    (void)state;
    char *text, *other;
    static const char *const defaults[] = {"{data: {root: /a}}", "{data: {root: /a, skip_broken: false}}",
                                           "{data: {root: /a, mask_threshold: null, skip_broken: null}}"};
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        assert_ok(parse(defaults[i]));
        assert_ok(cc_config_identity_text(&text, first(), arena));
        assert_null(strstr(text, "skip_broken"));
        assert_null(strstr(text, "mask_threshold"));
        assert_non_null(strstr(text, "data:\n  source: ctheart\n  split:\n"));
    }
    assert_ok(parse("{data: {root: /a, skip_broken: true, mask_threshold: 0}}"));
    assert_ok(cc_config_identity_text(&other, first(), arena));
    assert_non_null(strstr(other, "  source: ctheart\n  mask_threshold: 0\n  skip_broken: true\n  split:\n"));
    assert_error(parse("{data: {root: /a, mask_threshold: 65535}}"), CC_ECONFIG, "data.mask_threshold");
    assert_error(parse("{data: {root: /a, source: coca, mask_threshold: 9}}"), CC_ECONFIG,
                 "data.mask_threshold means nothing where data.source is coca");
}

/* The same of what training varies: younger than many runs, and no part of an identity until it is used. In
 * a term of a sum too. */
static void what_training_varies_counts_where_it_is_used(void **state) {
    (void)state;
    char *plain, *text;
    static const char unused[] =
        "{data: {root: /a, train_share: 1}, evaluate: {mirrors: []}, augment_random: {types: []}, optimizer: "
        "{type: sgd, nesterov: false}, "
        "loss: {type: sum, terms: [{type: bce, positive_weight: null}]}}";
    static const char *const used[][2] = {
        {"data.train_share=0.5", "  train_share: 0.5\n"},
        {"evaluate.mirrors=[x]", "evaluate:\n  mirrors: [x]\n"},
        {"preprocess={histogram_matching: true, histogram_method: landmarks}",
         "  histogram_method: landmarks\n"},
        {"augment_random={types: [noise]}",
         "augment_random:\n  types: [noise]\n  noise:\n    probability: 0.1\n    sigma: 30\n"},
        {"optimizer={type: sgd, momentum: 0.9, nesterov: true}", "  nesterov: true\n"},
        {"loss={type: sum, terms: [{type: bce, positive_weight: 3}]}",
         "{type: bce, positive_weight: 3, weight: 1}"},
        {"loss={type: bce, positive_weight: 3}", "  positive_weight: 3\n"}};
    assert_ok(parse("{data: {root: /a}, optimizer: {type: sgd}, loss: {type: sum, terms: [{type: bce}]}}"));
    assert_ok(cc_config_identity_text(&plain, first(), arena));
    assert_null(strstr(plain, "nesterov"));
    assert_null(strstr(plain, "augment_random"));
    assert_null(strstr(plain, "train_share"));
    assert_null(strstr(plain, "mirrors"));
    assert_non_null(strstr(plain, "{type: bce, weight: 1}"));
    assert_ok(parse(unused));
    assert_ok(cc_config_identity_text(&text, first(), arena));
    assert_string_equal(text, plain);
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        assert_ok(load("data: {root: /a}\n", used[i][0]));
        assert_ok(cc_config_identity_text(&text, first(), arena));
        if (!strstr(text, used[i][1])) fail_msg("%s is not in\n%s", used[i][1], text);
    }
}

/* Patches of volumes have the random augmentation of slices, but not slices' variants by name; along which
 * axes it acts counts where it is not within slices. */
static void patches_are_augmented_at_random_and_within_slices_unless_told(void **state) {
    (void)state;
    static const char text[] =
        "{stage: calcification, data: {root: /a, items: volumes}, upstream: {roi: null}, "
        "preprocess: {roi: {mode: none}}, net: {arch: unet-3d}, "
        "augment_random: {types: [affine]}, volumes: {augment_within: %s}%s}";
    char of[512], *slices, *volume;
    snprintf(of, sizeof of, text, "slices", "");
    assert_ok(parse(of));
    assert_ok(cc_config_identity_text(&slices, first(), arena));
    assert_non_null(strstr(slices, "augment_random:\n  types: [affine]\n"));
    assert_null(strstr(slices, "augment_within"));
    snprintf(of, sizeof of, text, "volume", "");
    assert_ok(parse(of));
    assert_ok(cc_config_identity_text(&volume, first(), arena));
    assert_non_null(strstr(volume, "  augment_within: volume\n"));
    snprintf(of, sizeof of, text, "slices", ", augment: [hflip]");
    assert_error(parse(of), CC_ECONFIG,
                 "augment means nothing with data.items: volumes: volumes.mirror and augment_random");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(places_names_and_threads_are_no_part_of_the_identity, begin, end),
        cmocka_unit_test_setup_teardown(an_option_that_was_added_counts_where_it_is_not_its_default, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_training_varies_counts_where_it_is_used, begin, end),
        cmocka_unit_test_setup_teardown(patches_are_augmented_at_random_and_within_slices_unless_told, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
