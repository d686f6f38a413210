/* nets/models/unet_encoder.c -- a U-Net whose contracting path is a known encoder, and whose expanding path is
 * one of the decoders; the two know each other by the list of features alone. */
#include <string.h>
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
    const cc_encoder *encoder = spec->encoder ? cc_encoder_find(spec->encoder) : NULL;
    const cc_decoder *decoder = spec->upsample ? cc_decoder_find(spec->upsample) : NULL;
    cc_value features[CC_ENCODER_FEATURES];
    if (!encoder) {
        cc_graph_fail(graph, "net.encoder", "there is no such encoder");
        return;
    }
    if (!decoder) {
        cc_graph_fail(graph, "net.decoder.upsample", "there is no such decoder");
        return;
    }
    if (spec->channel_count != decoder->levels) {
        char what[96];
        snprintf(what, sizeof what, "a %s decoder has %d blocks, not %d", decoder->name, decoder->levels,
                 spec->channel_count);
        cc_graph_fail(graph, "net.decoder.channels", what);
        return;
    }
    /* "same" padding follows the side of the images: the real one, or the one the encoder was designed for. */
    cc_encoder_options options = {.drop_path = spec->drop_path, .epsilon = cc_net_epsilon(spec)};
    if (spec->padding && strcmp(spec->padding, CC_PADDING_SYMMETRIC) != 0) {
        if (!encoder->resolution) {
            cc_graph_fail(graph, "net.padding", "only EfficientNets have another padding than symmetric");
            return;
        }
        options.same = strcmp(spec->padding, CC_PADDING_SAME_NOMINAL) == 0
                           ? encoder->resolution
                           : cc_graph_shape(graph, CC_GRAPH_INPUT).dims[2];
    }
    cc_encoder_add(features, graph, CC_GRAPH_INPUT, encoder, &options);
    cc_decoder_add(graph, decoder, features, spec->channels, spec->classes);
}
