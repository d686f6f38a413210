/* nets/backends/cpu/onednn_library.h -- private to nets/ops/conv/cpu/onednn*.c: as much of oneDNN as calcade
 * calls, in types of its own, so that versions of the library differ in one file each.
 *
 * onednn2.c (2.x: Debian 12) and onednn3.c (3.x: Debian 13 and later) make layouts and descriptors; CMake
 * compiles the one that dnnl_version.h asks for. onednn_library.c holds what both versions call alike. These
 * three and onednn.c alone include dnnl.h.
 *
 * The types are oneDNN's own objects under other names. Every `create` and `copy` gives an object that the
 * caller destroys with the destroy of its name, which takes NULL; *out is NULL where it fails. They fail with
 * CC_EUNSUPPORTED where oneDNN does not have what is asked for, CC_ENOMEM, or CC_EDEVICE with oneDNN's own
 * status. */
#ifndef CC_NETS_BACKENDS_CPU_ONEDNN_LIBRARY_H
#define CC_NETS_BACKENDS_CPU_ONEDNN_LIBRARY_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* Element type, dims and order of an array (its "memory descriptor"). */
typedef struct cc_onednn_layout cc_onednn_layout;
/* An array: a layout and an address ("memory"). */
typedef struct cc_onednn_memory cc_onednn_memory;
/* The implementation that oneDNN has for a pass, and the layouts that it wants ("primitive descriptor"). */
typedef struct cc_onednn_desc cc_onednn_desc;
/* A pass or a reorder, ready to run ("primitive"). */
typedef struct cc_onednn_primitive cc_onednn_primitive;

typedef enum cc_onednn_order {
    CC_ONEDNN_ANY,       /* left to oneDNN */
    CC_ONEDNN_PLAIN,     /* the last dim varies fastest */
    CC_ONEDNN_SWAPPED,   /* plain, with I before O: weights of a transposed convolution as PyTorch has them */
    CC_ONEDNN_BLOCKED_8, /* channels in blocks of 8, innermost: nChw8c; weights OIhw8i8o, in groups Goihw8g */
    CC_ONEDNN_BLOCKED_16,
} cc_onednn_order;

/* Whose dims these are, which decides what is swapped or blocked. */
typedef enum cc_onednn_array {
    CC_ONEDNN_ACTIVATION,      /* N, C, spatial; or a vector */
    CC_ONEDNN_WEIGHTS,         /* O, I, kernel */
    CC_ONEDNN_GROUPED_WEIGHTS, /* groups, O, I, kernel */
} cc_onednn_array;
enum {
    CC_ONEDNN_RANK_MAX = CC_SPATIAL_MAX + 3,
    CC_ONEDNN_DIMS = 12, /* values in oneDNN's own lists of dims, of which the first are used */
};

/* Makes the engine and its stream, once; what is below may be used after it. */
cc_status cc_onednn_start(void);

cc_status cc_onednn_layout_create(cc_onednn_layout **out, cc_onednn_array array, int rank,
                                  const int64_t *dims, cc_dtype dtype, cc_onednn_order order);
cc_status cc_onednn_layout_copy(cc_onednn_layout **out, const cc_onednn_layout *layout);
void cc_onednn_layout_destroy(cc_onednn_layout *layout);
bool cc_onednn_layout_equal(const cc_onednn_layout *a, const cc_onednn_layout *b);
size_t cc_onednn_layout_bytes(const cc_onednn_layout *layout);

/* A pass of a convolution or of a transposed one. */
typedef struct cc_onednn_problem {
    cc_pass pass;
    bool transposed; /* a "deconvolution", as oneDNN calls it; x, y and the pass are those of the op */
    bool winograd, training;
    /* From the first spatial dim on; dilation counts from 0, the padding behind is what the shapes leave. */
    int64_t stride[CC_ONEDNN_DIMS], dilation[CC_ONEDNN_DIMS], padding[CC_ONEDNN_DIMS],
        padding_end[CC_ONEDNN_DIMS];
    const cc_onednn_layout *x, *w, *y, *bias; /* or of their gradients, by pass; bias NULL: there is none */
    cc_activation_attr end;     /* none, relu, silu or leaky relu, at the end of a forward pass */
    const cc_onednn_desc *hint; /* the forward pass that a backward one agrees with, or NULL */
} cc_onednn_problem;

cc_status cc_onednn_desc_create(cc_onednn_desc **out, const cc_onednn_problem *problem);
void cc_onednn_desc_destroy(cc_onednn_desc *desc);
/* oneDNN's name of the implementation; lives as long as desc. */
const char *cc_onednn_desc_implementation(const cc_onednn_desc *desc);
/* The layout of one operand (CC_CONV_X, ...) of the pass that desc describes; of its scratch memory. Borrowed
 * from desc. */
const cc_onednn_layout *cc_onednn_desc_layout(const cc_onednn_desc *desc, cc_pass pass, int operand);
const cc_onednn_layout *cc_onednn_desc_scratch(const cc_onednn_desc *desc);

cc_status cc_onednn_primitive_create(cc_onednn_primitive **out, const cc_onednn_desc *desc);
/* Copies from one layout, and type, to another. */
cc_status cc_onednn_primitive_create_reorder(cc_onednn_primitive **out, const cc_onednn_layout *from,
                                             const cc_onednn_layout *to);
void cc_onednn_primitive_destroy(cc_onednn_primitive *primitive);

/* An array whose address is set before it is used. */
cc_status cc_onednn_memory_create(cc_onednn_memory **out, const cc_onednn_layout *layout);
cc_status cc_onednn_memory_set(cc_onednn_memory *memory, void *address);
void cc_onednn_memory_destroy(cc_onednn_memory *memory);

/* Runs a primitive that computes this pass. Operands that the pass does not have are NULL. */
cc_status cc_onednn_execute(const cc_onednn_primitive *primitive, cc_pass pass,
                            cc_onednn_memory *const operands[CC_CONV_OPERANDS], cc_onednn_memory *scratch);
cc_status cc_onednn_execute_reorder(const cc_onednn_primitive *reorder, cc_onednn_memory *from,
                                    cc_onednn_memory *to);

#endif
