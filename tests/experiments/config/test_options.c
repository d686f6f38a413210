/* tests/experiments/config/test_options.c -- what nets/ declares and what a config takes are one thing: each
 * name of a registry is a choice, and each number of a loss or an optimiser has one range. Ranges written out
 * below are those of configs/reference.md before the two stood in one place. */
#include "support.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "nets/engine/model.h"
#include "nets/engine/schedule.h"
#include "nets/losses/loss.h"
#include "nets/losses/sum/sum.h"
#include "nets/models/choices.h"
#include "nets/optimizers/optimizer.h"

/* Whether a config's section may be this text. */
static bool parses(const char *section, const char *text) {
    cc_config *config = NULL;
    cc_status status = cc_config_parse_text(&config, text, strlen(text), "test", section, 0);
    cc_config_destroy(config);
    return status == CC_OK;
}

/* What a loss cannot be without. */
static const char *beside(const char *type) {
    return strcmp(type, "uncertainty") == 0 ? "\nterms: [{type: bce, head: a}, {type: bce, head: b}]" : "";
}

/* A loss with its defaults but for `set`, as the config gives it to nets/. */
static bool loss_is_fine(const char *type, const cc_hyperparameter *set, double value) {
    cc_config *config = NULL;
    char text[256];
    snprintf(text, sizeof text, "type: %s%s%s", type, beside(type),
             *beside(type) ? "\nlog_variance: [0, 0]" : "");
    assert_ok(cc_config_parse_text(&config, text, strlen(text), "test", "loss", 0));
    cc_loss_spec spec = cc_config_get(config, 0)->loss;
    double *values = (double *)((char *)&spec + set->offset);
    values[0] = value;
    if (set->count_offset) { /* a list as long as is said beside it: that of `parses` */
        values[1] = 0.5;
        *(int *)((char *)&spec + set->count_offset) = 2;
    }
    bool fine = cc_loss_check(&spec) == CC_OK;
    cc_config_destroy(config);
    return fine;
}

static bool optimizer_is_fine(const char *type, const cc_hyperparameter *set, double value) {
    cc_config *config = NULL;
    char text[128];
    snprintf(text, sizeof text, "type: %s", type);
    assert_ok(cc_config_parse_text(&config, text, strlen(text), "test", "optimizer", 0));
    cc_optimizer_spec spec = cc_config_get(config, 0)->optimizer;
    *(double *)((char *)&spec + set->offset) = value;
    bool fine = cc_optimizer_check(&spec) == CC_OK;
    cc_config_destroy(config);
    return fine;
}

/* On both bounds, beside them, and far away. */
static void check_range(const char *section, const char *type, const cc_hyperparameter *h,
                        bool (*is_fine)(const char *, const cc_hyperparameter *, double)) {
    const double values[] = {h->min, h->max, nextafter(h->min, -1), nextafter(h->max, 1e300), -1, 1e13};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[256], number[64];
        snprintf(number, sizeof number, "%.17e", values[i]);
        snprintf(text, sizeof text, h->count ? "type: %s%s\n%s: [%s, 0.5]" : "type: %s%s\n%s: %s", type,
                 beside(type), h->name, number);
        if (h->flag) continue;                       /* true or false has no range */
        if (!h->initial && values[i] == 0) continue; /* nets/ takes 0 for what is not given */
        if (parses(section, text) != is_fine(type, h, values[i]))
            print_error("%s of %s: the config and nets/ disagree on %s\n", h->name, type, number);
        assert_int_equal(parses(section, text), is_fine(type, h, values[i]));
    }
}

static void numbers_have_one_range_in_configs_and_nets(void **state) {
    (void)state;
    int found = 0;
    for (int i = 0; cc_loss_at(i); i++)
        for (int k = 0; cc_loss_at(i)->hyperparameters && cc_loss_at(i)->hyperparameters[k]; k++, found++)
            check_range("loss", cc_loss_name(i), cc_loss_at(i)->hyperparameters[k], loss_is_fine);
    for (int i = 0; cc_optimizer_at(i); i++) {
        check_range("optimizer", cc_optimizer_name(i), &cc_optimizer_lr, optimizer_is_fine);
        check_range("optimizer", cc_optimizer_name(i), &cc_optimizer_clip_norm, optimizer_is_fine);
        for (int k = 0; cc_optimizer_at(i)->hyperparameters[k]; k++, found++)
            check_range("optimizer", cc_optimizer_name(i), cc_optimizer_at(i)->hyperparameters[k],
                        optimizer_is_fine);
    }
    assert_true(found >= 13);
}

static void ranges_are_those_that_users_saw(void **state) {
    (void)state;
    assert_true(parses("loss", "{type: dice, smooth: 1.0e+6}"));
    assert_false(parses("loss", "{type: iou, smooth: 1000001}"));
    assert_false(parses("loss", "{type: bootstrap-bce, fraction: 0}"));
    assert_true(parses("loss", "{type: sum, terms: [{type: bce, weight: 1.0e+6}]}"));
    assert_false(parses("loss", "{type: sum, terms: [{type: bce, weight: 1000001}]}"));
    assert_true(parses("optimizer", "{type: sgd, lr: 1000}"));
    assert_false(parses("optimizer", "{type: sgd, lr: 1001}"));
    assert_false(parses("optimizer", "{type: sgd, lr: 0}"));
    assert_false(parses("optimizer", "{type: sgd, momentum: 1}"));
    assert_false(parses("optimizer", "{type: adam, eps: 1.5}"));
    assert_false(parses("optimizer", "{type: adamw, weight_decay: 1001}"));
}

static void every_name_of_a_registry_is_a_choice(void **state) {
    (void)state;
    static const struct {
        const char *section, *format;
        const char *(*name)(int index);
    } registries[] = {
        {"loss", "{type: %s, terms: null}", cc_loss_name},
        {"optimizer", "type: %s", cc_optimizer_name},
        {"optimizer", "schedule: {type: %s}", cc_schedule_name},
        {"net", "{arch: %s, encoder: null}", cc_net_arch_name},
        {"net", "{arch: unet-encoder, encoder: %s}", cc_net_encoder_name},
        {"net", "{arch: unet-encoder, encoder: resnet-34, decoder: {upsample: %s}}", cc_net_decoder_name},
        {"net", "{arch: unet-encoder, encoder: efficientnet-b0, padding: %s}", cc_net_padding_name},
        {"train", "precision: %s", cc_precision_at},
        {"train", "plan: %s", cc_tuning_name}};
    for (size_t r = 0; r < sizeof registries / sizeof *registries; r++) {
        int names = 0;
        for (const char *name; (name = registries[r].name(names)); names++) {
            char text[256];
            snprintf(text, sizeof text, registries[r].format, name);
            cc_config *config = NULL;
            cc_status status =
                cc_config_parse_text(&config, text, strlen(text), "test", registries[r].section, 0);
            cc_config_destroy(config);
            /* What else such a choice needs may be missing; the word itself is known. */
            if (status != CC_OK) assert_non_null(strstr(cc_error_get()->what, "is missing"));
        }
        assert_true(names >= 2);
    }
}

static void a_u_net_has_as_many_levels_in_a_config_as_by_name(void **state) {
    (void)state;
    for (int depth = 0; depth <= 13; depth++) {
        char text[64], name[64];
        cc_net_spec spec;
        snprintf(text, sizeof text, "{arch: unet, width: 1, depth: %d}", depth);
        snprintf(name, sizeof name, "unet:1x%d", depth);
        assert_int_equal(parses("net", text), depth >= 2 && depth <= 8);
        assert_int_equal(cc_net_find(&spec, name) == CC_OK, depth >= 2 && depth <= 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_one_range_in_configs_and_nets),
        cmocka_unit_test(ranges_are_those_that_users_saw),
        cmocka_unit_test(every_name_of_a_registry_is_a_choice),
        cmocka_unit_test(a_u_net_has_as_many_levels_in_a_config_as_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
