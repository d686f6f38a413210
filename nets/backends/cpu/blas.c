/* nets/backends/cpu/blas.c -- OpenBLAS's kernels chosen by the processor's instructions instead of by its
 * model. Names are those that OpenBLAS gives and takes (its driver/others/dynamic.c). */
#include "nets/backends/cpu/blas.h"

#include <cblas.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"

const char *cc_blas_describe(void) {
    static char text[96];
    char version[24] = "of an unknown version", threads[24] = "";
    sscanf(openblas_get_config(), "OpenBLAS %23s", version);
    if (openblas_get_parallel() == OPENBLAS_THREAD)
        snprintf(threads, sizeof threads, ", %d threads", openblas_get_num_threads());
    snprintf(text, sizeof text, "OpenBLAS %s, %.30s%s", version, openblas_get_corename(), threads);
    return text;
}

/* By name, those of OpenBLAS that do without AVX2. */
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

/* The instructions that Haswell's and SkylakeX's kernels use; NULL where those taken may stay. */
static const char *better_kernels(void) {
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

/* The second variable tells the next start that the first is the program's own choice. */
static const char variable[] = "OPENBLAS_CORETYPE", own_choice[] = "CALCADE_CORETYPE";

/* OpenBLAS has read its variable before main: only another start of the program reads it again. */
bool cc_blas_choose_kernels(void) {
    const char *kernels = getenv(variable) ? NULL : better_kernels();
    return kernels && setenv(own_choice, kernels, 1) == 0 && setenv(variable, kernels, 1) == 0;
}

void cc_blas_note_kernels(void) {
    const char *taken = getenv(variable), *own = getenv(own_choice),
               *better = taken ? NULL : better_kernels();
    if (taken && own && strcmp(taken, own) == 0)
        cc_log(CC_LOG_INFO, "%s: kernels chosen by the processor's instructions, its model being unknown",
               cc_blas_describe());
    if (better)
        cc_log(CC_LOG_WARNING, "%s: slow on this processor, whose model it does not know: set %s=%s",
               cc_blas_describe(), variable, better);
}
