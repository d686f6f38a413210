/* nets/backends/cpu/onednn.c -- which oneDNN this is, and which instructions it uses on this processor. It
 * may be told to use fewer (ONEDNN_MAX_CPU_ISA): then these answers are about those. */
#include "nets/backends/cpu/onednn.h"

#include <dnnl.h>
#include <stdio.h>
#include "nets/engine/backend.h"

const char *cc_onednn_version(void) {
    static char text[32];
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
    return text;
}

const char *cc_onednn_describe(void) {
    static char text[64];
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    snprintf(text, sizeof text, "oneDNN %s, %s", cc_onednn_version(),
             isa >= dnnl_cpu_isa_avx512_core_amx    ? "AMX"
             : isa >= dnnl_cpu_isa_avx512_core_bf16 ? "AVX-512 with bf16"
             : isa >= dnnl_cpu_isa_avx512_core      ? "AVX-512"
             : isa >= dnnl_cpu_isa_avx2             ? "AVX2"
                                                    : "SSE4.1 or AVX");
    return text;
}

int64_t cc_onednn_block(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? 16 : 8;
}

bool cc_onednn_has_bf16(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core_bf16;
}

bool cc_onednn_has_amx(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core_amx;
}
