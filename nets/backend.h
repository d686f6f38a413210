/* nets/backend.h -- what runs a plan: the CPU, or the naive reference that every backend is compared with. */
#ifndef CC_NETS_BACKEND_H
#define CC_NETS_BACKEND_H

#include "nets/kernel.h"

typedef struct cc_backend {
    const char *name;              /* "cpu", "reference" */
    const char *(*describe)(void); /* libraries and instruction set, one line, for provenance; borrowed */
    const cc_kernel *(*kernel_of)(const cc_op *op);
    /* Whether plans may have activations of this kind, on this machine; float32 always. */
    bool (*has)(cc_dtype dtype);
    /* dst += src, count activations. */
    void (*add)(void *dst, const void *src, size_t count, cc_dtype dtype);
    /* Plain float32, N,C,pixels, to a blocked activation and back. */
    void (*to_blocked)(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                       cc_dtype dtype);
    void (*from_blocked)(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                         cc_dtype dtype);
    /* Called by every step before its first kernel (processor flags). */
    void (*enter)(void);
} cc_backend;

/* oneDNN and kernels of our own. */
extern const cc_backend cc_backend_cpu;
/* The ops' naive references, on plain layouts; slow, and right. */
extern const cc_backend cc_backend_reference;

/* NULL where there is none of that name. */
const cc_backend *cc_backend_find(const char *name);

#endif
