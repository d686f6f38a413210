/* experiments/config/options_net.c -- rows of nets whose levels are the config's (dynunet, attention-unet):
 * lists of channels, kernels and strides, with the defaults that nets/models/choices.h declares. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/option_rows.h"
#include "nets/models/choices.h"

enum { ROWS_MAX = 16, LIST_MAX = 64 };

#define ANY_OF_THEM "dynunet|attention-unet"

static cc_option table[ROWS_MAX];
static char lists[ROWS_MAX][LIST_MAX]; /* defaults of the rows of that number */
static cc_option_rows whole = {table, 0};

static cc_option *add(cc_option row) {
    assert(whole.count < ROWS_MAX);
    table[whole.count] = row;
    return &table[whole.count++];
}

/* A choice with its words, the first of which is the default. */
static void add_choice(cc_option row, const char *(*name)(int index)) {
    for (int i = 0; name(i); i++) row.choices[i] = name(i);
    row.initial = row.choices[0];
    add(row);
}

/* A list of a level's numbers: "[2, 2, 2]". */
static void add_list(cc_option row, const int *items, int count) {
    char *list = lists[whole.count];
    snprintf(list, LIST_MAX, "[");
    for (int i = 0; i < count; i++)
        snprintf(list + strlen(list), LIST_MAX - strlen(list), "%s%d%s", i ? ", " : "", items[i],
                 i == count - 1 ? "]" : "");
    row.when = "net.arch";
    row.min = 1;
    row.initial = list;
    add(row);
}

/* The lists of one net. A net without kernels has its own, and strides between its levels: one less. */
static void add_levels(const cc_net_levels *net) {
    const int between = net->channel_count - net->stride_count;
    add_list((cc_option){.key = "net.channels",
                         .kind = CC_OPTION_INTEGERS,
                         AT(net.channels),
                         COUNT_AT(net.channel_count),
                         .is = net->arch,
                         .max = 4096,
                         .least = net->least,
                         .most = CC_NET_LEVELS_MAX,
                         .meaning = "channels of each level, the finest first"},
             net->channels, net->channel_count);
    if (net->kernel_count > 0)
        add_list((cc_option){.key = "net.kernels",
                             .kind = CC_OPTION_EXTENTS,
                             AT(net.kernels),
                             COUNT_AT(net.kernel_count),
                             .is = net->arch,
                             .max = 15,
                             .least = net->least,
                             .most = CC_NET_LEVELS_MAX,
                             .meaning =
                                 "kernels of each level: a number for all axes, or one an axis, [H, W] "
                                 "of images, [D, H, W] of volumes"},
                 net->kernels, net->kernel_count);
    add_list((cc_option){.key = "net.strides",
                         .kind = CC_OPTION_EXTENTS,
                         AT(net.strides),
                         COUNT_AT(net.stride_count),
                         .is = net->arch,
                         .max = 8,
                         .least = net->least - between,
                         .most = CC_NET_LEVELS_MAX - between,
                         .meaning = between
                                        ? "how many times smaller each level but the first is than the one "
                                          "before, along all axes or, as a list, along each"
                                        : "how many times smaller each level is than the one before, the "
                                          "first 1, along all axes or, as a list, along each"},
             net->strides, net->stride_count);
}

const cc_option_rows *cc_option_rows_net(void) {
    add((cc_option){.key = "net.dims",
                    .kind = CC_OPTION_INTEGER,
                    AT(net.dims),
                    .when = "net.arch",
                    .is = ANY_OF_THEM,
                    .min = 2,
                    .max = 3,
                    .initial = "2",
                    .meaning = "2: the net takes images; 3: volumes"});
    for (int i = 0; cc_net_levels_at(i); i++) add_levels(cc_net_levels_at(i));
    add_choice((cc_option){.key = "net.norm",
                           .kind = CC_OPTION_CHOICE,
                           AT(net.norm),
                           .when = "net.arch",
                           .is = "dynunet",
                           .meaning = "the norms: of each channel of each image by itself, or of the batch"},
               cc_net_norm_name);
    add_choice((cc_option){.key = "net.activation",
                           .kind = CC_OPTION_CHOICE,
                           AT(net.activation),
                           .when = "net.arch",
                           .is = "dynunet",
                           .meaning = "the activations"},
               cc_net_activation_name);
    add((cc_option){.key = "net.slope",
                    .kind = CC_OPTION_REAL,
                    AT(net.slope),
                    .when = "net.activation",
                    .is = "leaky-relu",
                    .max = 1,
                    .initial = "0.01",
                    .meaning = "slope of the leaky ReLUs below zero"});
    add((cc_option){.key = "net.deep_supervision",
                    .kind = CC_OPTION_INTEGER,
                    AT(net.deep_supervision),
                    .when = "net.arch",
                    .is = "dynunet",
                    .max = CC_NET_LEVELS_MAX - 2,
                    .initial = "0",
                    .usual = "0",
                    .unit = "levels",
                    .meaning = "deep supervision: how many levels next to the finest have logits, too, that "
                               "training compares with the target, each with half the weight of the one "
                               "before; nnU-Net: three fewer than the net has levels"});
    add((cc_option){.key = "net.dropout",
                    .kind = CC_OPTION_REAL,
                    AT(net.dropout),
                    .when = "net.arch",
                    .is = ANY_OF_THEM,
                    .max = 1,
                    .below_max = true,
                    .initial = "0",
                    .meaning =
                        "dropout, where MONAI's nets have it: how often, in training, a value is left out"});
    return &whole;
}
