/* nets/ops/conv/cuda/conv_choice.h -- how one pass of a convolution is computed on the GPU: by kernels of our
 * own, by cuDNN or by cuBLAS, and by which of their algorithms. What differs from the CPU's choice is handed
 * to nets/engine/chooser.h. */
#ifndef CC_NETS_OPS_CONV_CUDA_CONV_CHOICE_H
#define CC_NETS_OPS_CONV_CUDA_CONV_CHOICE_H

#include "nets/ops/conv/cuda/own_conv.h"

typedef struct cc_conv_request {
    cc_cuda_conv conv; /* `fused`: its bias and activation are part of the pass, by whichever kernels */
    bool depthwise;    /* weights are stored for our own depthwise kernels (nets/ops/conv/cuda/depthwise.h) */
    cc_tuning tuning;  /* how to choose */
    const char *recorded; /* the algorithm that is to be taken; NULL: choose */
} cc_conv_request;

typedef struct cc_conv_choice cc_conv_choice;

/* What was chosen for the same request before in this process, else chosen now: by the clock on the device,
 * or by rule. *out lives as long as the process. CC_EUNSUPPORTED where there is no algorithm, or not the
 * recorded one. */
cc_status cc_conv_choose(const cc_conv_choice **out, const cc_conv_request *request);
/* Names and time, as plans print them; the names live as long as the process. */
cc_choice cc_conv_choice_describe(const cc_conv_choice *c);
size_t cc_conv_choice_scratch(const cc_conv_choice *c);

/* The names of all algorithms there are, as `recorded` may ask for them, those first that a rule would take;
 * cuDNN may yet refuse one. The caller frees *names. */
enum { CC_CONV_CHOICE_NAME_MAX = 128 };
cc_status cc_conv_choice_list(char (**names)[CC_CONV_CHOICE_NAME_MAX], int *count,
                              const cc_conv_request *request);

/* Starts the pass on the device's stream; may be recorded. */
cc_status cc_conv_choice_run(const cc_conv_choice *c, const cc_conv_data *data);

#endif
