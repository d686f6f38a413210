/* nets/models/choices.h -- the words that a config may choose a net by, as nets/models lists them.
 *
 * For the table of options and for messages: a new architecture, encoder or decoder is named there as soon as
 * it is in its list. Each function gives word number `index`, from 0, and NULL after the last. */
#ifndef CC_NETS_MODELS_CHOICES_H
#define CC_NETS_MODELS_CHOICES_H

#include <stdbool.h>
#include "nets/engine/spec.h"

const char *cc_net_arch_name(int index);      /* net.arch */
const char *cc_net_encoder_name(int index);   /* net.encoder */
const char *cc_net_decoder_name(int index);   /* net.decoder.upsample */
const char *cc_net_attention_name(int index); /* net.decoder.attention */
const char *cc_net_padding_name(int index);   /* net.padding */

/* What the net of that name is put together from: an encoder and a decoder, each by its name; or an encoder,
 * dilated or dense, and what the net itself has behind it. */
bool cc_net_arch_has_decoder(const char *arch);
bool cc_net_arch_is_dilated(const char *arch);
bool cc_net_arch_is_dense(const char *arch);
/* The encoders that such a net can have, in the order of cc_net_encoder_name. */
const char *cc_net_dilated_encoder_name(int index);
const char *cc_net_dense_encoder_name(int index);

/* Whether the net of that name has several outputs; its others are the rest. */
bool cc_net_arch_has_heads(const char *arch);
bool cc_net_arch_has_one_head(const char *arch);

/* Whether the encoder of that name may have another padding than the first: those that were designed for one
 * size of image (EfficientNets). */
bool cc_net_encoder_pads(const char *encoder);

/* Blocks of decoder number `index`, and the channels of each, deepest first, unless a config has its own; 0
 * after the last. *channels is borrowed. */
int cc_net_decoder_levels(const int **channels, int index);

const char *cc_net_norm_name(int index);       /* net.norm */
const char *cc_net_activation_name(int index); /* net.activation */

/* Nets whose levels are lists, number `index`: channels, kernels and strides of each level unless a config
 * has its own, the finest first. NULL after the last; static. */
typedef struct cc_net_levels {
    const char *arch;
    int least;                                     /* levels */
    int channel_count, kernel_count, stride_count; /* no kernels: they are the net's own */
    int channels[CC_NET_LEVELS_MAX], kernels[CC_NET_LEVELS_MAX], strides[CC_NET_LEVELS_MAX];
} cc_net_levels;
const cc_net_levels *cc_net_levels_at(int index);

#endif
