/* nets/models/decoders/decoder.c -- the registry's decoders as a table, and a decoder from its entry: block i
 * joins what comes from below with the encoder's feature of twice that size, while there is one. */
#include "nets/models/decoders/decoder.h"

#include <stdio.h>
#include <string.h>

static const cc_decoder decoders[] = {
#define X(id, name, levels, ...)                                                                             \
    {name, levels, {__VA_ARGS__}, cc_decoder_##id##_block, cc_decoder_##id##_head},
    CC_DECODERS(X)
#undef X
};
enum { DECODERS = sizeof decoders / sizeof *decoders };

const char *cc_decoder_name(int i) {
    return i < DECODERS ? decoders[i].name : NULL;
}

const cc_decoder *cc_decoder_find(const char *name) {
    for (int i = 0; i < DECODERS; i++)
        if (strcmp(decoders[i].name, name) == 0) return &decoders[i];
    return NULL;
}

static const struct {
    const char *name;
    cc_attention attention;
} attentions[] = {{"none", NULL},
#define X(id, name) {name, cc_attention_##id},
                  CC_ATTENTIONS(X)
#undef X
};
enum { ATTENTIONS = sizeof attentions / sizeof *attentions };

const char *cc_attention_name(int i) {
    return i < ATTENTIONS ? attentions[i].name : NULL;
}

bool cc_attention_find(cc_attention *out, const char *name) {
    for (int i = 0; i < ATTENTIONS; i++) {
        if (strcmp(attentions[i].name, name) != 0) continue;
        *out = attentions[i].attention;
        return true;
    }
    return false;
}

void cc_decoder_add(cc_graph *graph, const cc_decoder *decoder, const cc_value features[CC_ENCODER_FEATURES],
                    const int channels[], cc_attention attention, int64_t classes) {
    cc_value x = features[CC_ENCODER_FEATURES - 1];
    for (int i = 0; i < decoder->levels; i++) {
        char prefix[64];
        int level =
            CC_ENCODER_FEATURES - 2 - i; /* below 0: the full size, of which the encoder has nothing */
        snprintf(prefix, sizeof prefix, "decoder.blocks.%d", i);
        x = decoder->block(graph, x, level >= 0 ? features[level] : CC_NO_VALUE,
                           &(cc_decoder_block){prefix, channels[i], attention});
    }
    decoder->head(graph, x, classes);
}
