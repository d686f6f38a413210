/* Nets by name, each as the paper has it. */
#include <stdio.h>
#include <string.h>
#include "nets/decoders/decoder.h"
#include "nets/model.h"

static const char *const plain[] = {"unet", "unet-bn"};
enum { PLAIN = sizeof plain / sizeof *plain };

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

cc_status cc_net_find(cc_net_spec *out, const char *name) {
    *out = (cc_net_spec){.width = 64, .depth = 5, .in_channels = 1, .classes = 1};
    for (int i = 0; i < PLAIN; i++)
        if (strcmp(plain[i], name) == 0) {
            out->arch = plain[i];
            return CC_OK;
        }
    char encoder[64];
    const char *colon = strchr(name, ':');
    snprintf(encoder, sizeof encoder, "%.*s", colon ? (int)(colon - name) : (int)strlen(name), name);
    const cc_encoder *e = cc_encoder_find(encoder);
    const cc_decoder *d = colon ? cc_decoder_find(colon + 1) : cc_decoder_at(0);
    if (!e || !d)
        return cc_fail(CC_EUSAGE, name, "`calcade nets` lists them; a decoder is nearest or transpose",
                       "there is no such net");
    out->arch = "unet-encoder";
    out->encoder = e->name;
    use_decoder(out, d);
    return CC_OK;
}
