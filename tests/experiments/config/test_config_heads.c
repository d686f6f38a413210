/* tests/experiments/config/test_config_heads.c -- a net's outputs, losses of class numbers and trained
 * variances in a config: read, printed so that they read back as they were, refused where they make no
 * sense. */
#include "support.h"
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/config/config_print.h"

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
    assert_refused("{stage: roi, data: {root: .}, net: {arch: mtal}}", CC_CONFIG_RUNNABLE, "has several outputs");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_and_their_losses_are_read_and_printed),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
