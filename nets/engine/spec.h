/* nets/engine/spec.h -- what a config says of a net, its loss and its optimiser, as plain values.
 *
 * The words are those of the config (`calcade config --reference`) and of the parity fixtures.
 * Nothing here allocates; strings are borrowed and live as long as the config they came from. */
#ifndef CC_NETS_ENGINE_SPEC_H
#define CC_NETS_ENGINE_SPEC_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CC_DECODER_LEVELS_MAX = 8,
    CC_NET_LEVELS_MAX = 8,
    CC_DECODER_RATES_MAX = 8,
    CC_LOSS_TERMS_MAX = 8,
    CC_CLIP_OFF = 0,
    CC_EMA_OFF = 0
};

/* A net's outputs (heads) and the classes of one at most. */
enum { CC_HEADS_MAX = 8, CC_CLASSES_MAX = 64 };

/* What a U-Net without a known encoder may be: the config's options and nets/models both read these. */
enum { CC_UNET_WIDTH_MIN = 1, CC_UNET_WIDTH_MAX = 1024, CC_UNET_DEPTH_MIN = 2, CC_UNET_DEPTH_MAX = 8 };

/* An extent of each axis: of a kernel, a stride. */
typedef struct cc_extents {
    int count; /* 1: of all axes alike; 2: of height and width; 3: of depth, height and width */
    int values[3];
} cc_extents;

/* One of several outputs of a net. */
typedef struct cc_head_spec {
    const char *name; /* what a loss calls it: "lesion" */
    int classes;
} cc_head_spec;

typedef struct cc_net_spec {
    const char *arch;      /* "unet", ...: nets/models/registry.h */
    const char *encoder;   /* of nets on an encoder: "resnet-34", ...; else NULL */
    const char *upsample;  /* unet-encoder: "nearest", "transpose"; else NULL */
    const char *attention; /* unet-encoder: "none", "scse"; NULL: "none" */
    /* Of each decoder block, deepest first; deeplabv3plus: channels[0] for all of its decoder; dynunet,
     * attention-unet: of each level, the finest first. */
    int channels[CC_DECODER_LEVELS_MAX];
    int channel_count;               /* deeplabv3plus does not read it */
    int rates[CC_DECODER_RATES_MAX]; /* deeplabv3plus, dense-ra-unet: of dilated convolutions side by side */
    int rate_count;
    int output_stride; /* deeplabv3plus: of the encoder, 16 or 8; 0: 16 */
    int dims;          /* dynunet, attention-unet: 2, images, or 3, volumes */
    cc_extents kernels[CC_NET_LEVELS_MAX], strides[CC_NET_LEVELS_MAX]; /* the same: of levels */
    int kernel_count, stride_count;
    const char *norm, *activation; /* dynunet: "instance" or "batch"; "leaky-relu" or "relu" */
    double slope;                  /* dynunet: of the leaky ReLUs below zero */
    int deep_supervision; /* dynunet: levels beside the finest whose logits training compares with the target
                             too; plans that do not train have no such layers; 0: none */
    double dropout;       /* the rate of the net's dropout layers, where it has such; 0: none */
    int width;            /* unet, unet-bn, unet-3d: channels of the first level; doubled at each next */
    int depth;            /* unet, unet-bn, unet-3d: number of levels */
    int in_channels;      /* 1 */
    int classes;          /* 1; of nets with one output, which has no name */
    cc_head_spec heads[CC_HEADS_MAX]; /* of nets with several */
    int head_count;
    double drop_path; /* nets on an encoder: the last block's rate of stochastic depth (0) */
    /* Nets on an encoder, of its convolutions of stride 2: "symmetric", kernel / 2 on both sides as in
     * PyTorch; "same", as in TensorFlow; "same-nominal", the "same" of images of the size that the encoder
     * was designed for, as in efficientnet_pytorch; NULL: "symmetric" */
    const char *padding;
    double norm_epsilon; /* of the norms; of nets on an encoder: of the encoder's alone; 0: 1e-5 */
    double prior; /* what the net starts with as the probability of the foreground; 0: biases start at 0 */
    const char *weights; /* a file of pretrained weights, or NULL */
} cc_net_spec;

/* A loss. Each number means something for those losses alone that declare it (nets/losses/NAME/NAME.c), with
 * its range and default. */
typedef struct cc_loss_spec cc_loss_spec;
struct cc_loss_spec {
    const char *type; /* a name of nets/losses/losses.h */
    double alpha, gamma, smooth, fraction;
    double positive_weight; /* of true pixels; 0: not given, all count alike */
    double beta, label_smoothing;
    double ignore; /* the class number of pixels that count nothing; 0: there are none */
    bool background, batch, squared, per_image;
    double class_weights[CC_CLASSES_MAX];   /* of each class; */
    int class_weight_count;                 /* 0: all count alike */
    double log_variance[CC_LOSS_TERMS_MAX]; /* what those trained with the net start from; */
    int log_variance_count;                 /* 0: all from 0 */
    /* As a term of another loss: */
    double weight;    /* its weight */
    const char *head; /* the output of the net that it looks at; NULL: that of the loss it is a term of */
    int term_count;   /* of a loss that is made of others; 0 for the rest */
    const cc_loss_spec *terms;
};

/* Of the learning rate, over the epochs (nets/engine/schedule.h). */
typedef struct cc_schedule_spec {
    const char *type; /* "constant", "cosine", "plateau", "polynomial", "step" */
    int warmup;       /* epochs (0) */
    double min_lr;    /* cosine, plateau (0) */
    double factor;    /* plateau, step (0.1) */
    int patience;     /* plateau: epochs (10) */
    double power;     /* polynomial (0.9) */
    int every;        /* step: epochs (30) */
} cc_schedule_spec;

/* An optimiser. Numbers without a comment mean something for those optimisers alone that declare them
 * (nets/optimizers/NAME/NAME.c), with their range and default. */
typedef struct cc_optimizer_spec {
    const char *type; /* a name of nets/optimizers/optimizers.h */
    double lr;        /* learning rate, before the schedule */
    double momentum, weight_decay, betas[2], eps;
    bool nesterov;
    double clip_norm; /* the gradient's norm at most; CC_CLIP_OFF: any */
    cc_schedule_spec schedule;
} cc_optimizer_spec;

#endif
