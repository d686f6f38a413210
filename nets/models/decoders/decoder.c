#include "nets/models/decoders/decoder.h"

#include <string.h>

static const cc_decoder *const decoders[] = {&cc_decoder_nearest, &cc_decoder_transpose};

const cc_decoder *cc_decoder_at(int i) {
    return i < (int)(sizeof decoders / sizeof *decoders) ? decoders[i] : NULL;
}

const cc_decoder *cc_decoder_find(const char *name) {
    for (int i = 0; cc_decoder_at(i); i++)
        if (strcmp(decoders[i]->name, name) == 0) return decoders[i];
    return NULL;
}

void cc_decoder_add(cc_graph *graph, const cc_decoder *decoder, const cc_value features[CC_ENCODER_FEATURES],
                    const int channels[], int64_t classes) {
    cc_value x = features[CC_ENCODER_FEATURES - 1];
    for (int i = 0; i < decoder->levels; i++) {
        char prefix[64];
        int level = CC_ENCODER_FEATURES - 2 - i;
        snprintf(prefix, sizeof prefix, "decoder.blocks.%d", i);
        x = decoder->block(graph, x, level >= 0 ? features[level] : CC_NO_VALUE, prefix, channels[i]);
    }
    decoder->head(graph, x, classes);
}
