/* experiments/weights/source.h -- a file of named tensors, of either kind. Private to experiments/weights. */
#ifndef CC_EXPERIMENTS_WEIGHT_SOURCE_H
#define CC_EXPERIMENTS_WEIGHT_SOURCE_H

#include "results/safetensors.h"
#include "results/store.h"

typedef struct cc_weight_source {
    const char *path;             /* borrowed */
    const cc_run_tensor *tensors; /* `data` is NULL in a safetensors file */
    size_t count;
    const char *config;   /* of a result of ours; else NULL */
    cc_safetensors *file; /* private, as below */
    cc_arena *arena;
} cc_weight_source;

/* A result file where the file begins like one, else safetensors. Statuses as of both, and CC_EUNSUPPORTED
 * for the files of other programs (PyTorch's, NumPy's, Keras', ONNX, TensorFlow's), which are named as what
 * they are, with what to do. On failure there is nothing to close. */
cc_status cc_weight_source_open(cc_weight_source *out, const char *path);
void cc_weight_source_close(cc_weight_source *source);

/* The config that was stored with weights of ours (a result, or its export); NULL in any other file.
 * Borrowed. */
const char *cc_weight_source_config(const cc_weight_source *source);
/* A text of a safetensors file's metadata, or NULL. Borrowed. */
const char *cc_weight_source_metadata(const cc_weight_source *source, const char *key);

/* All values of one tensor. */
cc_status cc_weight_source_read(float *values, const cc_weight_source *source, size_t index);

#endif
