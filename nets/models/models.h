/* nets/models/models.h -- private to nets/: the table of architectures. */
#ifndef CC_NETS_MODELS_H
#define CC_NETS_MODELS_H

#include "nets/engine/graph.h"
#include "nets/engine/spec.h"

typedef struct cc_architecture {
    const char *name;                       /* net.arch */
    int (*stride)(const cc_net_spec *spec); /* height and width are multiples of it */
    void (*build)(cc_graph *graph, const cc_net_spec *spec);
} cc_architecture;

/* Of spec->norm_epsilon, which may be 0. */
double cc_net_epsilon(const cc_net_spec *spec);

extern const cc_architecture cc_unet, cc_unet_bn, cc_unet_encoder;

/* Architecture number i, from 0; NULL after the last. */
const cc_architecture *cc_architecture_at(int i);

/* Of cc_net_spec.padding. */
#define CC_PADDING_SYMMETRIC    "symmetric"
#define CC_PADDING_SAME         "same"
#define CC_PADDING_SAME_NOMINAL "same-nominal"

#endif
