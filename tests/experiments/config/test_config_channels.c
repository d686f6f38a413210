/* tests/experiments/config/test_config_channels.c -- what a net is shown and tells apart: its channels and
 * classes follow from the data, what contradicts them is refused, and configs without these options are the
 * runs that they were. */
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "support.h"

static cc_config *config;
static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_config_destroy(config);
    config = NULL;
    cc_arena_destroy(arena);
    return 0;
}

/* A config of stage calcification whose `data` has that too, and other keys. */
static cc_status parse(const char *data, const char *more) {
    char text[1024];
    snprintf(text, sizeof text,
             "stage: calcification\ndata: {root: ., source: %s}\n"
             "upstream: {roi: /dev/null}\n%s\n",
             data, more);
    cc_config_destroy(config);
    config = NULL;
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, CC_CONFIG_RUNNABLE);
}

static const cc_experiment_config *first(void) {
    return cc_config_get(config, 0);
}

static char *identity_of(const char *data, const char *more) {
    char *text;
    assert_ok(parse(data, more));
    assert_ok(cc_config_identity_text(&text, first(), arena));
    return text;
}

static void channels_and_classes_follow_from_the_data(void **state) {
    (void)state;
    assert_ok(parse("orcascore", ""));
    assert_int_equal(first()->net.in_channels, 1);
    assert_int_equal(first()->net.classes, 1);
    assert_ok(parse("orcascore, slices: 5, channels: [hu, above_130, hu_-160_240]", ""));
    assert_int_equal(first()->net.in_channels, 15);
    assert_ok(parse("orcascore, slices: 3", "net: {in_channels: 3, classes: 1}"));
    assert_ok(parse("orcascore, targets: arteries", "loss: {type: cross-entropy}"));
    assert_int_equal(first()->net.classes, 4);
    assert_ok(parse("nnunet, targets: labels, labels: [4, 2]", "loss: {type: cross-entropy}"));
    assert_int_equal(first()->net.classes, 3);
    assert_ok(
        parse("nnunet, targets: labels, labels: [4]", "")); /* one class is told by its own probability */
    assert_int_equal(first()->net.classes, 1);
}

static void what_contradicts_them_is_refused_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *data, *more, *says;
    } cases[] = {
        {"orcascore, slices: 3", "net: {in_channels: 4}",
         "t.yaml:4: net.in_channels is 4, but data.slices and data.channels make 3 (leave it out)"},
        {"orcascore", "net: {classes: 2}",
         "t.yaml:4: net.classes is 2, but the classes of data.targets make 1"},
        {"orcascore, slices: 2", "", "t.yaml:2: data.slices: 2 slices have none in the middle"},
        {"orcascore, slices: 7", "", "data.slices wants a whole number from 1 to 5"},
        {"orcascore, channels: []", "", "data.channels wants a list of 1 to 8 different words"},
        {"orcascore, channels: [hu_3_3]", "", "its item 1 is \"hu_3_3\""},
        {"orcascore, targets: regions", "", "one of calcium, arteries, labels"},
        {"orcascore, targets: labels", "", "data.targets: labels takes 1 to 7 labels, not 0"},
        {"nnunet, targets: arteries, labels: [1, 2]", "", "data.targets: arteries takes three labels, not 2"},
        {"ctheart, targets: arteries", "loss: {type: cross-entropy}", "those of ctheart have one label"},
        {"orcascore, targets: arteries", "loss: {type: cross-entropy}\nresults: {threshold: 0.3}",
         "t.yaml:5: results.threshold means nothing with data.targets: arteries"},
        {"orcascore, targets: arteries", "loss: {type: dice}",
         "t.yaml:4: loss.type: dice takes a mask for each class, and data.targets: arteries gives class "
         "numbers"},
        {"orcascore, targets: arteries",
         "loss: {type: sum, terms: [{type: cross-entropy, weight: 1}, {type: dice, weight: 1}]}",
         "t.yaml:4: loss.terms[1]: dice takes a mask for each class, other losses of the same output do not"},
        {"orcascore, targets: arteries", "loss: {type: cross-entropy, class_weights: [1, 2]}",
         "class_weights"},
        {"orcascore, targets: arteries", "loss: {type: cross-entropy}\nnet: {prior: 0.1}",
         "t.yaml:5: net.prior means nothing with data.targets: arteries"},
        {"orcascore", "net: {arch: mtal}\nloss: {type: cross-entropy}",
         "t.yaml:1: data.targets: what does the output region of mtal learn? (write {region: WORD, lesion: "
         "WORD})"},
        {"orcascore, targets: {a: calcium}", "", "t.yaml:2: data.targets: unet-bn has one output, not 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_error(parse(cases[i].data, cases[i].more), CC_ECONFIG, cases[i].says);
}

/* The usual values are no part of an identity, so that it is the one of before; every other value is. */
static void each_of_them_is_in_the_identity_unless_it_is_the_usual(void **state) {
    (void)state;
    static const char *const usual = "nnunet, labels: [1, 2, 3], slices: 1, channels: [hu], targets: calcium";
    static const char *const others[] = {
        "nnunet, labels: [1, 2, 3], slices: 3", "nnunet, labels: [1, 2, 3], channels: [hu, above_130]",
        "nnunet, labels: [1, 2, 3], channels: [hu_-200_800]", "nnunet, labels: [1, 2, 3], targets: arteries",
        "nnunet, labels: [1, 2, 3], targets: labels"};
    static const char loss[] = "loss: {type: tversky}";
    const char *plain = identity_of("nnunet, labels: [1, 2, 3]", loss);
    assert_string_equal(identity_of(usual, loss), plain);
    assert_null(strstr(plain, "  slices:"));
    assert_null(strstr(plain, "channels: [hu"));
    assert_null(strstr(plain, "targets"));
    assert_non_null(strstr(plain, "  in_channels: 1\n  classes: 1\n"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_string_not_equal(identity_of(others[i], loss), plain);
    /* What is printed reads back to itself. */
    char *text, *again;
    assert_ok(parse("orcascore, slices: 3, channels: [hu, hu_-160_240, above_-5], targets: arteries", loss));
    assert_ok(cc_config_print(&text, first(), arena));
    cc_config_destroy(config);
    config = NULL;
    assert_ok(cc_config_parse_text(&config, text, strlen(text), "again.yaml", NULL, CC_CONFIG_RUNNABLE));
    assert_ok(cc_config_print(&again, first(), arena));
    assert_string_equal(again, text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(channels_and_classes_follow_from_the_data, begin, end),
        cmocka_unit_test_setup_teardown(what_contradicts_them_is_refused_with_its_line, begin, end),
        cmocka_unit_test_setup_teardown(each_of_them_is_in_the_identity_unless_it_is_the_usual, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
