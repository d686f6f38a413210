/* results/safetensors_values.h -- the types of numbers in a safetensors file. Private to results. */
#ifndef CC_RESULTS_SAFETENSORS_VALUES_H
#define CC_RESULTS_SAFETENSORS_VALUES_H

#include <stddef.h>

/* The file's numbers are little-endian, and read and written as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors files are little-endian");

typedef struct cc_tensor_type {
    const char *name;                                                   /* "F32" */
    size_t bytes;                                                       /* of one value */
    void (*convert)(float *out, const unsigned char *in, size_t count); /* NULL: no type of weights */
} cc_tensor_type;

/* NULL where there is none of that name. */
const cc_tensor_type *cc_tensor_type_find(const char *name);

#endif
