/* OpenBLAS's kernels by the processor's instructions instead of by its model. Names are those that OpenBLAS
 * gives and takes (its driver/others/dynamic.c). */
#include "nets/cpu/blas.h"

#include <cblas.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

const char *cc_blas_describe(void) {
    static char text[64];
    char version[16] = "";
    sscanf(openblas_get_config(), "OpenBLAS %15s", version);
    snprintf(text, sizeof text, "OpenBLAS %s, %s", version, openblas_get_corename());
    return text;
}

const char *cc_blas_kernels_for(const char *taken, bool avx2, bool avx512) {
    static const char *const old[] = {"Katmai",  "Coppermine",   "Northwood",  "Prescott",   "Banias",
                                      "Core2",   "Penryn",       "Dunnington", "Nehalem",    "Athlon",
                                      "Opteron", "Opteron_SSE3", "Barcelona",  "Bobcat",     "Atom",
                                      "Nano",    "Sandybridge",  "Bulldozer",  "Piledriver", "Steamroller",
                                      "Generic", "Unknown"};
    for (size_t i = 0; avx2 && i < sizeof old / sizeof *old; i++)
        if (strcasecmp(taken, old[i]) == 0) return avx512 ? "SkylakeX" : "Haswell";
    return NULL;
}

const char *cc_blas_better_kernels(void) {
#if defined(__x86_64__)
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
    return cc_blas_kernels_for(openblas_get_corename(), avx2, avx512);
#else
    return NULL;
#endif
}
