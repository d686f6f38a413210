/* nets/models/models.h -- private to nets/: the table of architectures, from nets/models/registry.h. */
#ifndef CC_NETS_MODELS_H
#define CC_NETS_MODELS_H

#include <stdbool.h>
#include "nets/engine/graph.h"
#include "nets/engine/spec.h"
#include "nets/models/encoders/encoder.h"
#include "nets/models/registry.h"

/* What a net is put together from. */
typedef enum cc_net_kind {
    CC_NET_OF_LAYERS,              /* no part has a name */
    CC_NET_OF_ENCODER_AND_DECODER, /* any net.encoder, any net.decoder.upsample */
    CC_NET_OF_DILATED_ENCODER,     /* a net.encoder that can be dilated; its own decoder */
    CC_NET_OF_DENSE_ENCODER,       /* a DenseNet; its own decoder */
} cc_net_kind;

typedef struct cc_architecture {
    const char *name; /* net.arch */
    cc_net_kind kind;
    int (*stride)(const cc_net_spec *spec); /* height and width are multiples of it */
    /* Adds all layers; what does not fit goes to cc_graph_fail. */
    void (*build)(cc_graph *graph, const cc_net_spec *spec);
} cc_architecture;

#define X(id, name, kind)                                                                                    \
    int cc_##id##_stride(const cc_net_spec *spec);                                                           \
    void cc_##id##_build(cc_graph *graph, const cc_net_spec *spec);
CC_ARCHITECTURES(X)
#undef X

/* Architecture number i, from 0; NULL after the last. */
const cc_architecture *cc_architecture_at(int i);

/* Whether a net of that kind can have that encoder. */
bool cc_net_kind_takes(cc_net_kind kind, const cc_encoder *encoder);

/* The epsilon of a net's batch norms: spec->norm_epsilon, or PyTorch's where that is 0. */
double cc_net_epsilon(const cc_net_spec *spec);

/* Of cc_net_spec.padding. */
#define CC_PADDING_SYMMETRIC    "symmetric"
#define CC_PADDING_SAME         "same"
#define CC_PADDING_SAME_NOMINAL "same-nominal"

/* "a, b or c": the names that name(0), name(1), ... gives before NULL, for a hint. */
void cc_models_list(char *out, size_t capacity, const char *(*name)(int i));

#endif
