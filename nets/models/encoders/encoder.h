/* nets/models/encoders/encoder.h -- private to nets/: encoders as tables.
 *
 * An encoder halves its input five times and hands its features at each size to the decoder; a dilated one
 * stops halving earlier. A new one is one table (resnet.c, efficientnet.c, densenet.c) and its line in
 * nets/models/registry.h; a new kind of block is one function (blocks.c). Names of layers are timm's and
 * torchvision's, so that weights people have load by name. */
#ifndef CC_NETS_ENCODER_H
#define CC_NETS_ENCODER_H

#include "nets/engine/graph.h"
#include "nets/engine/spec.h"
#include "nets/models/registry.h"
#include "nets/ops/activation/activation.h"

enum { CC_ENCODER_STAGES_MAX = 7, CC_ENCODER_FEATURES = 5, CC_ENCODER_STRIDE = 32, CC_DENSE_BLOCKS = 4 };

/* What one block of a stage is asked for. */
typedef struct cc_block_shape {
    int64_t channels;   /* of its output; of its middle in a bottleneck, which puts out four times as many */
    int kernel, stride; /* of its spatial convolution */
    int expansion;      /* inverted residual: middle channels for each input channel */
    /* Of the spatial convolutions, which then keep the size whatever `stride` is; 0 or 1: none. */
    int dilation;
    bool projects;    /* basic: the shortcut is a 1x1 convolution even where x has the output's shape */
    int index;        /* of the block in its encoder */
    double drop_path; /* how often its branch is left out, where there is a residual */
    double epsilon;   /* of its norms */
    /* The side of the images that the block gets, where its spatial convolution has TensorFlow's "same"
     * padding; 0: kernel / 2 on both sides. */
    int64_t same;
} cc_block_shape;

/* Adds one block whose layers are PREFIX.name. */
typedef cc_value (*cc_block)(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *shape);

cc_value cc_block_basic(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *shape);
cc_value cc_block_bottleneck(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *shape);
cc_value cc_block_depthwise(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *shape);
cc_value cc_block_inverted(cc_graph *graph, cc_value x, const char *prefix, const cc_block_shape *shape);

typedef struct cc_stage {
    cc_block block;
    int repeats;
    cc_block_shape shape; /* the stride is that of the first block alone */
    bool feature;         /* its output is one of the encoder's features */
} cc_stage;

/* A DenseNet: dense blocks of layers that each read all layers before them (densenet.c). */
typedef struct cc_dense {
    int stem;                    /* channels of the first convolution */
    int growth;                  /* channels that a layer adds; 0: the encoder is no DenseNet */
    int layers[CC_DENSE_BLOCKS]; /* of each block */
} cc_dense;

typedef struct cc_encoder {
    cc_dense dense; /* of a DenseNet, of which nothing else is set */
    /* Side of the images that it was designed for, where its padding may depend on that (net.padding: same,
     * same-nominal); 0: it pads symmetrically alone. */
    int64_t resolution;
    struct {
        const char *conv;
        int64_t channels;
        int kernel;
        cc_activation activation;
        bool pool;                          /* a 3x3 max pool of stride 2 follows */
    } stem;                                 /* of stride 2; the first feature */
    const char *stages_prefix;              /* block j of stage i is PREFIXi.j */
    int first_stage;                        /* the number of stage 0 in names */
    cc_stage stages[CC_ENCODER_STAGES_MAX]; /* ends with the first that has no block */
} cc_encoder;

#define X(id, name) extern const cc_encoder cc_encoder_##id;
CC_ENCODERS(X, )
#undef X

/* The name of encoder number i, from 0, as in net.encoder; NULL after the last. */
const char *cc_encoder_name(int i);
/* NULL where there is none of that name. */
const cc_encoder *cc_encoder_find(const char *name);

/* What a config, or the weights it starts from, asks of an encoder beside its layers. */
typedef struct cc_encoder_options {
    double drop_path, epsilon;
    /* Stages that would halve their input beyond this stride are dilated instead (Yu, Koltun & Funkhouser,
     * CVPR 2017; Chen et al., 2017): 8, 16 or CC_ENCODER_STRIDE. Their features have this stride. */
    int output_stride;
    /* Side of the images whose "same" padding strided convolutions have; 0: kernel / 2 on both sides. */
    int64_t same;
} cc_encoder_options;

/* Adds the encoder, its layers named "encoder.…"; features at strides 2, 4, 8, 16 and 32, or not beyond
 * the output stride. Block i of n has the rate drop_path * i / (n - 1) of stochastic depth, as Huang et
 * al. 2016 and timm's resnets (its efficientnets divide by n). */
void cc_encoder_add(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, cc_value x,
                    const cc_encoder *encoder, const cc_encoder_options *options);
/* The same of a DenseNet, of the options epsilon alone. Its features: the stem behind its ReLU; blocks 1 to 3
 * behind norm and ReLU of the transition that follows; block 4 behind its norm, without a ReLU. */
void cc_densenet_add(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, cc_value x,
                     const cc_dense *dense, double epsilon);

/* Adds the encoder that the spec names to the graph's input, with its options. False, with the graph's error
 * set, where there is no such encoder or an option does not go with it. */
bool cc_encoder_add_of(cc_value features[CC_ENCODER_FEATURES], cc_graph *graph, const cc_net_spec *spec,
                       int output_stride);

#endif
