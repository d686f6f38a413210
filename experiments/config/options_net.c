/* experiments/config/options_net.c -- the options of the net.
 *
 * The names of architectures, encoders, decoders and so on are those of their registries (`names`), and
 * which of them a row is of follows from what a net is put together from (`suits`); lists have the
 * defaults that nets/models declares (`make`; nets/models/choices.h). The table is put together when it is
 * first asked for. */
#include "experiments/config/option_rows.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/option_table.h"
#include "nets/models/choices.h"

/* Nets whose levels are the config's: lists of channels, kernels and strides. */
#define OF_LEVELS "dynunet|attention-unet"

static cc_option_table table;
static cc_option_rows whole;

/* A row of a list of whole numbers from 1 on, with its default: "[2, 2, 2]". */
static void add_list(cc_option row, const int *items, int count) {
    char list[128] = "[";
    for (int i = 0; i < count; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%d", i ? ", " : "", items[i]);
    row.min = 1;
    row.initial = cc_option_table_text(&table, "%s]", list);
    cc_option_table_add(&table, &row, NULL);
}

/* A row for each decoder: as many channels as it has levels. */
static void add_decoder_channels(void) {
    const int *channels;
    for (int i = 0, levels; (levels = cc_net_decoder_levels(&channels, i)) > 0; i++)
        add_list((cc_option){.key = "net.decoder.channels",
                             .kind = CC_OPTION_INTEGERS,
                             AT(net.channels),
                             COUNT_AT(net.channel_count),
                             .when = "net.decoder.upsample",
                             .is = cc_net_decoder_name(i),
                             .max = 4096,
                             .least = levels,
                             .most = levels,
                             .meaning = "channels of the decoder's blocks, deepest first"},
                 channels, levels);
}

/* The lists of one net. A net without kernels has its own, and strides between its levels: one less. */
static void add_levels(const cc_net_levels *net) {
    const int between = net->channel_count - net->stride_count;
    add_list((cc_option){.key = "net.channels",
                         .kind = CC_OPTION_INTEGERS,
                         AT(net.channels),
                         COUNT_AT(net.channel_count),
                         .when = "net.arch",
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
                             .when = "net.arch",
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
                         .when = "net.arch",
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

static void add_net_levels(void) {
    for (int i = 0; cc_net_levels_at(i); i++) add_levels(cc_net_levels_at(i));
}

static const cc_option_source sources[] = {
    {.row =
         {.key = "net.arch",
          .kind = CC_OPTION_CHOICE,
          AT(net.arch),
          .when = "stage",
          .is = TRAINED,
          .initial = "unet-bn",
          .meaning =
              "the net: the original U-Net, the same with batch norm, that in three dimensions, a U-Net on a "
              "known encoder; DeepLabV3+, on a dilated encoder; a U-Net of a DenseNet with dilated "
              "convolutions at its bottom and a residual decoder; nnU-Net's; the attention U-Net; or a net "
              "of two outputs for regions and lesions (Follmer et al.)"},
     .names = cc_net_arch_name},
    {.row = {.key = "net.encoder",
             .kind = CC_OPTION_CHOICE,
             AT(net.encoder),
             .when = "net.arch",
             .needed = true,
             .meaning = "the encoder"},
     .names = cc_net_encoder_name,
     .suits = cc_net_arch_has_decoder},
    {.row = {.key = "net.encoder",
             .kind = CC_OPTION_CHOICE,
             AT(net.encoder),
             .when = "net.arch",
             .needed = true,
             .meaning = "the encoder, one that can be dilated"},
     .names = cc_net_dilated_encoder_name,
     .suits = cc_net_arch_is_dilated},
    {.row = {.key = "net.encoder",
             .kind = CC_OPTION_CHOICE,
             AT(net.encoder),
             .when = "net.arch",
             .needed = true,
             .meaning = "the encoder, a DenseNet"},
     .names = cc_net_dense_encoder_name,
     .suits = cc_net_arch_is_dense},
    {.row = {.key = "net.decoder.upsample",
             .kind = CC_OPTION_CHOICE,
             AT(net.upsample),
             .when = "net.arch",
             .initial = "nearest",
             .meaning = "how the decoder doubles its size: nearest neighbour, or transposed convolution"},
     .names = cc_net_decoder_name,
     .suits = cc_net_arch_has_decoder},
    {.row = {.key = "net.decoder.attention",
             .kind = CC_OPTION_CHOICE,
             AT(net.attention),
             .when = "net.arch",
             .initial = "none",
             .usual = "none",
             .meaning = "how the decoder's blocks weigh their features: not at all, or by scSE (Roy et al. "
                        "2018), channels by what the whole image says of them and places by their channels"},
     .names = cc_net_attention_name,
     .suits = cc_net_arch_has_decoder},
    {.make = add_decoder_channels},
    {.row = {.key = "net.decoder.channels",
             .kind = CC_OPTION_INTEGER,
             AT(net.channels),
             .when = "net.arch",
             .min = 1,
             .max = 4096,
             .initial = "256",
             .unit = "channels",
             .meaning = "channels of each branch of the pyramid and of the decoder"},
     .suits = cc_net_arch_is_dilated},
    {.row = {.key = "net.decoder.channels",
             .kind = CC_OPTION_INTEGERS,
             AT(net.channels),
             COUNT_AT(net.channel_count),
             .when = "net.arch",
             .min = 1,
             .max = 4096,
             .least = 5,
             .most = 5,
             .initial = "[256, 128, 64, 32, 16]",
             .meaning = "channels of the decoder's blocks, deepest first; the first also of the bottom"},
     .suits = cc_net_arch_is_dense},
    {.row = {.key = "net.decoder.rates",
             .kind = CC_OPTION_INTEGERS,
             AT(net.rates),
             COUNT_AT(net.rate_count),
             .when = "net.arch",
             .min = 1,
             .max = 256,
             .least = 3,
             .most = 3,
             .initial = "[12, 24, 36]",
             .meaning = "dilations of the pyramid's separable convolutions"},
     .suits = cc_net_arch_is_dilated},
    {.row = {.key = "net.decoder.rates",
             .kind = CC_OPTION_INTEGERS,
             AT(net.rates),
             COUNT_AT(net.rate_count),
             .when = "net.arch",
             .min = 1,
             .max = 256,
             .least = 1,
             .most = CC_DECODER_RATES_MAX,
             .initial = "[1, 2, 4]",
             .meaning = "dilations of the convolutions side by side at the bottom"},
     .suits = cc_net_arch_is_dense},
    {.row = {.key = "net.decoder.output_stride",
             .kind = CC_OPTION_INTEGER,
             AT(net.output_stride),
             .when = "net.arch",
             .min = 8,
             .max = 16,
             .initial = "16",
             .meaning = "how many times smaller than the image the encoder's last features are: 16, or 8, at "
                        "which two of its stages are dilated; the image's side is a multiple of it"},
     .suits = cc_net_arch_is_dilated},
    {.row = {.key = "net.dims",
             .kind = CC_OPTION_INTEGER,
             AT(net.dims),
             .when = "net.arch",
             .is = OF_LEVELS,
             .min = 2,
             .max = 3,
             .initial = "2",
             .meaning = "2: the net takes images; 3: volumes"}},
    {.make = add_net_levels},
    {.row = {.key = "net.norm",
             .kind = CC_OPTION_CHOICE,
             AT(net.norm),
             .when = "net.arch",
             .is = "dynunet",
             .initial = "instance",
             .meaning = "the norms: of each channel of each image by itself, or of the batch"},
     .names = cc_net_norm_name},
    {.row = {.key = "net.activation",
             .kind = CC_OPTION_CHOICE,
             AT(net.activation),
             .when = "net.arch",
             .is = "dynunet",
             .initial = "leaky-relu",
             .meaning = "the activations"},
     .names = cc_net_activation_name},
    {.row = {.key = "net.slope",
             .kind = CC_OPTION_REAL,
             AT(net.slope),
             .when = "net.activation",
             .is = "leaky-relu",
             .max = 1,
             .initial = "0.01",
             .meaning = "slope of the leaky ReLUs below zero"}},
    {.row = {.key = "net.dropout",
             .kind = CC_OPTION_REAL,
             AT(net.dropout),
             .when = "net.arch",
             .is = OF_LEVELS,
             .max = 1,
             .below_max = true,
             .initial = "0",
             .meaning = "dropout, where MONAI's nets have it: how often, in training, a value is left out"}},
    {.row = {.key = "net.dropout",
             .kind = CC_OPTION_REAL,
             AT(net.dropout),
             .when = "net.arch",
             .max = 1,
             .below_max = true,
             .initial = "0.5",
             .meaning = "how often, in training, a value behind the pyramid is left out"},
     .suits = cc_net_arch_is_dilated},
    {.row = {.key = "net.dropout",
             .kind = CC_OPTION_REAL,
             AT(net.dropout),
             .when = "net.arch",
             .max = 1,
             .below_max = true,
             .initial = "0",
             .meaning = "how often, in training, a value of the encoder's last features is left out"},
     .suits = cc_net_arch_has_heads},
    {.row =
         {.key = "net.drop_path",
          .kind = CC_OPTION_REAL,
          AT(net.drop_path),
          .when = "net.arch",
          .is = "unet-encoder|deeplabv3plus",
          .max = 1,
          .below_max = true,
          .initial = "0",
          .meaning =
              "stochastic depth: how often, in training, the encoder's last residual block is left out for "
              "a slice; the rate rises linearly to it over the blocks"}},
    {.row = {.key = "net.padding",
             .kind = CC_OPTION_CHOICE,
             AT(net.padding),
             .when = "net.encoder",
             .initial_note = "null: what net.weights was trained with, else symmetric",
             .usual = "symmetric",
             .meaning =
                 "padding of the encoder's convolutions of stride 2: the same on both sides (timm's "
                 "efficientnet_*, "
                 "torchvision); TensorFlow's, with more behind (timm's tf_efficientnet_*); that of images of "
                 "the "
                 "encoder's own size, 224, 300 or 456 pixels (efficientnet_pytorch, and efficientnet-b* of "
                 "segmentation_models.pytorch)"},
     .names = cc_net_padding_name,
     .suits = cc_net_encoder_pads},
    {.row = {.key = "net.norm_epsilon",
             .kind = CC_OPTION_REAL,
             AT(net.norm_epsilon),
             .when = "net.arch",
             .is = "unet-bn|unet-3d|unet-encoder|deeplabv3plus|dense-ra-unet|dynunet|attention-unet",
             .max = 1,
             .above_min = true,
             .initial_note = "null: what net.weights was trained with, else 1.0e-5",
             .usual = "1.0e-05",
             .meaning = "epsilon of the norms, of a net on an encoder of the encoder's alone: 1.0e-5 "
                        "is PyTorch's, "
                        "1.0e-3 TensorFlow's"}},
    {.row = {.key = "net.width",
             .kind = CC_OPTION_INTEGER,
             AT(net.width),
             .when = "net.arch",
             .is = "unet|unet-bn|unet-3d",
             .min = CC_UNET_WIDTH_MIN,
             .max = CC_UNET_WIDTH_MAX,
             .initial = "64",
             .unit = "channels",
             .meaning = "channels of the first level; each next has twice as many"}},
    {.row = {.key = "net.depth",
             .kind = CC_OPTION_INTEGER,
             AT(net.depth),
             .when = "net.arch",
             .is = "unet|unet-bn|unet-3d",
             .min = CC_UNET_DEPTH_MIN,
             .max = CC_UNET_DEPTH_MAX,
             .initial = "5",
             .unit = "levels",
             .meaning = "levels; every side of the image, or of the volume, is a multiple of 2^(depth - 1)"}},
    {.row = {.key = "net.in_channels",
             .kind = CC_OPTION_INTEGER,
             AT(net.in_channels),
             .when = "net.arch",
             .min = 1,
             .max = 64,
             .initial_note = "null: `data.slices` times the words of `data.channels`",
             .null_value = CC_CHANNELS_OF_DATA,
             .meaning = "channels of the image; of a run, no others than those of its data"}},
    {.row = {.key = "net.classes",
             .kind = CC_OPTION_INTEGER,
             AT(net.classes),
             .when = "net.arch",
             .min = 1,
             .max = 64,
             .initial_note =
                 "null: 1, or one more than the classes of `data.targets` where these are several",
             .null_value = CC_CHANNELS_OF_DATA,
             .meaning = "channels of the output; of a run, no others than those of its data"},
     .suits = cc_net_arch_has_one_head},
    {.row = {.key = "net.heads",
             .kind = CC_OPTION_HEADS,
             AT(net.heads),
             COUNT_AT(net.head_count),
             .when = "net.arch",
             .min = 1,
             .max = CC_CLASSES_MAX,
             .least = 1,
             .most = CC_HEADS_MAX,
             .initial = "{region: 4, lesion: 2}",
             .meaning =
                 "the net's outputs, and the classes of each; terms of the loss name the one they look "
                 "at (`loss.terms`)"},
     .suits = cc_net_arch_has_heads},
    {.row =
         {.key = "net.prior",
          .kind = CC_OPTION_REAL,
          AT(net.prior),
          .when = "stage",
          .is = TRAINED,
          .max =
              1,
          .below_max = true,
          .initial = "0",
          .meaning =
              "the foreground's probability that the net starts from, by the bias of its last layer (0.01 in "
              "the focal loss's source, 4.1); 0: biases start at 0, a probability of one half"}},
    {.row = {.key = "net.weights",
             .kind = CC_OPTION_PATH,
             AT(net.weights),
             .when = "net.arch",
             .initial_note = "null: all weights start at random",
             .locates = true,
             .meaning =
                 "a file of weights to start from, by name: safetensors (timm, torchvision, "
                 "segmentation_models.pytorch), or a result of ours; a relative one counts from the current "
                 "folder; its contents are part of the run's identity"}},
};

static void make_table(void) {
    cc_option_table_fill(&table, sources, sizeof sources / sizeof *sources);
    whole = (cc_option_rows){table.rows, table.count};
}

const cc_option_rows *cc_option_rows_net(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    return &whole;
}
