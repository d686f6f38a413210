/* nets/models/names.c -- nets by one word, as `calcade nets` and `calcade bench` have them: the nets of the
 * paper with its widths, from the registry. */
#include <stdio.h>
#include <string.h>
#include "nets/engine/model.h"
#include "nets/models/choices.h"
#include "nets/models/decoders/decoder.h"
#include "nets/models/models.h"

/* The U-Net of 2015 has five levels, 64 channels in the first. */
enum { WIDTH = 64, DEPTH = 5 };

/* What is behind the colon of a net of images or volumes; images where there is none. */
static const char *const of_volumes = "3d";

/* The levels of a net that has them as lists, else NULL. */
static const cc_net_levels *levels_of(const char *arch) {
    for (int i = 0; cc_net_levels_at(i); i++)
        if (strcmp(cc_net_levels_at(i)->arch, arch) == 0) return cc_net_levels_at(i);
    return NULL;
}

/* Nets without an encoder have one name, or one of images and one of volumes; those of an encoder and a
 * decoder one for each pair; those with a decoder of their own one for each encoder that they take. */
bool cc_net_name(char *out, size_t capacity, int index) {
    for (int a = 0; cc_architecture_at(a); a++) {
        const cc_architecture *net = cc_architecture_at(a);
        if (net->kind == CC_NET_OF_LAYERS) {
            if (index-- == 0) return snprintf(out, capacity, "%s", net->name), true;
            if (!levels_of(net->name)) continue;
            if (index-- == 0) return snprintf(out, capacity, "%s:%s", net->name, of_volumes), true;
            continue;
        }
        for (int e = 0; cc_encoder_name(e); e++) {
            if (!cc_net_kind_takes(net->kind, cc_encoder_find(cc_encoder_name(e)))) continue;
            if (net->kind != CC_NET_OF_ENCODER_AND_DECODER) {
                if (index-- > 0) continue;
                snprintf(out, capacity, "%s:%s", net->name, cc_encoder_name(e));
                return true;
            }
            for (int d = 0; cc_decoder_name(d); d++) {
                if (index-- > 0) continue;
                snprintf(out, capacity, "%s:%s", cc_encoder_name(e), cc_decoder_name(d));
                return true;
            }
        }
    }
    return false;
}

/* "16x4", or nothing. */
static cc_status read_size(cc_net_spec *out, const char *text) {
    int used = 0;
    char hint[96];
    if (!text) return CC_OK;
    if (sscanf(text, "%dx%d%n", &out->width, &out->depth, &used) == 2 && text[used] == '\0' &&
        out->width >= CC_UNET_WIDTH_MIN && out->width <= CC_UNET_WIDTH_MAX &&
        out->depth >= CC_UNET_DEPTH_MIN && out->depth <= CC_UNET_DEPTH_MAX)
        return CC_OK;
    snprintf(hint, sizeof hint, "as in unet-bn:16x4; a depth is from %d to %d", CC_UNET_DEPTH_MIN,
             CC_UNET_DEPTH_MAX);
    return cc_fail(CC_EUSAGE, text, hint, "this is not the width and depth of a U-Net");
}

/* "3d", or nothing. */
static cc_status read_dims(cc_net_spec *out, const cc_net_levels *levels, const char *text) {
    if (text && strcmp(text, of_volumes) != 0)
        return cc_fail(CC_EUSAGE, text, "3d, or no colon", "this is not what the net may work on");
    out->dims = text ? 3 : 2;
    out->slope = CC_LEAKY_SLOPE;
    out->channel_count = levels->channel_count;
    out->kernel_count = levels->kernel_count;
    out->stride_count = levels->stride_count;
    for (int i = 0; i < CC_NET_LEVELS_MAX; i++) {
        out->channels[i] = levels->channels[i];
        out->kernels[i] = (cc_extents){.count = 1, .values = {levels->kernels[i]}};
        out->strides[i] = (cc_extents){.count = 1, .values = {levels->strides[i]}};
    }
    return CC_OK;
}

/* What the decoders of deeplabv3plus and dense-ra-unet are unless a config has it otherwise: the first's
 * by its source, the second's as U-Nets on an encoder have them. */
static void set_own_decoder(cc_net_spec *spec, cc_net_kind kind) {
    static const cc_net_spec dilated = {.channels = {256},
                                        .channel_count = 1,
                                        .rates = {12, 24, 36},
                                        .rate_count = 3,
                                        .output_stride = 16},
                             dense = {.channels = {256, 128, 64, 32, 16},
                                      .channel_count = 5,
                                      .rates = {1, 2, 4},
                                      .rate_count = 3};
    const cc_net_spec *from = kind == CC_NET_OF_DILATED_ENCODER ? &dilated : &dense;
    memcpy(spec->channels, from->channels, sizeof spec->channels);
    memcpy(spec->rates, from->rates, sizeof spec->rates);
    spec->channel_count = from->channel_count;
    spec->rate_count = from->rate_count;
    spec->output_stride = from->output_stride;
}

/* The encoder behind the colon, or the first that the net takes; false where there is none such. */
static bool read_encoder(cc_net_spec *out, const cc_architecture *net, const char *text) {
    for (int e = 0; cc_encoder_name(e); e++) {
        if (!cc_net_kind_takes(net->kind, cc_encoder_find(cc_encoder_name(e)))) continue;
        if (text && strcmp(text, cc_encoder_name(e)) != 0) continue;
        out->encoder = cc_encoder_name(e);
        set_own_decoder(out, net->kind);
        return true;
    }
    return false;
}

/* "unet-bn:16x4", "dynunet:3d", "resnet-34", "resnet-34:transpose", "deeplabv3plus:resnet-50": before the
 * colon an architecture or an encoder, behind it a size, what it works on, a decoder or an encoder. */
cc_status cc_net_find(cc_net_spec *out, const char *name) {
    char first[64], decoders[64], hint[128];
    const char *colon = strchr(name, ':'), *second = colon ? colon + 1 : NULL;
    snprintf(first, sizeof first, "%.*s", colon ? (int)(colon - name) : (int)strlen(name), name);
    *out = (cc_net_spec){.width = WIDTH, .depth = DEPTH, .in_channels = 1, .classes = 1};
    const cc_decoder *decoder = cc_decoder_find(second ? second : cc_decoder_name(0));
    for (int a = 0; cc_architecture_at(a); a++) {
        const cc_architecture *net = cc_architecture_at(a);
        out->arch = net->name;
        if (net->kind == CC_NET_OF_LAYERS) {
            if (strcmp(out->arch, first) != 0) continue;
            const cc_net_levels *levels = levels_of(out->arch);
            return levels ? read_dims(out, levels, second) : read_size(out, second);
        }
        if (net->kind != CC_NET_OF_ENCODER_AND_DECODER) {
            if (strcmp(out->arch, first) == 0 && read_encoder(out, net, second)) return CC_OK;
            continue;
        }
        for (int e = 0; decoder && cc_encoder_name(e); e++) {
            if (strcmp(cc_encoder_name(e), first) != 0) continue;
            out->encoder = cc_encoder_name(e);
            out->upsample = decoder->name;
            out->channel_count = decoder->levels;
            memcpy(out->channels, decoder->channels, sizeof out->channels);
            return CC_OK;
        }
    }
    cc_models_list(decoders, sizeof decoders, cc_decoder_name);
    snprintf(hint, sizeof hint, "`calcade nets` lists them; a decoder is %s", decoders);
    return cc_fail(CC_EUSAGE, name, hint, "there is no such net");
}
