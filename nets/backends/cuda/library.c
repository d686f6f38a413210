/* nets/backends/cuda/library.c -- a shared library's functions looked up by name into a table of pointers:
 * dlopen and dlsym. */
#ifdef CC_HAVE_CUDA
#include "nets/backends/cuda/library.h"

#include <dlfcn.h>

bool cc_library_load(void *table, const char **missing, const char *const *files,
                     const cc_library_function *functions) {
    void *file = NULL;
    *missing = files[0];
    for (; *files && !file; files++) file = dlopen(*files, RTLD_NOW | RTLD_GLOBAL);
    if (!file) return false;
    for (; functions->name; functions++) {
        void *function = dlsym(file, functions->name);
        *missing = functions->name;
        if (!function) return false;
        *(void **)((char *)table + functions->offset) = function;
    }
    return true;
}
#else
typedef int cc_library_is_absent;
#endif
