/* Nets by name, each as the paper has it. */
#include <stdio.h>
#include <string.h>
#include "nets/engine/model.h"
#include "nets/models/decoders/decoder.h"

static const char *const plain[] = {"unet", "unet-bn"};
enum { PLAIN = sizeof plain / sizeof *plain, WIDTH = 64, DEPTH = 5 };

bool cc_net_name(char *out, size_t capacity, int index) {
    int decoders = 0;
    while (cc_decoder_at(decoders)) decoders++;
    if (index < PLAIN) {
        snprintf(out, capacity, "%s", plain[index]);
        return true;
    }
    const cc_encoder *encoder = cc_encoder_at((index - PLAIN) / decoders);
    if (!encoder) return false;
    snprintf(out, capacity, "%s:%s", encoder->name, cc_decoder_at((index - PLAIN) % decoders)->name);
    return true;
}

static void use_decoder(cc_net_spec *spec, const cc_decoder *decoder) {
    spec->upsample = decoder->name;
    spec->channel_count = decoder->levels;
    memcpy(spec->channels, decoder->channels, sizeof spec->channels);
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

cc_status cc_net_find(cc_net_spec *out, const char *name) {
    char first[64];
    const char *colon = strchr(name, ':');
    snprintf(first, sizeof first, "%.*s", colon ? (int)(colon - name) : (int)strlen(name), name);
    *out = (cc_net_spec){.width = WIDTH, .depth = DEPTH, .in_channels = 1, .classes = 1};
    for (int i = 0; i < PLAIN; i++)
        if (strcmp(plain[i], first) == 0) {
            out->arch = plain[i];
            return read_size(out, colon ? colon + 1 : NULL);
        }
    const cc_encoder *e = cc_encoder_find(first);
    const cc_decoder *d = colon ? cc_decoder_find(colon + 1) : cc_decoder_at(0);
    if (!e || !d)
        return cc_fail(CC_EUSAGE, name, "`calcade nets` lists them; a decoder is nearest or transpose",
                       "there is no such net");
    out->arch = "unet-encoder";
    out->encoder = e->name;
    use_decoder(out, d);
    return CC_OK;
}
