/* nets/ops/conv/cuda/conv_choice.h -- private to nets/: how one pass of a convolution is computed: by cuDNN,
 * by cuBLAS or by kernels of our own, and in which of their ways. */
#ifndef CC_NETS_OPS_CONV_CUDA_CONV_CHOICE_H
#define CC_NETS_OPS_CONV_CUDA_CONV_CHOICE_H

#include "nets/ops/conv/cuda/own_conv.h"

typedef struct cc_conv_request {
    cc_conv_sum sum; /* `fused`: its bias and activation are part of the pass, by whichever kernels */
    bool
        depthwise; /* by kernels of our own (nets/ops/conv/cuda/depthwise.h), which its weights are stored for */
    cc_tuning tuning;
    const char *recorded; /* the algorithm that is to be taken; NULL: choose */
} cc_conv_request;

typedef struct cc_conv_choice cc_conv_choice;

/* What was chosen for the same request before in this process, else chosen now: by the clock on the device,
 * or by rule. *out lives as long as the process. CC_EUNSUPPORTED where there is no way, or not the recorded
 * one. One thread at a time. */
cc_status cc_conv_choose(const cc_conv_choice **out, const cc_conv_request *request);
/* As a plan tells of it. */
cc_choice cc_conv_choice_told(const cc_conv_choice *c);
size_t cc_conv_choice_scratch(const cc_conv_choice *c);

/* The names of all ways there are, as `recorded` may ask for them, those first that a rule would take; cuDNN
 * may yet refuse one. The caller frees *names. */
enum { CC_CONV_CHOICE_NAME_MAX = 128 };
cc_status cc_conv_choice_list(char (**names)[CC_CONV_CHOICE_NAME_MAX], int *count,
                              const cc_conv_request *request);

/* May be recorded. */
cc_status cc_conv_choice_run(const cc_conv_choice *c, const cc_conv_data *data);

#endif
