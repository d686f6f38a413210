/* nets/models/choices.c -- the words of the lists in nets/models, for the config's options: names are written
 * where the thing itself is declared and nowhere else. */
#include "nets/models/choices.h"

#include <stddef.h>
#include <string.h>
#include "nets/models/decoders/decoder.h"
#include "nets/models/encoders/encoder.h"
#include "nets/models/models.h"

const char *cc_net_arch_name(int index) {
    const cc_architecture *architecture = cc_architecture_at(index);
    return architecture ? architecture->name : NULL;
}

const char *cc_net_encoder_name(int index) {
    return cc_encoder_name(index);
}

const char *cc_net_decoder_name(int index) {
    return cc_decoder_name(index);
}

const char *cc_net_attention_name(int index) {
    return cc_attention_name(index);
}

static bool is_of_kind(const char *arch, cc_net_kind kind) {
    for (int i = 0; cc_architecture_at(i); i++)
        if (strcmp(cc_architecture_at(i)->name, arch) == 0) return cc_architecture_at(i)->kind == kind;
    return false;
}

bool cc_net_arch_has_decoder(const char *arch) {
    return is_of_kind(arch, CC_NET_OF_ENCODER_AND_DECODER);
}
bool cc_net_arch_is_dilated(const char *arch) {
    return is_of_kind(arch, CC_NET_OF_DILATED_ENCODER);
}
bool cc_net_arch_is_dense(const char *arch) {
    return is_of_kind(arch, CC_NET_OF_DENSE_ENCODER);
}

/* Number `index` of the encoders that a net of that kind takes. */
static const char *encoder_name_of(cc_net_kind kind, int index) {
    for (int i = 0; cc_encoder_name(i); i++)
        if (cc_net_kind_takes(kind, cc_encoder_find(cc_encoder_name(i))) && index-- == 0)
            return cc_encoder_name(i);
    return NULL;
}

const char *cc_net_dilated_encoder_name(int index) {
    return encoder_name_of(CC_NET_OF_DILATED_ENCODER, index);
}
const char *cc_net_dense_encoder_name(int index) {
    return encoder_name_of(CC_NET_OF_DENSE_ENCODER, index);
}

const char *cc_net_padding_name(int index) {
    static const char *const names[] = {CC_PADDING_SYMMETRIC, CC_PADDING_SAME, CC_PADDING_SAME_NOMINAL};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

bool cc_net_arch_has_heads(const char *arch) {
#define X(name)                                                                                              \
    if (strcmp(arch, name) == 0) return true;
    CC_ARCHITECTURES_OF_HEADS(X)
#undef X
    return false;
}
bool cc_net_arch_has_one_head(const char *arch) {
    return !cc_net_arch_has_heads(arch);
}

bool cc_net_encoder_pads(const char *encoder) {
    const cc_encoder *found = cc_encoder_find(encoder);
    return found && found->resolution > 0;
}

int cc_net_decoder_levels(const int **channels, int index) {
    const cc_decoder *decoder = cc_decoder_name(index) ? cc_decoder_find(cc_decoder_name(index)) : NULL;
    if (!decoder) return 0;
    *channels = decoder->channels;
    return decoder->levels;
}

const char *cc_net_norm_name(int index) {
    static const char *const names[] = {CC_NORM_INSTANCE, CC_NORM_BATCH};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

const char *cc_net_activation_name(int index) {
    static const char *const names[] = {CC_ACTIVATION_NAME_LEAKY, CC_ACTIVATION_NAME_RELU};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

/* dynunet: nnU-Net's channels, which double from 32 and are 320 at most. attention-unet: a quarter of the 64
 * to 1024 channels of a plain U-Net. */
const cc_net_levels *cc_net_levels_at(int index) {
    static const cc_net_levels levels[] = {{.arch = "dynunet",
                                            .least = CC_DYNUNET_LEVELS_MIN,
                                            .channel_count = 5,
                                            .kernel_count = 5,
                                            .stride_count = 5,
                                            .channels = {32, 64, 128, 256, 320},
                                            .kernels = {3, 3, 3, 3, 3},
                                            .strides = {1, 2, 2, 2, 2}},
                                           {.arch = "attention-unet",
                                            .least = 2,
                                            .channel_count = 5,
                                            .stride_count = 4,
                                            .channels = {16, 32, 64, 128, 256},
                                            .strides = {2, 2, 2, 2}}};
    return index < (int)(sizeof levels / sizeof *levels) ? &levels[index] : NULL;
}
