/* tests/experiments/config/test_config_heads.c -- a net's outputs, losses of class numbers and trained
 * variances in a config: read, printed so that they read back as they were, refused where they make no
 * sense. */
#include "support.h"
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/config/config_print.h"
#include "experiments/config/targets.h"

static const char uncertain[] = "stage: calcification\n"
                                "net: {arch: mtal, in_channels: 2, heads: {region: 5, lesion: 2}}\n"
                                "loss:\n"
                                "  type: uncertainty\n"
                                "  log_variance: [0.25, -0.5]\n"
                                "  terms:\n"
                                "    - {head: region, type: cross-entropy, ignore: 255}\n"
                                "    - {head: lesion, type: cross-entropy, class_weights: [0.5, 4]}\n";

static void heads_and_their_losses_are_read_and_printed(void **state) {
    (void)state;
    cc_config *config, *again;
    char *text;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_config_parse_text(&config, uncertain, strlen(uncertain), "test", NULL, 0));
    const cc_experiment_config *c = cc_config_get(config, 0);
    assert_int_equal(c->net.head_count, 2);
    assert_string_equal(c->net.heads[0].name, "region");
    assert_int_equal(c->net.heads[0].classes, 5);
    assert_int_equal(c->loss.log_variance_count, 2);
    assert_true(c->loss.log_variance[1] == -0.5);
    assert_string_equal(c->loss.terms[1].head, "lesion");
    assert_int_equal(c->loss.terms[1].class_weight_count, 2);
    assert_true(c->loss.terms[0].ignore == 255 && c->loss.terms[1].ignore == 0);
    assert_int_equal(c->loss.terms[0].class_weight_count, 0);

    assert_ok(cc_config_print(&text, c, arena));
    assert_non_null(strstr(text, "heads: {region: 5, lesion: 2}\n"));
    assert_non_null(strstr(text, "log_variance: [0.25, -0.5]\n"));
    assert_ok(cc_config_parse_text(&again, text, strlen(text), "printed", NULL, 0));
    const cc_experiment_config *d = cc_config_get(again, 0);
    assert_int_equal(d->net.heads[0].classes, 5);
    assert_true(d->loss.terms[1].class_weights[1] == 4 && d->loss.terms[0].class_weight_count == 0);
    cc_config_destroy(again);
    cc_config_destroy(config);
    cc_arena_destroy(arena);
}

/* What a text is refused for. */
static void assert_refused(const char *text, unsigned flags, const char *says) {
    cc_config *config = NULL;
    assert_error(cc_config_parse_text(&config, text, strlen(text), "test", NULL, flags), CC_ECONFIG, says);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    assert_refused("net: {arch: mtal, classes: 2}", 0, "net.classes means nothing where net.arch is mtal");
    assert_refused("net: {arch: unet-bn, heads: {a: 1}}", 0, "net.heads means nothing");
    assert_refused("net: {arch: mtal, heads: {a: 0}}", 0, "net.heads");
    assert_refused("loss: {type: cross-entropy, head: lesion}", 0, "only in a term of a loss");
    assert_refused("loss: {type: cross-entropy, class_weights: []}", 0, "loss.class_weights");
    assert_refused("loss: {type: cross-entropy, ignore: 3}", 0, "loss.ignore");
    assert_refused("loss: {type: dice, log_variance: [0]}", 0, "loss.log_variance means nothing");
    assert_refused("{stage: roi, data: {root: .}, net: {arch: mtal}}", CC_CONFIG_RUNNABLE,
                   "what does the output region of mtal learn?");
}

/* A config that runs, with other targets, heads and terms. */
static void learning(char out[1024], const char *source, const char *targets, const char *heads,
                     const char *terms) {
    snprintf(out, 1024,
             "stage: roi\ndata: {root: ., source: %s, targets: %s}\nnet: {arch: mtal, heads: %s}\n"
             "loss: {type: uncertainty, terms: [%s]}\n",
             source, targets, heads, terms);
}

#define BOTH  "{region: regions, lesion: calcium}"
#define TERMS "{head: region, type: cross-entropy, ignore: 255}, {head: lesion, type: cross-entropy}"

static void each_output_learns_what_it_is_told(void **state) {
    (void)state;
    char text[1024], *printed, *again;
    cc_config *config, *other;
    cc_net_targets targets;
    cc_arena *arena = cc_arena_create();
    learning(text, "orcascore", BOTH, "{region: 5, lesion: 2}", TERMS);
    assert_ok(cc_config_parse_text(&config, text, strlen(text), "test", NULL, CC_CONFIG_RUNNABLE));
    assert_ok(cc_net_targets_init(&targets, cc_config_get(config, 0), NULL, 0));
    assert_true(targets.count == 2 && targets.scored == 1 && targets.regions == 0);
    assert_true(targets.of[0].regions && targets.of[0].count == 4 && targets.of[1].count == 1);
    assert_true(cc_config_learns_regions(cc_config_get(config, 0)));
    assert_ok(cc_config_print(&printed, cc_config_get(config, 0), arena));
    assert_non_null(strstr(printed, "  targets: {region: regions, lesion: calcium}\n"));
    assert_ok(cc_config_parse_text(&other, printed, strlen(printed), "printed", NULL, CC_CONFIG_RUNNABLE));
    assert_ok(cc_config_print(&again, cc_config_get(other, 0), arena));
    assert_string_equal(again, printed);
    cc_config_destroy(other);
    cc_config_destroy(config);
    /* In the order of net.heads, which the net's outputs have. */
    learning(text, "list", "{region: regions, lesion: arteries}", "{lesion: 4, region: 4}", TERMS);
    assert_ok(cc_config_parse_text(&config, text, strlen(text), "test", NULL, 0));
    assert_ok(cc_net_targets_init(&targets, cc_config_get(config, 0), NULL, 0));
    assert_true(targets.scored == 0 && targets.regions == 1 && targets.of[0].arteries);
    cc_config_destroy(config);
    cc_arena_destroy(arena);
}

static void targets_that_do_not_fit_the_outputs_are_refused(void **state) {
    (void)state;
    static const char *const cases[][5] = {
        {"orcascore", "{lesion: calcium}", "{region: 4, lesion: 2}", TERMS,
         "what does the output region of mtal"},
        {"orcascore", "{region: regions, lesion: calcium, a: calcium}", "{region: 4, lesion: 2}", TERMS,
         "it names 3 outputs, and mtal has 2"},
        {"orcascore", "{region: calcium, lesion: calcium}", "{region: 2, lesion: 2}", TERMS,
         "both region and lesion learn from the mask"},
        {"orcascore", "{region: regions, lesion: regions}", "{region: 4, lesion: 2}", TERMS,
         "both region and lesion learn regions"},
        {"orcascore", BOTH, "{region: 4, lesion: 3}", TERMS,
         "net.heads: lesion has 3 classes, but data.targets: calcium makes 2"},
        {"orcascore", BOTH, "{region: 1, lesion: 2}", TERMS,
         "net.heads: region learns regions, and has 1 class"},
        {"orcascore", BOTH, "{region: 9, lesion: 2}", TERMS, "regions are 7 at most"},
        {"coca", BOTH, "{region: 4, lesion: 2}", TERMS, "orcascore and list, and coca has none"},
        {"orcascore", "{region: places, lesion: calcium}", "{region: 4, lesion: 2}", TERMS,
         "a map {OUTPUT: WORD} of a net's outputs, WORD one of these or regions"},
        {"orcascore", BOTH, "{region: 4, lesion: 2}", "{head: region, type: cross-entropy}",
         "no loss looks at the output \"lesion\""},
        {"orcascore", BOTH, "{region: 4, lesion: 2}",
         "{head: region, type: cross-entropy}, {head: lesion, type: dice}",
         "and the output lesion gives class numbers"},
    };
    char text[1024];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        learning(text, cases[i][0], cases[i][1], cases[i][2], cases[i][3]);
        assert_refused(text, CC_CONFIG_RUNNABLE, cases[i][4]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_and_their_losses_are_read_and_printed),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(each_output_learns_what_it_is_told),
        cmocka_unit_test(targets_that_do_not_fit_the_outputs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
