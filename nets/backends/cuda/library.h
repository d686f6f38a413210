/* nets/backends/cuda/library.h -- private to nets/: a library that is loaded when it is first used, so that
 * the program starts without it. */
#ifndef CC_NETS_BACKENDS_CUDA_LIBRARY_H
#define CC_NETS_BACKENDS_CUDA_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cc_library_function {
    const char *name; /* NULL ends a list */
    size_t offset;    /* of its pointer in the table */
} cc_library_function;

/* Loads the first of `files` (NULL ends them) that is there, and fills the table. False where a file or a
 * function lacks: *missing. */
bool cc_library_load(void *table, const char **missing, const char *const *files,
                     const cc_library_function *functions);

#endif
