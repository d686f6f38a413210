/* nets/backends/cuda/cudnn.c -- cuDNN loaded at run time (library.h), its handle on the stream that
 * computes; and, for tests, plans for a card that is not there. */
#ifdef CC_HAVE_CUDA
#include "nets/backends/cuda/cudnn.h"

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/library.h"

static cc_cudnn library;
static bool loaded;

#ifdef CC_CUDA_ON_HOST
static cc_status load(void) {
#define X(name) library.name = name;
    CC_CUDNN_FUNCTIONS(X)
#undef X
    return CC_OK;
}
#else
/* By the soname of cuDNN 9: its graph API is stable within that. */
static cc_status load(void) {
    static const char *const files[] = {"libcudnn.so.9", NULL};
    static const cc_library_function functions[] = {
#define X(name) {#name, offsetof(cc_cudnn, name)},
        CC_CUDNN_FUNCTIONS(X){NULL, 0}
#undef X
    };
    const char *missing;
    if (cc_library_load(&library, &missing, files, functions)) return CC_OK;
    return cc_fail(CC_EDEVICE, "--device cuda",
                   "install cuDNN 9, put its folder into LD_LIBRARY_PATH, or use --device cpu",
                   "%s cannot be loaded", missing);
}
#endif

/* cuDNN's own last message says more than its code does. */
cc_status cc_cudnn_status(const cc_cudnn *cudnn, cudnnStatus_t code) {
    char more[160] = "";
    if (code == CUDNN_STATUS_SUCCESS) return CC_OK;
    cudnn->cudnnGetLastErrorString(more, sizeof more);
    return cc_fail(CC_EDEVICE, "cuDNN", "check nvidia-smi, or use --device cpu", "%s%s%s",
                   cudnn->cudnnGetErrorString(code), *more ? ": " : "", more);
}

/* Without a device too: plans for a card that is not there need the library alone. */
static cc_status load_once(void) {
    if (!loaded) CC_TRY(load());
    loaded = true;
    return CC_OK;
}

cc_status cc_cudnn_open(const cc_cudnn **out) {
    *out = &library;
    if (library.handle || library.pretend) return CC_OK;
    CC_TRY(cc_cuda_open());
    CC_TRY(load_once());
    CC_TRY(cc_cudnn_status(&library, library.cudnnCreate(&library.handle)));
    return cc_cudnn_status(&library, library.cudnnSetStream(library.handle, cc_cuda_stream()));
}

/* cuDNN 9.8 and later take a card's properties from a text, and plan for it without a device. */
cc_status cc_cudnn_pretend(const char *properties) {
    CC_TRY(load_once());
    if (library.pretend) library.cudnnBackendDestroyDescriptor(library.pretend);
    library.pretend = NULL;
    if (!properties) return CC_OK;
    cudnnBackendDescriptor_t card;
    CC_TRY(cc_cudnn_status(&library,
                           library.cudnnBackendCreateDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, &card)));
    cudnnStatus_t code =
        library.cudnnBackendSetAttribute(card, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                                         (int64_t)strlen(properties), properties);
    if (code == CUDNN_STATUS_SUCCESS) code = library.cudnnBackendFinalize(card);
    if (code == CUDNN_STATUS_SUCCESS)
        library.pretend = card;
    else
        library.cudnnBackendDestroyDescriptor(card);
    return cc_cudnn_status(&library, code);
}

const char *cc_cudnn_describe(void) {
    static char text[96];
    const cc_cudnn *cudnn;
    int cuda = 0;
    if (cc_cudnn_open(&cudnn) != CC_OK) return "no device";
    size_t version = cudnn->cudnnGetVersion();
    cudaRuntimeGetVersion(&cuda);
    snprintf(text, sizeof text, "%.40s, CUDA %d.%d, cuDNN %zu.%zu.%zu", cc_cuda_card(), cuda / 1000,
             cuda % 1000 / 10, version / 10000, version % 10000 / 100, version % 100);
    return text;
}
#else
typedef int cc_cudnn_is_absent;
#endif
