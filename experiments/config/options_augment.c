/* experiments/config/options_augment.c -- the options of random augmentation: which kinds are drawn, and
 * from what.
 *
 * Kinds, numbers, ranges and defaults are those that datasets/augment_random.h declares, a row each. Without
 * a kind named none of them means anything, and `augment_random.types: []` is no part of an identity: runs
 * that are older than these options keep theirs. */
#include "experiments/config/option_rows.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "datasets/augment_random.h"

enum { ROWS_MAX = 40, KEY_BYTES = 64 };

static cc_option table[ROWS_MAX];
static char keys[ROWS_MAX][KEY_BYTES];
static cc_option_rows whole = {table, 0};

static bool is_kind(const char *text) {
    for (int i = 0; cc_random_kind_name(i); i++)
        if (strcmp(cc_random_kind_name(i), text) == 0) return true;
    return false;
}

static void make_table(void) {
    size_t count;
    const cc_random_number *numbers = cc_random_numbers(&count);
    cc_option types = {
        .key = "augment_random.types",
        .kind = CC_OPTION_TEXTS,
        AT(augment_random.types),
        .when = "stage",
        .is = TRAINED,
        .most = CC_RANDOM_KINDS,
        .item_ok = is_kind,
        .initial = "[]",
        .usual = "[]",
        .meaning =
            "what is drawn anew for each training item, a slice after `augment` or a patch of a volume, "
            "in each epoch; in this order, whatever theirs here. The first two move picture and mask, "
            "the others change HU before the window, `gamma` the windowed values"};
    /* The kinds are the choices of the list's items (schema, completion); they decide which rows hold. */
    for (int i = 0; cc_random_kind_name(i); i++) types.choices[i] = cc_random_kind_name(i);
    types.item_wants = "affine, elastic, noise, blur, brightness, contrast, low_resolution or gamma";
    table[whole.count++] = types;
    assert(count < ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        /* "augment_random.KIND.NAME", for one number or a [low, high]. */
        const cc_random_number *n = &numbers[i];
        const char *kind = cc_random_kind_name(n->kind);
        snprintf(keys[i], KEY_BYTES, "augment_random.%s.%s", kind, n->name);
        table[whole.count++] =
            (cc_option){.key = keys[i],
                        .kind = n->count ? CC_OPTION_REALS : CC_OPTION_REAL,
                        .offset = offsetof(cc_experiment_config, augment_random.ranges) + n->offset,
                        .when = "augment_random.types",
                        .is = kind,
                        .min = n->min,
                        .max = n->max,
                        .above_min = n->above_min,
                        .least = n->count,
                        .most = n->count,
                        .initial = n->initial,
                        .unit = n->unit,
                        .meaning = n->meaning};
    }
}

const cc_option_rows *cc_option_rows_augment(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    return &whole;
}
