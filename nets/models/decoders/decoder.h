/* nets/models/decoders/decoder.h -- private to nets/: decoders, from nets/models/registry.h.
 *
 * A decoder takes an encoder's features, deepest first, and doubles the size with each of its blocks.
 * Names of layers are those of segmentation_models.pytorch. A new decoder is two functions in a file of
 * its own (the block, the head) and a line of the registry: levels and channels stand there. */
#ifndef CC_NETS_DECODER_H
#define CC_NETS_DECODER_H

#include "nets/engine/spec.h"
#include "nets/models/encoders/encoder.h"
#include "nets/models/registry.h"

/* Weighs features by what they say of themselves; adds layers named PREFIX.name. */
typedef cc_value (*cc_attention)(cc_graph *graph, cc_value x, const char *prefix);

#define X(id, name) cc_value cc_attention_##id(cc_graph *graph, cc_value x, const char *prefix);
CC_ATTENTIONS(X)
#undef X

/* What one block is asked for. */
typedef struct cc_decoder_block {
    const char *prefix; /* of its layers' names */
    int64_t channels;
    cc_attention attention; /* NULL: none */
} cc_decoder_block;

typedef struct cc_decoder {
    const char *name; /* net.decoder.upsample */
    int levels;       /* blocks it must have, so that the net's output has its input's size */
    int channels[CC_DECODER_LEVELS_MAX]; /* of each block, unless the config has its own */
    /* Adds one block; skip is CC_NO_VALUE where there is none. */
    cc_value (*block)(cc_graph *graph, cc_value x, cc_value skip, const cc_decoder_block *block);
    /* Adds the last layer, "segmentation_head.0". */
    cc_value (*head)(cc_graph *graph, cc_value x, int64_t classes);
} cc_decoder;

#define X(id, name, levels, ...)                                                                             \
    cc_value cc_decoder_##id##_block(cc_graph *graph, cc_value x, cc_value skip,                             \
                                     const cc_decoder_block *block);                                         \
    cc_value cc_decoder_##id##_head(cc_graph *graph, cc_value x, int64_t classes);
CC_DECODERS(X)
#undef X

/* The name of decoder number i, from 0; NULL after the last. */
const char *cc_decoder_name(int i);
/* NULL where there is none of that name. */
const cc_decoder *cc_decoder_find(const char *name);

/* The name of attention number i: from 0 "none"; NULL after the last. */
const char *cc_attention_name(int i);
/* *out is NULL for "none". False where there is none of that name. */
bool cc_attention_find(cc_attention *out, const char *name);

/* Adds the decoder, its layers named "decoder.…", and the head: block i has channels[i] channels out, and
 * each has that attention (NULL: none). */
void cc_decoder_add(cc_graph *graph, const cc_decoder *decoder, const cc_value features[CC_ENCODER_FEATURES],
                    const int channels[], cc_attention attention, int64_t classes);

#endif
