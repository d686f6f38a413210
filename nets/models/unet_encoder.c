/* nets/models/unet_encoder.c -- a U-Net whose contracting path is a known encoder, and whose expanding
 * path is one of the decoders; the two know each other by the list of features alone. */
#include "nets/models/decoders/decoder.h"
#include "nets/models/encoders/encoder.h"
#include "nets/models/models.h"

/* The encoder halves its input five times. */
void cc_unet_encoder_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec) {
    (void)spec;
    dhw[0] = 0;
    dhw[1] = dhw[2] = CC_ENCODER_STRIDE;
}

void cc_unet_encoder_build(cc_graph *graph, const cc_net_spec *spec) {
    const cc_decoder *decoder = spec->upsample ? cc_decoder_find(spec->upsample) : NULL;
    cc_attention attention = NULL;
    cc_value features[CC_ENCODER_FEATURES];
    if (!cc_encoder_add_of(features, graph, spec, CC_ENCODER_STRIDE)) return;
    if (!decoder) {
        cc_graph_fail(graph, "net.decoder.upsample", "there is no such decoder");
        return;
    }
    if (spec->attention && !cc_attention_find(&attention, spec->attention)) {
        cc_graph_fail(graph, "net.decoder.attention", "there is no such attention");
        return;
    }
    if (spec->channel_count != decoder->levels) {
        char what[96];
        snprintf(what, sizeof what, "a %s decoder has %d blocks, not %d", decoder->name, decoder->levels,
                 spec->channel_count);
        cc_graph_fail(graph, "net.decoder.channels", what);
        return;
    }
    cc_decoder_add(graph, decoder, features, spec->channels, attention, spec->classes);
}
