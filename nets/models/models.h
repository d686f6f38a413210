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
    /* Of what depth, height and width are multiples; a depth of 0: the net takes images. */
    void (*stride)(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec);
    /* Adds all layers; what does not fit goes to cc_graph_fail. */
    void (*build)(cc_graph *graph, const cc_net_spec *spec);
} cc_architecture;

#define X(id, name, kind)                                                                                    \
    void cc_##id##_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec);                             \
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

/* Of cc_net_spec.norm and cc_net_spec.activation; the first where it is NULL. */
#define CC_NORM_INSTANCE         "instance"
#define CC_NORM_BATCH            "batch"
#define CC_ACTIVATION_NAME_LEAKY "leaky-relu"
#define CC_ACTIVATION_NAME_RELU  "relu"

enum { CC_DYNUNET_LEVELS_MIN = 3 };
#define CC_LEAKY_SLOPE 0.01 /* PyTorch's and nnU-Net's */

/* "a, b or c": the names that name(0), name(1), ... gives before NULL, for a hint. */
void cc_models_list(char *out, size_t capacity, const char *(*name)(int i));

#endif
